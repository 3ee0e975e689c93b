using System.Globalization;
using IpswDiff.Forge.MachO;

namespace IpswDiff.Forge.SharedCache;

/// <summary>How a cache is spread over files.</summary>
public enum SharedCacheSplit
{
    /// <summary>One file.</summary>
    None,

    /// <summary>iOS 15: every part has its own text, data and link-edit data; parts are called <c>.1</c>, <c>.2</c>, …</summary>
    Numbered,

    /// <summary>iOS 16 on x86 and DriverKit: parts as before, called <c>.01</c>, <c>.02</c>, … by the main file.</summary>
    Named,

    /// <summary>iOS 16 and later: text, data (<c>.dylddata</c>) and link-edit data (<c>.dyldlinkedit</c>) in files of their own.</summary>
    ByRegion,
}

/// <summary>Where local symbols are.</summary>
public enum LocalSymbolsPlace
{
    /// <summary>In the images' own tables, as in development caches.</summary>
    Images,

    /// <summary>At the end of the one file; in the images' tables those of code are <c>&lt;redacted&gt;</c>.</summary>
    MainFile,

    /// <summary>In the <c>.symbols</c> file; in the images' tables those of code are <c>&lt;redacted&gt;</c>.</summary>
    SymbolsFile,

    /// <summary>Nowhere.</summary>
    None,
}

/// <summary>
/// What kind of cache to write. Facts: dyld's <c>dyld_cache_format.h</c>. The header's size, which is where its mappings begin,
/// decides which fields it has; the constants name sizes at which readers must begin to behave differently.
/// </summary>
public sealed record SharedCacheOptions
{
    /// <summary>iOS 3: mappings, images and the base address of dyld.</summary>
    public const int FirstHeader = 0x28;

    /// <summary>Local symbols, but no UUID yet.</summary>
    public const int LocalSymbolsHeader = 0x58;

    /// <summary>iOS 7: UUID of the file.</summary>
    public const int UuidHeader = 0x68;

    /// <summary>iOS 9: the table of image texts.</summary>
    public const int ImagesTextHeader = 0x98;

    /// <summary>iOS 12 and 13: platform, shared region, dyld 3's closures.</summary>
    public const int PlatformHeader = 0x138;

    /// <summary>iOS 14: slide information for every mapping.</summary>
    public const int SlideMappingsHeader = 0x140;

    /// <summary>iOS 15: sub-caches, <c>.symbols</c>, images in a new place.</summary>
    public const int SubCachesHeader = 0x1C8;

    /// <summary>iOS 16: names of sub-caches, Objective-C optimisations by offset.</summary>
    public const int NamedSubCachesHeader = 0x1E8;

    /// <summary>iOS 17: dynamic data.</summary>
    public const int DynamicDataHeader = 0x200;

    /// <summary>iOS 18: TPRO ranges.</summary>
    public const int TproHeader = 0x208;

    /// <summary>iOS 26: function variants and prewarming.</summary>
    public const int CurrentHeader = 0x228;

    /// <summary>macOS 27: CPU type and subtype.</summary>
    public const int ArchitectureHeader = 0x238;

    public MachOArch Arch { get; init; } = MachOArch.Arm64e;

    /// <summary>Bytes of the header.</summary>
    public int HeaderSize { get; init; } = CurrentHeader;

    public SharedCacheSplit Split { get; init; } = SharedCacheSplit.ByRegion;

    /// <summary>Layout of the slide information, 1 to 5; 0 writes plain pointers and no slide information.</summary>
    public int SlideVersion { get; init; } = 5;

    public LocalSymbolsPlace LocalSymbols { get; init; } = LocalSymbolsPlace.SymbolsFile;

    /// <summary>Whether selectors are shared and method lists count from their base, as the Objective-C header says.</summary>
    public bool ObjCOptimizations { get; init; } = true;

    /// <summary>
    /// Whether method lists count their types, too, from the base of the selectors (<c>methodListUsesTypeOffsets</c>, OS 27); needs
    /// <see cref="ObjCOptimizations"/>.
    /// </summary>
    public bool ObjCTypeOffsets { get; init; }

    /// <summary>PLATFORM_*: 2 iOS, 1 macOS, 10 DriverKit, …</summary>
    public uint Platform { get; init; } = 2;

    /// <summary>X.Y.Z of the system.</summary>
    public string OsVersion { get; init; } = "26.0";

    /// <summary>Bytes of text after which a split cache begins the next group of files.</summary>
    public long TextPerGroup { get; init; } = 96L << 20;

    /// <summary>Addresses left free between two mappings.</summary>
    public long Gap { get; init; }

