using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.AppleArchive;

/// <summary>
/// The blob of extended attributes (<c>XAT</c>): one after another, each its own length in 32 bits with the length included, a name
/// that ends with NUL, and the value. Facts: the behaviour of <c>AAEntryXATBlob</c> in libAppleArchive.
/// </summary>
internal static class AppleArchiveAttributes
{
    private const int LengthSize = 4;
    private const int LargestBlob = 64 << 20;
    private const int LongestName = 1024;
    private const int MostAttributes = 65536;

    internal static Dictionary<string, ByteSource> Read(ByteSource source, long offset, int size)
    {
        if (size > LargestBlob)
        {
            throw new FirmwareFormatException(AppleArchiveFormat.Name, offset, $"{size} bytes of extended attributes on one entry");
        }

        var blob = source.Slice(offset, size);
        var attributes = new Dictionary<string, ByteSource>(StringComparer.Ordinal);
        var head = new byte[LengthSize + LongestName];
        for (long at = 0; at < size;)
        {
            var reader = new SpanReader(head.AsSpan(0, blob.ReadUpTo(at, head)), AppleArchiveFormat.Name, offset + at);
            var length = reader.ReadUInt32();
            var end = head.AsSpan(LengthSize, reader.Remaining).IndexOf((byte)0);
            if (end <= 0 || length > size - at || length < LengthSize + end + 1 || attributes.Count == MostAttributes)
            {
                throw new FirmwareFormatException(AppleArchiveFormat.Name, offset + at, $"an extended attribute of {length} bytes does not fit or has no name");
            }

            attributes[Encoding.UTF8.GetString(head, LengthSize, end)] = blob.Slice(at + LengthSize + end + 1, length - LengthSize - end - 1);
            at += length;
        }

        return attributes;
    }
}
