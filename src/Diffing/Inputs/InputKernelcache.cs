using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Inputs;

/// <summary>One kernelcache of a firmware, or one that was named on its own.</summary>
/// <param name="Path">Its path in the archive, or the file's name.</param>
/// <param name="Boards">The boards that boot it, in ordinal order; none where nothing says.</param>
/// <param name="Digest">Its digest from the manifest, or null; equal digests mean equal files.</param>
/// <param name="Size">Bytes of the file, as it is packed.</param>
/// <param name="Open">
/// Opens the file; whoever opens disposes. Throws <see cref="FirmwareFormatException"/> where the archive lacks it or
/// is damaged, and <see cref="IOException"/> where storage failed.
/// </param>
public sealed record InputKernelcache(string Path, IReadOnlyList<string> Boards, string? Digest, long Size, Func<OwnedByteSource> Open)
{
    /// <summary>The last part of the path.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];
}
