using System.Buffers.Binary;

namespace IpswDiff.Forge.SharedCache;

/// <summary>
/// Writes the pages of a data mapping with their pointers encoded, and the slide information that finds them. Segments come in the
/// order of their addresses; what is kept is one chunk of pages. Facts: the comments of <c>dyld_cache_format.h</c>.
/// </summary>
internal abstract class SlideEncoder(SharedCacheOptions options, CacheMapping mapping, Action<long, ReadOnlyMemory<byte>> write)
{
    private const int ChunkSize = 1 << 20;

    private readonly byte[] _chunk = new byte[ChunkSize];
    private readonly List<CachePointer> _pointers = [];
    private long _chunkStart;
    private int _used;

    internal SharedCacheOptions Options { get; } = options;

    protected int PageSize { get; } = PageSizeOf(options.SlideVersion);

    protected int PageCount { get; } = (int)(mapping.Size / PageSizeOf(options.SlideVersion));

    internal static SlideEncoder Create(SharedCacheOptions options, CacheMapping mapping, Action<long, ReadOnlyMemory<byte>> write) =>
        options.SlideVersion switch
        {
            1 => new SlideBitmapEncoder(options, mapping, write),
            2 or 4 => new SlideChainsEncoder(options, mapping, write),
            3 or 5 => new SlidePointerEncoder(options, mapping, write),
            _ => new PlainEncoder(options, mapping, write),
        };

    /// <summary>Room that the slide information of a mapping can take.</summary>
    internal static long Measure(SharedCacheOptions options, long mappingSize)
    {
        var pages = mappingSize / PageSizeOf(options.SlideVersion);
        return options.SlideVersion switch
        {
            1 => SlideBitmapEncoder.HeaderSize + CacheBuffer.Align(pages * 2, 8) + (pages * SlideBitmapEncoder.EntrySize),
            2 or 4 => SlideChainsEncoder.HeaderSize + (pages * 2) + (options.Is64Bit ? 0 : pages * 2 * (4096 / 16)),
            3 or 5 => SlidePointerEncoder.HeaderSize + (pages * 2),
            _ => 0,
        };
    }

    /// <summary>Takes a segment.</summary>
    /// <param name="offset">Where it begins in the mapping; never before an earlier one.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="pointers">Its pointers, in order.</param>
    internal void Append(long offset, ReadOnlySpan<byte> bytes, List<CachePointer> pointers)
    {
        var next = 0;
        for (var done = 0; done < bytes.Length;)
        {
            var at = offset + done;
            if (at >= _chunkStart + ChunkSize)
            {
                Flush();
                _chunkStart = at / ChunkSize * ChunkSize;
            }

            var within = (int)(at - _chunkStart);
            var count = Math.Min(bytes.Length - done, ChunkSize - within);
            bytes.Slice(done, count).CopyTo(_chunk.AsSpan(within));
            _used = Math.Max(_used, within + count);
            for (; next < pointers.Count && pointers[next].Offset < done + count; next++)
            {
                _pointers.Add(pointers[next] with { Offset = (int)(offset + pointers[next].Offset - _chunkStart) });
            }

            done += count;
        }
    }

    /// <summary>Writes what is left, and the slide information if the mapping has it.</summary>
    internal void Finish()
    {
        Flush();
        if (mapping.SlideSize > 0)
        {
            var info = Info();
            if (info.Length > mapping.SlideSize)
            {
                throw new InvalidOperationException($"slide information takes {info.Length} bytes where there is room for {mapping.SlideSize}");
            }

            mapping.SlideSize = info.Length;
            write(mapping.SlideOffset, info);
        }
    }

    protected static int PageSizeOf(int version) => version is 3 or 5 ? 0x4000 : 0x1000;

    /// <summary>Encodes the pointers of one page, whose offsets count from the page.</summary>
    protected abstract void EncodePage(int page, Span<byte> bytes, ReadOnlySpan<CachePointer> pointers);

    protected abstract byte[] Info();

    protected void WritePlain(Span<byte> bytes, CachePointer pointer)
    {
        if (Options.Is64Bit)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[pointer.Offset..], pointer.Target);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[pointer.Offset..], checked((uint)pointer.Target));
        }
    }

    private void Flush()
    {
        Span<CachePointer> pointers = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_pointers);
        for (var start = 0; start < _used; start += PageSize)
        {
            var count = 0;
            while (count < pointers.Length && pointers[count].Offset < start + PageSize)
            {
                pointers[count] = pointers[count] with { Offset = pointers[count].Offset - start };
                count++;
            }

            if (count > 0)
            {
                EncodePage((int)((_chunkStart + start) / PageSize), _chunk.AsSpan(start, PageSize), pointers[..count]);
                pointers = pointers[count..];
            }
        }

        if (_used > 0)
        {
            write(mapping.FileOffset + _chunkStart, _chunk.AsMemory(0, _used));
        }

        _chunk.AsSpan(0, _used).Clear();
        _pointers.Clear();
        _used = 0;
    }

    /// <summary>Pointers as they are, for a cache that is not slid.</summary>
    private sealed class PlainEncoder(SharedCacheOptions options, CacheMapping mapping, Action<long, ReadOnlyMemory<byte>> write)
        : SlideEncoder(options, mapping, write)
    {
        protected override void EncodePage(int page, Span<byte> bytes, ReadOnlySpan<CachePointer> pointers)
        {
            foreach (var pointer in pointers)
            {
                WritePlain(bytes, pointer);
            }
        }

        protected override byte[] Info() => [];
    }
}

/// <summary>Version 1: plain pointers, and a bitmap with a bit for every four bytes of a page; pages that look alike share one.</summary>
internal sealed class SlideBitmapEncoder : SlideEncoder
{
    internal const int HeaderSize = 24;
    internal const int EntrySize = 128;

    private readonly ushort[] _pages;
    private readonly List<byte[]> _entries = [new byte[EntrySize]];
    private readonly Dictionary<string, ushort> _known = new(StringComparer.Ordinal);

    internal SlideBitmapEncoder(SharedCacheOptions options, CacheMapping mapping, Action<long, ReadOnlyMemory<byte>> write)
        : base(options, mapping, write)
    {
        _pages = new ushort[PageCount];
        _known.Add(Convert.ToHexString(_entries[0]), 0);
    }

    protected override void EncodePage(int page, Span<byte> bytes, ReadOnlySpan<CachePointer> pointers)
    {
        var entry = new byte[EntrySize];
        foreach (var pointer in pointers)
        {
            WritePlain(bytes, pointer);
            entry[pointer.Offset / 32] |= (byte)(1 << (pointer.Offset / 4 % 8));
        }

        var key = Convert.ToHexString(entry);
        if (!_known.TryGetValue(key, out var index))
        {
            index = checked((ushort)_entries.Count);
            _entries.Add(entry);
            _known.Add(key, index);
        }

        _pages[page] = index;
    }

    protected override byte[] Info()
    {
        var info = new CacheBuffer();
        var entries = (int)CacheBuffer.Align(HeaderSize + (_pages.Length * 2), 8);
        info.UInt32(1u);
        info.UInt32(HeaderSize);
        info.UInt32(_pages.Length);
        info.UInt32(entries);
        info.UInt32(_entries.Count);
        info.UInt32(EntrySize);
        foreach (var page in _pages)
        {
            info.UInt16(page);
        }

        info.AlignTo(8);
        _entries.ForEach(entry => info.Bytes(entry));
        return info.ToArray();
    }
}

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
