using System.Buffers.Binary;

namespace IpswDiff.Forge.Compression;

/// <summary>A greedy search for repeats: the last place that began with the same three bytes, within a window.</summary>
internal sealed class MatchFinder(int window)
{
    private const int HashBits = 16;

    private readonly int[] _heads = NewHeads();

    /// <summary>The shortest repeat worth finding.</summary>
    internal const int Shortest = 3;

    /// <summary>The length of the repeat at <paramref name="position"/>, 0 for none; remembers the position.</summary>
    internal int Find(ReadOnlySpan<byte> data, int position, int longest, out int distance)
    {
        distance = 0;
        if (data.Length - position < Shortest)
        {
            return 0;
        }

        ref var head = ref _heads[Hash(data[position..])];
        var candidate = head;
        head = position;
        if (candidate < 0 || position - candidate > window)
        {
            return 0;
        }

        var limit = Math.Min(longest, data.Length - position);
        var length = 0;
        while (length < limit && data[candidate + length] == data[position + length])
        {
            length++;
        }

        distance = position - candidate;
        return length >= Shortest ? length : 0;
    }

    /// <summary>Remembers positions that a match jumped over.</summary>
    internal void Remember(ReadOnlySpan<byte> data, int from, int to)
    {
        for (var position = from; position < to && data.Length - position >= Shortest; position++)
        {
            _heads[Hash(data[position..])] = position;
        }
    }

    private static int Hash(ReadOnlySpan<byte> bytes)
    {
        var three = (uint)(bytes[0] | (BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]) << 8));
        return (int)((three * 2654435761u) >> (32 - HashBits));
    }

    private static int[] NewHeads()
    {
        var heads = new int[1 << HashBits];
        heads.AsSpan().Fill(-1);
        return heads;
    }
}
