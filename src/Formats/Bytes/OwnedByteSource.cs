namespace IpswDiff.Formats.Bytes;

/// <summary>
/// A source together with what must be let go once nobody reads it any more: a file that was opened for it, or bytes unpacked for it.
/// </summary>
/// <param name="source">The bytes.</param>
/// <param name="owner">What <see cref="Dispose"/> disposes; null where the bytes live elsewhere anyway.</param>
public sealed class OwnedByteSource(ByteSource source, IDisposable? owner = null) : IDisposable
{
    /// <summary>The bytes, readable until <see cref="Dispose"/>.</summary>
    public ByteSource Source { get; } = source;

    /// <summary>Lets go of what was opened or unpacked.</summary>
    public void Dispose() => owner?.Dispose();
}
