using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.AppleArchive;

/// <summary>A file that stands beside the archives of a volume and belongs to it.</summary>
/// <param name="Path">Its path on the volume.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Target">The target of a symbolic link; null for a regular file.</param>
/// <param name="Contents">The contents of a regular file.</param>
internal sealed record AppleArchiveFile(string Path, int Mode, byte[]? Target, ByteSource Contents);
