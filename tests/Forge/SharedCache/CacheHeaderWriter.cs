using System.Buffers.Binary;
using System.Text;
using IpswDiff.Forge.MachO;

namespace IpswDiff.Forge.SharedCache;

/// <summary>Writes headers and the tables behind them. Facts: <c>dyld_cache_header</c> in dyld's <c>dyld_cache_format.h</c>.</summary>
internal sealed class CacheHeaderWriter(SharedCacheLayout layout)
{
    /// <summary>Room for the header and the mappings of a file without tables.</summary>
    internal const int PartHeaderSize = 0x1000;

    /// <summary>Version, flags, seven offsets and, from version 2 on, two sizes.</summary>
    internal const int ObjCHeaderSize = 72;

    internal const int LocalSymbolsInfoSize = 24;

    private const int MaxMappings = 16;

    private readonly SharedCacheOptions _options = layout.Options;

    /// <summary>Bytes of the main file's header and tables, at most.</summary>
    internal static int MeasureMain(SharedCacheLayout layout, int fileCount)
    {
        var paths = layout.Images.Sum(static image => Encoding.UTF8.GetByteCount(image.Image.Path) + 1)
            + layout.Options.Aliases.Sum(static alias => Encoding.UTF8.GetByteCount(alias.Alias) + 1);
        return layout.Options.HeaderSize + (MaxMappings * (56 + 56)) + ((layout.Images.Length + layout.Options.Aliases.Count) * 64) + (fileCount * 56) + 64 + paths;
    }

    /// <summary>The header of <paramref name="file"/> and what follows it.</summary>
    internal byte[] Write(CacheFile file)
    {
        var isMain = file == layout.Main;
        var tables = new CacheBuffer();
        var header = tables.Take(_options.HeaderSize);
        header.Clear();
        var fields = new byte[SharedCacheOptions.ArchitectureHeader];
        _options.Magic.CopyTo(fields.AsSpan());
        Put32(fields, 0x10, _options.HeaderSize);
        Put32(fields, 0x14, file.Mappings.Count);
        Put64(fields, 0x28, file.ContentSize);
        Put64(fields, 0x30, file.Size - file.ContentSize);
        file.Uuid.TryWriteBytes(fields.AsSpan(0x58), bigEndian: true, out _);
        Put64(fields, 0x60 + 8, _options.Split != SharedCacheSplit.None && _options.NamesSubCaches ? 2 : 1);
        Put32(fields, 0xD8, (int)_options.Platform);
        Put32(fields, 0xDC, 10);
        Put64(fields, 0xE0, (long)_options.BaseAddress);
        Put64(fields, 0xE8, (long)(layout.EndAddress - _options.BaseAddress));
        Put64(fields, 0xF0, 0x10000000);
        Put32(fields, 0x16C, (int)MachOWriter.PackVersion(_options.OsVersion));
        Put32(fields, 0x1C8, 1);
        Put32(fields, 0x228, (int)_options.Arch.CpuType);
        Put32(fields, 0x22C, unchecked((int)_options.Arch.CpuSubtype));
        if (layout.SymbolsFile is { } symbols)
        {
            symbols.Uuid.TryWriteBytes(fields.AsSpan(0x190), bigEndian: true, out _);
        }

        if (file == layout.LocalsFile)
        {
            Put64(fields, 0x48, layout.LocalsOffset);
            Put64(fields, 0x50, layout.LocalsSize);
        }

        WriteMappings(file, tables, fields);
        if (isMain)
        {
            WriteImages(tables, fields);
            WriteSubCaches(tables, fields);
            WriteRanges(tables, fields);
        }

        // Only the fields that fit the header's size are there.
        fields.AsSpan(0, _options.HeaderSize).CopyTo(tables.Written);
        return tables.ToArray();
    }

    /// <summary>The Objective-C header that stands before the shared selectors, whose offset is that from the cache's start.</summary>
    internal byte[] WriteObjC()
    {
        var header = new CacheBuffer();
        var pool = layout.Selectors!;
        header.UInt32(_options.ObjCTypeOffsets ? 2u : 1u);
        header.Zeros(44);
        header.UInt64(layout.SelectorBase - _options.BaseAddress);
        header.UInt64((ulong)pool.SelectorsLength);
        header.UInt64((ulong)(pool.Bytes.Length - pool.SelectorsLength));
        return header.ToArray();
    }

    /// <summary><c>dyld_cache_local_symbols_info</c>, and the table of images that belongs behind the symbols.</summary>
    internal (byte[] Info, byte[] Entries) WriteLocalSymbols()
    {
        var info = new CacheBuffer();
        var symbols = (long)layout.LocalCount * layout.EntrySize;
        var entries = new CacheBuffer();
        foreach (var image in layout.Images)
        {
            if (_options.LocalsByAddress)
            {
                entries.UInt64(image.Addresses[0] - _options.BaseAddress);
            }
            else
            {
                entries.UInt32(image.FileOffsets[0]);
            }

            entries.UInt32(image.FirstLocal);
            entries.UInt32(image.Shape.LocalCount);
        }

        info.UInt32(LocalSymbolsInfoSize);
        info.UInt32(layout.LocalCount);
        info.UInt32(LocalSymbolsInfoSize + symbols + entries.Length);
        info.UInt32(layout.LocalNamesSize);
        info.UInt32(LocalSymbolsInfoSize + symbols);
        info.UInt32(layout.Images.Length);
        return (info.ToArray(), entries.ToArray());
    }

