namespace IpswDiff.Forge.Compression;

/// <summary>Writes LZBITMAP streams: common and rare bitmaps, periods of one and two bytes, repetitions, stored chunks.</summary>
public static class LzbitmapEncoder
{
    private const int MaxChunk = 0x8000;
    private const int CommonCount = 12;

    public static byte[] Encode(ReadOnlySpan<byte> data)
    {
        var output = new ByteWriter();
        output.Bytes("ZBM\x09"u8);
        var finder = new MatchFinder(0xffff);
        for (var position = 0; position < data.Length; position += MaxChunk)
        {
            var end = Math.Min(data.Length, position + MaxChunk);
            var chunk = end - position > 16 ? Chunk(data[..end], position, finder) : null;
            if (chunk is null || chunk.Length >= end - position + 6)
            {
                output.UInt24(end - position + 6);
                output.UInt24(end - position);
                output.Bytes(data[position..end]);
            }
            else
            {
                output.Bytes(chunk);
            }
        }

        output.UInt24(6);
        output.UInt24(0);
        return output.ToArray();
    }

    private static byte[] Chunk(ReadOnlySpan<byte> data, int start, MatchFinder finder)
    {
        var fresh = new ByteWriter();
        var periods = new ByteWriter();
        var groups = new List<(int Bitmap, int Width)>();
        var period = 8;
        for (var position = start; position < data.Length; position += 8)
        {
            var group = data[position..Math.Min(data.Length, position + 8)];
            var next = Choose(data, position, group.Length, period, finder);
            var bitmap = Differences(data, position, group.Length, next);
            var width = next == period ? 0 : next < 256 ? 1 : 2;
            if (width >= 1)
            {
                periods.Byte(next);
            }

            if (width == 2)
            {
                periods.Byte(next >> 8);
            }

            for (var i = 0; i < group.Length; i++)
            {
                if ((bitmap >> i & 1) != 0)
                {
                    fresh.Byte(group[i]);
                }
            }

            finder.Remember(data, position, position + group.Length);
            groups.Add((bitmap, width));
            period = next;
        }

        return Assemble(data.Length - start, fresh, periods, groups);
    }

    private static byte[] Assemble(int length, ByteWriter fresh, ByteWriter periods, List<(int Bitmap, int Width)> groups)
    {
        var common = groups.GroupBy(group => group).OrderByDescending(uses => uses.Count()).ThenBy(uses => uses.Key)
            .Take(CommonCount).Select(uses => uses.Key).ToList();
        var rare = new ByteWriter();
        var numbers = new List<int>();
        foreach (var group in groups)
        {
            var index = common.IndexOf(group);
            numbers.Add(index >= 0 ? index + 3 : group.Width);
            if (index < 0)
            {
                rare.Byte(group.Bitmap);
            }
        }

        var list = Nibbles(numbers);
        var table = new byte[17];
        for (var i = 0; i < common.Count; i++)
        {
            var value = common[i].Bitmap | (common[i].Width << 8);
            for (var bit = 0; bit < 10; bit++)
            {
                table[((i * 10) + bit) / 8] |= (byte)((value >> bit & 1) << (((i * 10) + bit) % 8));
            }
        }

        var output = new ByteWriter();
        var at = 15 + fresh.Length;
        output.UInt24(at + periods.Length + rare.Length + list.Length + table.Length);
        output.UInt24(length);
        output.UInt24(at);
        output.UInt24(at + periods.Length);
        output.UInt24(at + periods.Length + rare.Length);
        output.Bytes(fresh.ToArray());
        output.Bytes(periods.ToArray());
        output.Bytes(rare.ToArray());
        output.Bytes(list);
        output.Bytes(table);
        return output.ToArray();
    }

    private static byte[] Nibbles(List<int> numbers)
    {
        var nibbles = new List<int>();
        for (var i = 0; i < numbers.Count;)
        {
            var run = 1;
            while (i + run < numbers.Count && numbers[i + run] == numbers[i])
            {
                run++;
            }

            i += run;
            nibbles.Add(numbers[i - 1]);
            if (run < 4)
            {
                nibbles.AddRange(Enumerable.Repeat(numbers[i - 1], run - 1));
                continue;
            }

            nibbles.Add(15);
            for (run -= 4; run >= 15; run -= 15)
            {
                nibbles.Add(15);
            }

            nibbles.Add(run);
        }

        var bytes = new byte[(nibbles.Count + 1) / 2];
        for (var i = 0; i < nibbles.Count; i++)
        {
            bytes[i / 2] |= (byte)(nibbles[i] << (4 * (i % 2)));
        }

        return bytes;
    }

    // The present period costs nothing, another one its bytes; a new byte costs one.
    private static int Choose(ReadOnlySpan<byte> data, int position, int count, int period, MatchFinder finder)
    {
        var best = period;
        var cost = int.PopCount(Differences(data, position, count, period));
        if (cost <= 1 || finder.Find(data, position, 8, out var distance) == 0)
        {
            return best;
        }

        return int.PopCount(Differences(data, position, count, distance)) + (distance < 256 ? 1 : 2) < cost ? distance : best;
    }

    private static int Differences(ReadOnlySpan<byte> data, int position, int count, int period)
    {
        var bitmap = 0;
        for (var i = 0; i < count; i++)
        {
            var source = position + i - period;
            bitmap |= source >= 0 && data[source] == data[position + i] ? 0 : 1 << i;
        }

        return bitmap;
    }
}
