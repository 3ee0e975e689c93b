using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.SharedCache;

/// <summary>Reads NUL-terminated paths that mostly lie one after the other, a window at a time.</summary>
internal sealed class SharedCachePaths(ByteSource source)
{
    private readonly byte[] _window = new byte[64 << 10];
    private long _start;
    private int _length;

    /// <summary>The path at <paramref name="offset"/> of the file.</summary>
    /// <exception cref="FirmwareFormatException">It is empty, leaves the file or is longer than any path.</exception>
    internal string Read(uint offset)
    {
        var end = _start + _length;
        if (offset < _start || offset >= end || (offset + SharedCacheFormat.MaxPathLength > end && end < source.Length))
        {
            _start = offset;
            _length = source.ReadUpTo(offset, _window);
        }

        var rest = _window.AsSpan(0, _length)[Math.Min(_length, (int)(offset - _start))..];
        rest = rest[..Math.Min(rest.Length, SharedCacheFormat.MaxPathLength)];
        var length = rest.IndexOf((byte)0);
        return length > 0
            ? Encoding.UTF8.GetString(rest[..length])
            : throw SharedCacheFormat.Fault(offset, "an image's path is empty, cut short or longer than any path");
    }
}