    private void WriteMappings(CacheFile file, CacheBuffer tables, byte[] fields)
    {
        var old = tables.Take(file.Mappings.Count * 32);
        var at = 0;
        foreach (var mapping in file.Mappings)
        {
            Put64(old, at, (long)mapping.Address);
            Put64(old, at + 8, mapping.Size);
            Put64(old, at + 16, mapping.FileOffset);
            Put32(old, at + 24, mapping.Protection);
            Put32(old, at + 28, mapping.Protection);
            at += 32;
        }

        if (!_options.HasSlideMappings)
        {
            if (file.Mappings.Find(static mapping => mapping.SlideSize > 0) is { } slid)
            {
                Put64(fields, 0x38, slid.SlideOffset);
                Put64(fields, 0x40, slid.SlideSize);
            }

            return;
        }

        // Apple's builder leaves as much room for the old entries as the new ones take.
        tables.Zeros(file.Mappings.Count * 24);
        Put32(fields, 0x138, file.Mappings.Count == 0 ? 0 : tables.Length);
        Put32(fields, 0x13C, file.Mappings.Count);
        foreach (var mapping in file.Mappings)
        {
            tables.UInt64(mapping.Address);
            tables.UInt64((ulong)mapping.Size);
            tables.UInt64((ulong)mapping.FileOffset);
            tables.UInt64((ulong)mapping.SlideOffset);
            tables.UInt64((ulong)mapping.SlideSize);
            tables.UInt64(mapping.Flags);
            tables.UInt32(mapping.Protection);
            tables.UInt32(mapping.Protection);
        }
    }

    private void WriteImages(CacheBuffer tables, byte[] fields)
    {
        var count = layout.Table.Length + _options.Aliases.Count;
        var images = tables.Length;
        tables.Zeros(count * 32);
        var isNew = _options.Has(0x1C0, 8);
        Put32(fields, isNew ? 0x1C0 : 0x18, images);
        Put32(fields, isNew ? 0x1C4 : 0x1C, count);
        var texts = tables.Length;
        if (_options.Has(0x88, 16))
        {
            tables.Zeros(layout.Table.Length * 32);
            Put64(fields, 0x88, texts);
            Put64(fields, 0x90, layout.Table.Length);
        }

        for (var i = 0; i < layout.Table.Length; i++)
        {
            var image = layout.Table[i];
            var path = WritePath(tables, image.Image.Path);
            WriteImage(tables.Written[(images + (i * 32))..], image, path);
            if (_options.Has(0x88, 16))
            {
                var text = tables.Written[(texts + (i * 32))..];
                image.Image.Uuid.TryWriteBytes(text, bigEndian: true, out _);
                Put64(text, 16, (long)image.Addresses[0]);
                Put32(text, 24, checked((int)image.Shape.Segments[0].Size));
                Put32(text, 28, path);
            }
        }

        for (var i = 0; i < _options.Aliases.Count; i++)
        {
            var (alias, target) = _options.Aliases[i];
            var image = layout.Find(target) ?? throw new ArgumentException($"{alias} is an alias of {target}, which is not in the cache");
            WriteImage(tables.Written[(images + ((layout.Table.Length + i) * 32))..], image, WritePath(tables, alias));
        }
    }

    private void WriteSubCaches(CacheBuffer tables, byte[] fields)
    {
        if (layout.Files.Count == 1)
        {
            return;
        }

        tables.AlignTo(8);
        Put32(fields, 0x188, tables.Length);
        Put32(fields, 0x18C, layout.Files.Count - 1);
        foreach (var file in layout.Files.Skip(1))
        {
            tables.Uuid(file.Uuid);
            tables.UInt64(file.Address - _options.BaseAddress);
            if (_options.NamesSubCaches)
            {
                tables.Bytes(Encoding.ASCII.GetBytes(file.Suffix));
                tables.Zeros(32 - file.Suffix.Length);
            }
        }
    }

    private void WriteRanges(CacheBuffer tables, byte[] fields)
    {
        if (layout.Trie.Length > 0)
        {
            Put64(fields, 0x108, (long)_options.BaseAddress + layout.TrieOffset);
            Put64(fields, 0x110, layout.Trie.Length);
        }

        if (layout.Selectors is not null)
        {
            Put64(fields, 0x1D0, layout.ObjCOffset);
            Put64(fields, 0x1D8, ObjCHeaderSize + layout.Selectors.Bytes.Length);
        }

        if (_options.Has(0x200, 8) && layout.Files.SelectMany(static file => file.Mappings).FirstOrDefault(static mapping => mapping.Region == CacheRegion.DataConst) is { } range)
        {
            tables.AlignTo(8);
            Put32(fields, 0x200, tables.Length);
            Put32(fields, 0x204, 1);
            tables.UInt64(range.Address);
            tables.UInt64((ulong)range.Size);
        }
    }

    private static int WritePath(CacheBuffer tables, string path)
    {
        var at = tables.Length;
        tables.Bytes(Encoding.UTF8.GetBytes(path));
        tables.Byte(0);
        return at;
    }

    private static void WriteImage(Span<byte> entry, CacheImagePlace image, int path)
    {
        Put64(entry, 0, (long)image.Addresses[0]);
        Put32(entry, 24, path);
    }

    private static void Put32(Span<byte> bytes, int offset, int value) => BinaryPrimitives.WriteInt32LittleEndian(bytes[offset..], value);

    private static void Put64(Span<byte> bytes, int offset, long value) => BinaryPrimitives.WriteInt64LittleEndian(bytes[offset..], value);
}
