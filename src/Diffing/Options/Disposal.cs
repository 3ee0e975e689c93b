namespace IpswDiff.Diffing.Options;

/// <summary>What is done with something that owns files while what is made of it is not there yet.</summary>
internal static class Disposal
{
    /// <summary>Makes something of <paramref name="owned"/>, which is disposed where that fails.</summary>
    public static TResult OrDispose<TOwned, TResult>(TOwned owned, Func<TOwned, TResult> make)
        where TOwned : IDisposable?
    {
        try
        {
            return make(owned);
        }
        catch
        {
            owned?.Dispose();
            throw;
        }
    }
}
