using System.Buffers.Binary;

namespace IpswDiff.Forge.SharedCache.Slides;

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
