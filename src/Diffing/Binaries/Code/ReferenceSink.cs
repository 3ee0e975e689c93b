namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>Collects what a function refers to.</summary>
/// <param name="found">Receives it, in order.</param>
internal readonly struct ReferenceSink(List<CodeReference> found) : ITokenSink
{
    public static bool WantsReferences => true;

    public void Add(uint token)
    {
    }

    public void Refer(CodeReference reference) => found.Add(reference);
}