    /// <summary>Bytes left free before the first image: what lies behind them is moved.</summary>
    public long LeadingPad { get; init; }

    /// <summary>Whether the tables list the images by path and not by address.</summary>
    public bool SortImagesByPath { get; init; }

    /// <summary>More paths for images, as old caches have for symbolic links.</summary>
    public IReadOnlyList<(string Alias, string Path)> Aliases { get; init; } = [];

    /// <summary>Whether there is a trie of paths.</summary>
    public bool DylibTrie { get; init; } = true;

    /// <summary>Whether every file ends in a code signature: a directory without slots.</summary>
    public bool CodeSignature { get; init; } = true;

    /// <summary>Adds one fixed dynamic-data mapping, for which no file has bytes.</summary>
    public bool DynamicDataMapping { get; init; }

    /// <summary>What the files' UUIDs come from.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The processor that the magic names, where that is to be another than the cache's.</summary>
    public string? MagicName { get; init; }

    /// <summary>Name of the main file.</summary>
    public string Name => "dyld_shared_cache_" + Arch.Name.Replace('.', '_');

    /// <summary>Where a system of this platform keeps its caches.</summary>
    public string Folder => Platform switch
    {
        1 => "/System/Library/dyld",
        10 => "/System/DriverKit/System/Library/dyld",
        _ => "/System/Library/Caches/com.apple.dyld",
    };

    internal bool Is64Bit => Arch.Is64Bit;

    internal bool IsArm => (Arch.CpuType & 0xFF) == 12;

    internal ulong BaseAddress => Arch switch
    {
        { Is64Bit: false } => 0x1A000000,
        { Name: "x86_64" or "x86_64h" } => 0x7FF800000000,
        _ => 0x180000000,
    };

    internal bool Has(int fieldOffset, int size) => fieldOffset + size <= HeaderSize;

    /// <summary>Whether every mapping has slide information of its own.</summary>
    internal bool HasSlideMappings => Has(0x138, 8);

    /// <summary>Whether kinds of data have mappings of their own: at first only where pointers are signed.</summary>
    internal bool SeparatesData => HasSlideMappings && (Arch.Name.StartsWith("arm64e", StringComparison.Ordinal) || Has(0x188, 8));

    /// <summary>Whether local symbols are found by address (<c>dyld_cache_local_symbols_entry_64</c>) and not by file offset.</summary>
    internal bool LocalsByAddress => Has(0x190, 16);

    /// <summary>Whether the main file names its sub-caches.</summary>
    internal bool NamesSubCaches => Has(0x1C8, 4);

    internal bool HasObjCHeader => ObjCOptimizations && Has(0x1D0, 16);

    internal byte[] Magic
    {
        get
        {
            // Eight bytes for the name, and one to end it; a name without room loses its dot, and what then does not fit.
            var name = (MagicName ?? Arch.Name.Replace(".", string.Empty, StringComparison.Ordinal)).PadLeft(8)[..8];
            return System.Text.Encoding.ASCII.GetBytes("dyld_v1" + name + "\0");
        }
    }

    internal string Suffix(int index, string kind) => Split == SharedCacheSplit.Numbered
        ? string.Create(CultureInfo.InvariantCulture, $".{index}")
        : string.Create(CultureInfo.InvariantCulture, $".{index:00}{kind}");

    /// <summary>Refuses what no reader could understand.</summary>
    /// <exception cref="ArgumentException">Two options contradict each other.</exception>
    internal void Check()
    {
        var fault =
            Split != SharedCacheSplit.None && !Has(0x188, 8) ? "this header knows no sub-caches"
            : Split == SharedCacheSplit.Numbered && NamesSubCaches ? "this header names its sub-caches"
            : Split is SharedCacheSplit.Named or SharedCacheSplit.ByRegion && !NamesSubCaches ? "this header cannot name sub-caches"
            : LocalSymbols == LocalSymbolsPlace.SymbolsFile && !Has(0x190, 16) ? "this header knows no .symbols file"
            : LocalSymbols == LocalSymbolsPlace.MainFile && !Has(0x48, 16) ? "this header knows no local symbols"
            : LocalSymbols == LocalSymbolsPlace.MainFile && Split != SharedCacheSplit.None ? "only a single file holds its local symbols"
            : SlideVersion != 0 && !Has(0x38, 16) ? "this header knows no slide information"
            : SlideVersion is 3 or 5 && !Is64Bit ? "this slide information is for 64 bits"
            : SlideVersion == 4 && Is64Bit ? "this slide information is for 32 bits"
            : DynamicDataMapping && !HasSlideMappings ? "mappings of this header have no flags"
            : null;
        if (fault is not null)
        {
            throw new ArgumentException(fault);
        }
    }
}
