using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Kernelcache;

/// <summary>Finds text in a section without holding it.</summary>
internal static class TextSearch
{
    private const int ChunkLength = 256 << 10;
    private const int MaxTextLength = 512;

    /// <summary>Where <paramref name="text"/> first stands from <paramref name="start"/> on, or null.</summary>
    internal static long? Find(ByteSource source, ReadOnlySpan<byte> text, long start)
    {
        var buffer = BoundedArrayPool<byte>.Shared.Rent(ChunkLength);
        try
        {
            for (var offset = start; offset < source.Length;)
            {
                var chunk = buffer.AsSpan(0, source.ReadUpTo(offset, buffer.AsSpan(0, ChunkLength)));
                var at = chunk.IndexOf(text);
                if (at >= 0)
                {
                    return offset + at;
                }

                // The next chunk begins with what may be the front of a text that this one cut in two.
                offset += chunk.Length < ChunkLength ? chunk.Length : chunk.Length - text.Length + 1;
            }

            return null;
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The printable text at <paramref name="offset"/>, to its NUL, a line's end or 512 bytes.</summary>
    internal static string ReadText(ByteSource source, long offset)
    {
        Span<byte> bytes = stackalloc byte[MaxTextLength];
        ReadOnlySpan<byte> text = bytes[..source.ReadUpTo(offset, bytes)];
        var end = text.IndexOfAnyExceptInRange((byte)' ', (byte)'~');
        return Encoding.ASCII.GetString(end < 0 ? text : text[..end]);
    }
}
