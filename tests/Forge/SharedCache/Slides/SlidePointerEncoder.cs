using System.Buffers.Binary;

namespace IpswDiff.Forge.SharedCache.Slides;

/// <summary>Versions 3 and 5: pointers of arm64e, signed or not, chained by the distance to the next in eight bytes.</summary>
internal sealed class SlidePointerEncoder : SlideEncoder
{
    internal const int HeaderSize = 24;

    private readonly ushort[] _starts;

    internal SlidePointerEncoder(SharedCacheOptions options, CacheMapping mapping, Action<long, ReadOnlyMemory<byte>> write)
        : base(options, mapping, write)
    {
        _starts = new ushort[PageCount];
        Array.Fill(_starts, (ushort)0xFFFF);
    }

    protected override void EncodePage(int page, Span<byte> bytes, ReadOnlySpan<CachePointer> pointers)
    {
        _starts[page] = (ushort)pointers[0].Offset;
        for (var i = 0; i < pointers.Length; i++)
        {
            var distance = i + 1 < pointers.Length ? pointers[i + 1].Offset - pointers[i].Offset : 0;
            if (pointers[i].Offset % 8 != 0)
            {
                throw new InvalidOperationException($"a pointer at 0x{pointers[i].Offset:x} of page {page} is not aligned");
            }

            var raw = Options.SlideVersion == 3 ? Encode3(pointers[i], (ulong)distance / 8) : Encode5(pointers[i], (ulong)distance / 8);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[pointers[i].Offset..], raw);
        }
    }

    protected override byte[] Info()
    {
        var info = new CacheBuffer();
        info.UInt32(Options.SlideVersion);
        info.UInt32(PageSize);
        info.UInt32(_starts.Length);
        info.UInt32(0u);
        info.UInt64(Options.BaseAddress);
        foreach (var start in _starts)
        {
            info.UInt16(start);
        }

        return info.ToArray();
    }

    private ulong Encode3(CachePointer pointer, ulong next)
    {
        if (!pointer.Signature.IsSigned)
        {
            return (pointer.Target & 0x7FF_FFFF_FFFF) | (pointer.Target >> 56 << 43) | (next << 51);
        }

        var signature = pointer.Signature;
        return checked((uint)(pointer.Target - Options.BaseAddress)) | ((ulong)signature.Diversity << 32) | (Bit(signature.HasAddressDiversity) << 48)
            | (Bit(signature.IsDataKey) << 50) | (next << 51) | (1UL << 63);
    }

    private ulong Encode5(CachePointer pointer, ulong next)
    {
        var offset = (pointer.Target & 0x00FF_FFFF_FFFF_FFFF) - Options.BaseAddress;
        if (offset >> 34 != 0)
        {
            throw new InvalidOperationException($"a pointer to 0x{pointer.Target:x} leaves the cache");
        }

        var signature = pointer.Signature;
        return !signature.IsSigned
            ? offset | (pointer.Target >> 56 << 34) | (next << 52)
            : offset | ((ulong)signature.Diversity << 34) | (Bit(signature.HasAddressDiversity) << 50) | (Bit(signature.IsDataKey) << 51) | (next << 52) | (1UL << 63);
    }

    private static ulong Bit(bool value) => value ? 1UL : 0;
}
