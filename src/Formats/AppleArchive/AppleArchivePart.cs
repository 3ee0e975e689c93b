using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.AppleArchive;

/// <summary>One of several archives that make up a volume.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Open">Its bytes; called once, by any thread.</param>
public sealed record AppleArchivePart(string Name, Func<ByteSource> Open);
