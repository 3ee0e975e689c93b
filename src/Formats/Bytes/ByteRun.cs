namespace IpswDiff.Formats.Bytes;

/// <summary>Bytes of a source that follow each other and are kept alike.</summary>
/// <param name="Length">How many there are, from where was asked; at least one inside the source.</param>
/// <param name="IsHole">Whether they are zeros that nothing stores: a hole of a sparse file, a zero run of a disk
/// image.</param>
public readonly record struct ByteRun(long Length, bool IsHole);
