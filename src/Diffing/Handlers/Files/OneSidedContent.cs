using System.IO.Hashing;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Handlers.Files;

/// <summary>What the contents of a file are known by that one side alone has: it may be found under another path on the other side.</summary>
internal static class OneSidedContent
{
    // Headers and signatures of binaries, headers of archives and databases: what two builds never share lies at the ends.
    private const int EndBytes = 64 * 1024;

    /// <summary>The hash that the file system keeps; else one of all the contents where they are short, of both ends where they are long; null for what is no file.</summary>
    /// <exception cref="FirmwareFormatException">The contents cannot be read.</exception>
    public static string? HashOf(FileSide side)
    {
        if (side.Entry.Kind != FileKind.File || side.Entry.Size == 0)
        {
            return null;
        }

        if (side.Entry.ContentHash is { } hash)
        {
            return hash;
        }

        var content = side.Content;
        var isShort = content.Length <= 2 * EndBytes;
        var buffer = BoundedArrayPool<byte>.Shared.Rent(2 * EndBytes);
        try
        {
            var bytes = buffer.AsSpan(0, (int)Math.Min(content.Length, 2 * EndBytes));
            if (isShort)
            {
                content.ReadExactly(0, bytes);
            }
            else
            {
                content.ReadExactly(0, bytes[..EndBytes]);
                content.ReadExactly(content.Length - EndBytes, bytes[EndBytes..]);
            }

            return $"{(isShort ? string.Empty : FileFacts.EndsPrefix)}{FileFacts.ReadPrefix}{Convert.ToHexStringLower(XxHash128.Hash(bytes))}";
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
