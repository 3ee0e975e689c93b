using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.SharedCache;

/// <summary>Reads the tables that a header points to, each checked against the file before memory is taken for it.</summary>
internal static class SharedCacheTables
{
    /// <summary>One entry, from a reader that stands at its beginning.</summary>
    internal delegate T ReadEntry<out T>(ref SpanReader reader);

    /// <summary>A table of <paramref name="count"/> entries of <paramref name="entrySize"/> bytes.</summary>
    /// <exception cref="FirmwareFormatException">The table leaves the file.</exception>
    internal static T[] Read<T>(ByteSource source, string what, ulong offset, ulong count, int entrySize, ReadEntry<T> read)
    {
        if (count == 0)
        {
            return [];
        }

        if (count > SharedCacheFormat.MaxImages)
        {
            throw SharedCacheFormat.Fault((long)Math.Min(offset, long.MaxValue), $"{count} {what} are more than any cache has");
        }

        if (offset > (ulong)source.Length || count > ((ulong)source.Length - offset) / (ulong)entrySize)
        {
            throw SharedCacheFormat.Fault(
                (long)Math.Min(offset, long.MaxValue), $"{count} {what} of {entrySize} bytes leave the file, which ends at 0x{source.Length:x}; is it cut short?");
        }

        const int EntriesAtOnce = 2048;
        var entries = new T[count];
        var buffer = BoundedArrayPool<byte>.Shared.Rent((int)Math.Min(count, EntriesAtOnce) * entrySize);
        try
        {
            for (var first = 0; first < entries.Length; first += EntriesAtOnce)
            {
                var number = Math.Min(EntriesAtOnce, entries.Length - first);
                var at = (long)offset + ((long)first * entrySize);
                var bytes = buffer.AsSpan(0, number * entrySize);
                source.ReadExactly(at, bytes);
                for (var i = 0; i < number; i++)
                {
                    var reader = new SpanReader(bytes.Slice(i * entrySize, entrySize), SharedCacheFormat.Name, at + (i * entrySize));
                    entries[first + i] = read(ref reader);
                }
            }
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }

        return entries;
    }
}
