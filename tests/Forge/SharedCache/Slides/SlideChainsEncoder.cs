using System.Buffers.Binary;

namespace IpswDiff.Forge.SharedCache.Slides;

/// <summary>
/// Versions 2 and 4: pointers chained through unused bits. 64 bits have room for any distance within a page. 32 bits reach 12 bytes,
/// so that chains also run over zeros (2) or small numbers (4), and a page may need several.
/// </summary>
internal sealed class SlideChainsEncoder : SlideEncoder
{
    internal const int HeaderSize = 40;

    private const int Reach32 = 12;
    private const ulong Mask64 = 0x00FFFF0000000000;
    private const uint Mask32 = 0xC0000000;
    private const ushort Extra = 0x8000;

    private readonly ushort[] _starts;
    private readonly List<ushort> _extras = [];
    private readonly ulong _valueAdd;

    internal SlideChainsEncoder(SharedCacheOptions options, CacheMapping mapping, Action<long, ReadOnlyMemory<byte>> write)
        : base(options, mapping, write)
    {
        _starts = new ushort[PageCount];
        Array.Fill(_starts, options.SlideVersion == 2 ? (ushort)0x4000 : (ushort)0xFFFF);

        // Addresses of arm64 leave the mask free; those of x86_64 and of 32 bits must count from the cache.
        _valueAdd = options.Is64Bit && options.IsArm ? 0 : options.BaseAddress;
    }

    protected override void EncodePage(int page, Span<byte> bytes, ReadOnlySpan<CachePointer> pointers)
    {
        if (Options.Is64Bit)
        {
            _starts[page] = (ushort)(pointers[0].Offset / 4);
            for (var i = 0; i < pointers.Length; i++)
            {
                var distance = i + 1 < pointers.Length ? (ulong)(pointers[i + 1].Offset - pointers[i].Offset) / 4 : 0;
                var value = (pointers[i].Target - _valueAdd) & ~Mask64;
                BinaryPrimitives.WriteUInt64LittleEndian(bytes[pointers[i].Offset..], value | (distance << 40));
            }

            return;
        }

        var chains = new List<ushort>();
        for (var i = 0; i < pointers.Length;)
        {
            chains.Add((ushort)(pointers[i].Offset / 4));
            i = EncodeChain(bytes, pointers, i);
        }

        if (chains.Count == 1)
        {
            _starts[page] = chains[0];
            return;
        }

        _starts[page] = checked((ushort)(Extra | _extras.Count));
        chains[^1] |= Extra;
        _extras.AddRange(chains);
    }

    protected override byte[] Info()
    {
        var info = new CacheBuffer();
        info.UInt32(Options.SlideVersion);
        info.UInt32(PageSize);
        info.UInt32(HeaderSize);
        info.UInt32(_starts.Length);
        info.UInt32(HeaderSize + (_starts.Length * 2));
        info.UInt32(_extras.Count);
        info.UInt64(Options.Is64Bit ? Mask64 : Mask32);
        info.UInt64(_valueAdd);
        foreach (var start in _starts)
        {
            info.UInt16(start);
        }

        _extras.ForEach(info.UInt16);
        return info.ToArray();
    }

    /// <summary>Writes one chain from pointer <paramref name="next"/> on and returns the first pointer that it did not reach.</summary>
    private int EncodeChain(Span<byte> bytes, ReadOnlySpan<CachePointer> pointers, int next)
    {
        var at = pointers[next].Offset;
        var value = Value(pointers[next++]);
        while (next < pointers.Length)
        {
            var distance = pointers[next].Offset - at;
            var isPointer = distance <= Reach32;
            if (!isPointer)
            {
                distance = Reach32;
                while (distance > 0 && !IsSmall(BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + distance)..])))
                {
                    distance -= 4;
                }

                if (distance == 0)
                {
                    break;
                }
            }

            Put(bytes, at, value, distance);
            at += distance;
            value = isPointer ? Value(pointers[next++]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]) & ~Mask32;
        }

        Put(bytes, at, value, 0);
        return next;
    }

    private uint Value(CachePointer pointer) => checked((uint)(pointer.Target - _valueAdd));

    private bool IsSmall(uint word) => Options.SlideVersion == 2 ? word == 0 : word is < 0x8000 or >= 0xFFFF8000;

    private static void Put(Span<byte> bytes, int at, uint value, int distance) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value | ((uint)distance << 28));
}
