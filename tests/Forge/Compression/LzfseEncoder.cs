namespace IpswDiff.Forge.Compression;

/// <summary>The kinds of LZFSE blocks.</summary>
public enum LzfseBlockKind
{
    /// <summary><c>bvx-</c>: bytes as they are.</summary>
    Raw,

    /// <summary><c>bvxn</c>: an LZVN stream.</summary>
    Lzvn,

    /// <summary><c>bvx1</c>: entropy-coded, tables as they are.</summary>
    V1,

    /// <summary><c>bvx2</c>: entropy-coded, tables packed.</summary>
    V2,
}

/// <summary>Writes LZFSE streams of any mixture of blocks; matches reach back over block borders.</summary>
public static class LzfseEncoder
{
    private const int Window = 262139;
    private const int MaxL = 315;
    private const int MaxM = 2359;
    private const int MaxMatches = 10_000;
    private const int MaxLiterals = 40_000;

    private static ReadOnlySpan<byte> LBits => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 5, 8];

    private static ReadOnlySpan<byte> MBits => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 5, 8, 11];

    /// <summary>Encodes with packed tables only, as Apple's encoder does with all but short data.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> data) => Encode(data, 1 << 18, [LzfseBlockKind.V2]);

    /// <summary>
    /// Encodes in blocks of at most <paramref name="blockSize"/> bytes whose kinds follow <paramref name="kinds"/> over and over.
    /// </summary>
    public static byte[] Encode(ReadOnlySpan<byte> data, int blockSize, params ReadOnlySpan<LzfseBlockKind> kinds)
    {
        var output = new ByteWriter();
        var finder = new MatchFinder(Window);
        var position = 0;
        for (var block = 0; position < data.Length; block++)
        {
            var limit = Math.Min(data.Length, position + blockSize);
            switch (kinds[block % kinds.Length])
            {
                case LzfseBlockKind.Raw:
                    output.Bytes("bvx-"u8);
                    output.UInt32((uint)(limit - position));
                    output.Bytes(data[position..limit]);
                    finder.Remember(data[..limit], position, limit);
                    position = limit;
                    break;
                case LzfseBlockKind.Lzvn:
                    var stream = LzvnEncoder.EncodeFrom(data[..limit], position, new ForgeRandom((ulong)block), finder);
                    output.Bytes("bvxn"u8);
                    output.UInt32((uint)(limit - position));
                    output.UInt32((uint)stream.Length);
                    output.Bytes(stream);
                    position = limit;
                    break;
                case var kind:
                    position = EntropyBlock(output, data[..limit], position, finder, kind == LzfseBlockKind.V2);
                    break;
            }
        }

        output.Bytes("bvx$"u8);
        return output.ToArray();
    }

    private static int EntropyBlock(ByteWriter output, ReadOnlySpan<byte> data, int start, MatchFinder finder, bool packed)
    {
        var literals = new List<byte>();
        var triplets = new List<(int L, int M, int D)>();
        var position = start;
        var pending = start;

        // A margin of a few triplets, because one long run of literals or one long match is written as several.
        while (position < data.Length && triplets.Count < MaxMatches - 400 && position - pending + literals.Count < MaxLiterals - 8)
        {
            var length = finder.Find(data, position, 3 * MaxM, out var distance);
            if (length == 0)
            {
                position++;
                continue;
            }

            Add(data[pending..position], length, distance, literals, triplets);
            finder.Remember(data, position + 1, position + length);
            position += length;
            pending = position;
        }

        Add(data[pending..position], 0, 1, literals, triplets);
        WriteBlock(output, position - start, literals, triplets, packed);
        return position;
    }

    private static void Add(
        ReadOnlySpan<byte> run, int length, int distance, List<byte> literals, List<(int L, int M, int D)> triplets)
    {
        literals.AddRange(run);
        var left = run.Length;
        while (left > MaxL)
        {
            triplets.Add((MaxL, 0, 1));
            left -= MaxL;
        }

        do
        {
            var m = Math.Min(length, MaxM);
            if (left + m > 0)
            {
                triplets.Add((left, m, distance));
            }

            left = 0;
            length -= m;
        }
        while (length > 0);
    }

    private static void WriteBlock(
        ByteWriter output, int rawBytes, List<byte> literals, List<(int L, int M, int D)> triplets, bool packed)
    {
        while (literals.Count % 4 != 0)
        {
            literals.Add(literals[^1]);
        }

        // A distance equal to the one before it is written as zero.
        var last = -1;
        for (var i = 0; i < triplets.Count; i++)
        {
            var (l, m, d) = triplets[i];
            triplets[i] = (l, m, d == last ? 0 : d);
            last = d;
        }

        var l20 = new int[20];
        var m20 = new int[20];
        var d64 = new int[64];
        var u256 = new int[256];
        literals.ForEach(value => u256[value]++);
        foreach (var (l, m, d) in triplets)
        {
            l20[Symbol(l, LBits, out _)]++;
            m20[Symbol(m, MBits, out _)]++;
            d64[Distance(d, out _)]++;
        }

        ushort[][] tables =
        [
            FseEncoder.Normalize(l20, 64), FseEncoder.Normalize(m20, 64), FseEncoder.Normalize(d64, 256), FseEncoder.Normalize(u256, 1024),
        ];
        var literalStates = new int[4];
        var literalCoder = new FseEncoder(tables[3], 1024);

        // An empty stream would be shorter than the eight bytes a decoder loads first.
        var literalBits = new BackwardBits(literals.Count < 16 ? 8 : 0);
        for (var i = literals.Count - 1; i >= 0; i--)
        {
            literalStates[i % 4] = literalCoder.Push(literalBits, literals[i], literalStates[i % 4]);
        }

        var lCoder = new FseEncoder(tables[0], 64);
        var mCoder = new FseEncoder(tables[1], 64);
        var dCoder = new FseEncoder(tables[2], 256);
        var lmdBits = new BackwardBits(8);
        for (var i = triplets.Count - 1; i >= 0; i--)
        {
            var (l, m, d) = triplets[i];
            var symbol = Distance(d, out var extra);
            lmdBits.Push((uint)extra, symbol >> 2);
            dCoder.Push(lmdBits, symbol);
            symbol = Symbol(m, MBits, out extra);
            lmdBits.Push((uint)extra, MBits[symbol]);
            mCoder.Push(lmdBits, symbol);
            symbol = Symbol(l, LBits, out extra);
            lmdBits.Push((uint)extra, LBits[symbol]);
            lCoder.Push(lmdBits, symbol);
        }

        var literalPayload = literalBits.Finish(out var literalUnused);
        var lmdPayload = lmdBits.Finish(out var lmdUnused);
        if (packed)
        {
            var header = new ByteWriter();
            PackTables(header, tables);
            output.Bytes("bvx2"u8);
            output.UInt32((uint)rawBytes);
            output.UInt64((ulong)(uint)literals.Count | ((ulong)(uint)literalPayload.Length << 20) | ((ulong)(uint)triplets.Count << 40)
                | ((ulong)(uint)(literalUnused + 7) << 60));
            output.UInt64((ulong)(uint)literalStates[0] | ((ulong)(uint)literalStates[1] << 10) | ((ulong)(uint)literalStates[2] << 20)
                | ((ulong)(uint)literalStates[3] << 30) | ((ulong)(uint)lmdPayload.Length << 40) | ((ulong)(uint)(lmdUnused + 7) << 60));
            output.UInt64((ulong)(uint)(32 + header.Length) | ((ulong)(uint)lCoder.State << 32) | ((ulong)(uint)mCoder.State << 42)
                | ((ulong)(uint)dCoder.State << 52));
            output.Bytes(header.ToArray());
        }
        else
        {
            output.Bytes("bvx1"u8);
            output.UInt32((uint)rawBytes);
            output.UInt32((uint)(literalPayload.Length + lmdPayload.Length));
            output.UInt32((uint)literals.Count);
            output.UInt32((uint)triplets.Count);
            output.UInt32((uint)literalPayload.Length);
            output.UInt32((uint)lmdPayload.Length);
            output.UInt32((uint)literalUnused);
            Array.ForEach(literalStates, output.UInt16);
            output.UInt32((uint)lmdUnused);
            output.UInt16(lCoder.State);
            output.UInt16(mCoder.State);
            output.UInt16(dCoder.State);
            foreach (var frequency in tables.SelectMany(table => table))
            {
                output.UInt16(frequency);
            }

            output.UInt16(0);
        }

        output.Bytes(literalPayload);
        output.Bytes(lmdPayload);
    }

    private static void PackTables(ByteWriter output, ushort[][] tables)
    {
        var bits = new BackwardBits(0);
        foreach (uint frequency in tables.SelectMany(table => table))
        {
            var (code, width) = frequency switch
            {
                0 => (0u, 2),
                1 => (2u, 2),
                < 4 => (1 | ((frequency - 2) << 2), 3),
                < 8 => (3 | ((frequency - 4) << 3), 5),
                < 24 => (7 | ((frequency - 8) << 4), 8),
                _ => (15 | ((frequency - 24) << 4), 14),
            };
            bits.Push(code, width);
        }

        output.Bytes(bits.Finish(out _));
    }

    // Symbols 0 to 15 stand for themselves; each later one for the next 2^bits values.
    private static int Symbol(int value, ReadOnlySpan<byte> bits, out int extra)
    {
        var start = 0;
        for (var symbol = 0; ; symbol++)
        {
            if (value < start + (1 << bits[symbol]))
            {
                extra = value - start;
                return symbol;
            }

            start += 1 << bits[symbol];
        }
    }

    private static int Distance(int value, out int extra)
    {
        var start = 0;
        for (var symbol = 0; ; symbol++)
        {
            if (value < start + (1 << (symbol >> 2)))
            {
                extra = value - start;
                return symbol;
            }

            start += 1 << (symbol >> 2);
        }
    }
}
