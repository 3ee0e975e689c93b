using System.Diagnostics.CodeAnalysis;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.Versions;

namespace IpswDiff.Formats.SharedCache;

/// <summary>
/// A dyld shared cache, whole or split into several files, read in place. Facts: dyld's <c>dyld_cache_format.h</c>. Opening reads
/// headers and tables; images and symbols are read when they are asked for. Immutable and safe for concurrent use.
/// </summary>
public sealed class DyldSharedCache : IFormatReader<DyldSharedCache>
{
    private readonly SharedCacheFiles _files;
    private readonly SharedCacheAddressMap _map;
    private readonly Lazy<SharedCacheLocalSymbols?> _localSymbols;
    private readonly Lazy<ulong?> _selectorBase;

    private DyldSharedCache(SharedCacheFiles files)
    {
        _files = files;
        _map = new SharedCacheAddressMap(files.Mapped);
        Files = files.Symbols is { } symbols && symbols != files.Main ? [.. files.Mapped, symbols] : files.Mapped;
        Images = SharedCacheImages.Read(this, files.Main, _map);
        TproRanges = SharedCacheTables.Read(
            files.Main.Source, "TPRO ranges", Header.ReadUInt32(SharedCacheFormat.TproMappingsOffset), Header.ReadUInt32(SharedCacheFormat.TproMappingsCount), SharedCacheFormat.TproMappingSize, ReadTpro);
        _localSymbols = new Lazy<SharedCacheLocalSymbols?>(
            () => files.Symbols is null ? null : SharedCacheLocalSymbols.Read(files.Symbols), LazyThreadSafetyMode.PublicationOnly);
        _selectorBase = new Lazy<ulong?>(() => SharedCacheSelectors.FindBase(this, Header), LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>The processor: <c>arm64e</c>, <c>x86_64h</c>, <c>arm64e.x1</c>, …; for one that is not known what the cache's magic has.</summary>
    public string Arch => Header.Arch;

    /// <summary>The processor, or null for one that is not known.</summary>
    public CpuArchitecture? Architecture => Header.Architecture;

    /// <summary>Identity of the cache: that of its main file; empty in caches older than the field.</summary>
    public Guid Uuid => _files.Main.Uuid;

    /// <summary><see cref="Uuid"/> in upper case with dashes.</summary>
    public string UuidText => _files.Main.UuidText;

    /// <summary>What the cache is for, in lower case: <c>ios</c>, <c>macos</c>, <c>driverkit</c>, …; null in caches that do not say.</summary>
    public string? Platform => Header.ReadUInt32(SharedCacheFormat.Platform) is var number and not 0 ? new BuildVersion(number, default, default).Platform : null;

    /// <summary>Version of the system the cache was built for; null in caches that do not say.</summary>
    public PackedVersion? OsVersion => Header.ReadUInt32(SharedCacheFormat.OsVersion) is var version and not 0 ? new PackedVersion(version) : null;

    /// <summary>The address that offsets within the cache count from: that of the first mapping.</summary>
    public ulong BaseAddress => _files.Main.Mappings[0].Address;

    /// <summary>Whether pointers have 64 bits.</summary>
    public bool Is64Bit => Header.Is64Bit;

    /// <summary>The files: the main one, the sub-caches in order, the one of local symbols.</summary>
    public IReadOnlyList<SharedCacheFile> Files { get; }

    /// <summary>The libraries in the order of the cache's table.</summary>
    public IReadOnlyList<SharedCacheImage> Images { get; }

    /// <summary>Ranges that the hardware makes read-only after start-up.</summary>
    public IReadOnlyList<(ulong Address, ulong Size)> TproRanges { get; }

    /// <summary>Whether there are local symbols to read.</summary>
    public bool HasLocalSymbols => _files.Symbols is not null;

    /// <summary>What could not be had although the cache names it, and what that costs, one sentence each.</summary>
    public IReadOnlyList<string> Notes => _files.Notes;

    private SharedCacheHeader Header => _files.Main.Header;

    /// <inheritdoc/>
    public static int HeadLength => SharedCacheFormat.MagicLength;

    /// <summary>Whether a file that begins with <paramref name="head"/> is one of a cache's, its main file or another.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) => SharedCacheHeader.Matches(head);

    /// <summary>Opens a cache that is one file; for those of several files, as all are since iOS 15, see the overload and <see cref="OpenFile"/>.</summary>
    /// <param name="source">The file.</param>
    /// <exception cref="FirmwareFormatException">It is no cache, it is damaged, or it has further files.</exception>
    public static DyldSharedCache Open(ByteSource source) => Open(source, "cache", static _ => null);

    /// <summary>Opens a cache by the path of its main file, with the others that lie beside it.</summary>
    /// <exception cref="FirmwareFormatException">It is no cache or not its main file, it is damaged, or one of its parts is.</exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public static SharedCacheFolder OpenFile(string path) => SharedCacheFolder.Open(path);

    /// <summary>Opens a cache by its main file.</summary>
    /// <param name="main">The main file.</param>
    /// <param name="name">Its name without folder, which the names of the others begin with.</param>
    /// <param name="sibling">Opens another file of the same folder by its name; null where there is none.</param>
    /// <exception cref="FirmwareFormatException">
    /// It is no cache or not its main file, it is damaged, or one of its parts is missing, damaged or of another cache.
    /// </exception>
    public static DyldSharedCache Open(ByteSource main, string name, Func<string, ByteSource?> sibling)
    {
        var files = SharedCacheFiles.Open(main, name, sibling);
        try
        {
            return new DyldSharedCache(files);
        }
        catch (FirmwareFormatException fault) when (fault.Format == SharedCacheFormat.Name && fault.File is null)
        {
            throw fault.In(name);
        }
    }

    /// <summary>Opens a cache if <paramref name="main"/> begins as one does.</summary>
    /// <param name="main">The main file.</param>
    /// <param name="name">Its name without folder.</param>
    /// <param name="sibling">Opens another file of the same folder by its name; null where there is none.</param>
    /// <param name="cache">The cache, or null when the result is false.</param>
    /// <exception cref="FirmwareFormatException">It is a cache, but as <see cref="Open(ByteSource, string, Func{string, ByteSource?})"/> says cannot be read.</exception>
    public static bool TryOpen(ByteSource main, string name, Func<string, ByteSource?> sibling, [NotNullWhen(true)] out DyldSharedCache? cache)
    {
        cache = DyldSharedCache.Matches(main) ? Open(main, name, sibling) : null;
        return cache is not null;
    }

    /// <summary>The bytes behind a range of addresses, which must lie in one mapping.</summary>
    /// <exception cref="FirmwareFormatException">No mapping holds all of them.</exception>
    public ByteSource OpenAddress(ulong address, long size) => _map.Open(address, size);

    /// <summary>The address that a pointer means, without slide and signature; 0 for a null pointer.</summary>
    /// <param name="address">Where the pointer lies: each mapping stores pointers in its own way.</param>
    /// <param name="raw">The pointer as it stands there.</param>
    /// <exception cref="FirmwareFormatException">The slide information of the mapping cannot be read, or is of a version that is not known.</exception>
    public ulong DecodePointer(ulong address, ulong raw) => _map.SlideAt(address).Decode(raw);

    /// <summary>
    /// The address that selectors of relative method lists count from; null in caches whose lists refer to references of selectors.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The cache's Objective-C tables cannot be read.</exception>
    public ulong? FindSelectorBase() => _selectorBase.Value;

    /// <summary>The file, and the offset in it, that hold an address; null where no file does.</summary>
    public (SharedCacheFile File, long Offset)? FindAddress(ulong address) =>
        _map.Find(address) is { } range ? (range.File, range.Mapping.FileOffset + (long)(address - range.Mapping.Address)) : null;

    /// <summary>
    /// Reads which image has which local symbols, which else happens for the first image whose local symbols are asked for.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The cache's local symbols are damaged.</exception>
    public void LoadLocalSymbols() => _ = _localSymbols.Value;

    internal MachOImage OpenImage(SharedCacheImage image, SymbolTable? localSymbols)
    {
        try
        {
            return SharedCacheMachOBacking.OpenImage(_map, image.Address, this, localSymbols);
        }
        catch (FirmwareFormatException fault) when (fault.File is null)
        {
            throw fault.In(image.Path);
        }
    }

    internal SymbolTable? OpenLocalSymbols(SharedCacheImage image)
    {
        if (_localSymbols.Value is not { } symbols)
        {
            return null;
        }

        if (symbols.ByAddress)
        {
            return symbols.Find(unchecked(image.Address - BaseAddress));
        }

        return FindAddress(image.Address) is { } place ? symbols.Find((ulong)place.Offset) : null;
    }

    private static (ulong Address, ulong Size) ReadTpro(ref SpanReader reader) => (reader.ReadUInt64(), reader.ReadUInt64());
}
