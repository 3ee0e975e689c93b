namespace IpswDiff.Forge.SharedCache.Slides;

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
