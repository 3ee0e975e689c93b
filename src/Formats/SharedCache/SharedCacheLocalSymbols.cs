using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.SharedCache;

/// <summary>
/// The local symbols that were taken out of the images' own symbol tables (<c>dyld_cache_local_symbols_info</c>): one table of
/// entries and one of names for all, and for each image a range of entries.
/// </summary>
internal sealed class SharedCacheLocalSymbols
{
    private const int InfoSize = 24;

    private readonly ByteSource _names;
    private readonly ByteSource _entries;
    private readonly bool _is64Bit;
    private readonly Dictionary<ulong, (uint First, uint Count)> _byImage;

    private SharedCacheLocalSymbols(ByteSource entries, ByteSource names, bool is64Bit, bool byAddress, Dictionary<ulong, (uint First, uint Count)> byImage)
    {
        _entries = entries;
        _names = names;
        _is64Bit = is64Bit;
        ByAddress = byAddress;
        _byImage = byImage;
    }

    /// <summary>Whether an image's key is its address within the cache; in older caches it is its offset in the main file.</summary>
    internal bool ByAddress { get; }

    /// <summary>Reads which image has which range.</summary>
    /// <exception cref="FirmwareFormatException">A table leaves the file.</exception>
    internal static SharedCacheLocalSymbols Read(SharedCacheFile file)
    {
        try
        {
            return Read(file.Source, file.Header);
        }
        catch (FirmwareFormatException fault) when (fault.Format == SharedCacheFormat.Name)
        {
            throw fault.In(file.Name);
        }
    }

    /// <summary>The symbols of the image with this key, or null where it has none.</summary>
    internal SymbolTable? Find(ulong key) =>
        _byImage.TryGetValue(key, out var range)
            ? new SymbolTable(
                new Backing(_entries, _names), new SymtabRange(range.First * EntrySize(_is64Bit), range.Count, _entries.Length, (uint)_names.Length), _is64Bit, bigEndian: false)
            : null;

    private static long EntrySize(bool is64Bit) => is64Bit ? 16 : 12;

    private static SharedCacheLocalSymbols Read(ByteSource file, SharedCacheHeader header)
    {
        var start = header.ReadUInt64(SharedCacheFormat.LocalSymbolsOffset);
        var size = header.ReadUInt64(SharedCacheFormat.LocalSymbolsSize);
        if (start > (ulong)file.Length || size > (ulong)file.Length - start || size < InfoSize)
        {
            throw SharedCacheFormat.Fault(
                SharedCacheFormat.LocalSymbolsOffset, $"0x{size:x} bytes of local symbols at 0x{start:x} leave the file, which ends at 0x{file.Length:x}");
        }

        var info = file.Slice((long)start, (long)size);
        Span<byte> bytes = stackalloc byte[InfoSize];
        info.ReadExactly(0, bytes);
        var reader = new SpanReader(bytes, SharedCacheFormat.Name, (long)start);
        var nlistOffset = reader.ReadUInt32();
        var nlistCount = reader.ReadUInt32();
        var entries = Part(info, "local symbols", nlistOffset, nlistCount * EntrySize(header.Is64Bit), (long)start);
        var names = Part(info, "names of local symbols", reader.ReadUInt32(), reader.ReadUInt32(), (long)start);
        var imagesOffset = reader.ReadUInt32();
        var imagesCount = reader.ReadUInt32();

        // The layout is that of the file's own generation.
        var byAddress = header.Has(SharedCacheFormat.SymbolFileUuid, 16);
        var images = SharedCacheTables.Read<(ulong Key, uint First, uint Count)>(
            info, "images with local symbols", imagesOffset, imagesCount, byAddress ? 16 : 12, byAddress ? ReadEntry64 : ReadEntry32);
        var byImage = new Dictionary<ulong, (uint First, uint Count)>(images.Length);
        foreach (var (key, first, count) in images)
        {
            if (first > nlistCount || count > nlistCount - first)
            {
                throw SharedCacheFormat.Fault(
                    (long)start + imagesOffset, $"the image at 0x{key:x} has local symbols {first} to {(long)first + count}, but there are {nlistCount}");
            }

            byImage[key] = (first, count);
        }

        return new SharedCacheLocalSymbols(entries, names, header.Is64Bit, byAddress, byImage);
    }

    private static ByteSource Part(ByteSource info, string what, long offset, long size, long start) =>
        size <= info.Length && offset <= info.Length - size
            ? info.Slice(offset, size)
            : throw SharedCacheFormat.Fault(start, $"0x{size:x} bytes of {what} at 0x{offset:x} leave the area of 0x{info.Length:x} bytes");

    private static (ulong Key, uint First, uint Count) ReadEntry64(ref SpanReader reader) => (reader.ReadUInt64(), reader.ReadUInt32(), reader.ReadUInt32());

    private static (ulong Key, uint First, uint Count) ReadEntry32(ref SpanReader reader) => (reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt32());

    /// <summary>Both tables as one range of link-edit data: the entries, then the names.</summary>
    private sealed class Backing(ByteSource entries, ByteSource names) : MachOBacking
    {
        public override ByteSource Header => Empty;

        public override ByteSource OpenAddress(MachOImage image, ulong address, long size) =>
            throw SharedCacheFormat.Fault(-1, "local symbols have no memory");

        public override ByteSource OpenLinkedit(long offset, long size) =>
            size == 0 ? Empty
            : offset < entries.Length ? entries.Slice(offset, size)
            : names.Slice(offset - entries.Length, size);
    }
}
