namespace IpswDiff.Forge.SharedCache;

/// <summary>A mapping to write.</summary>
internal sealed class CacheMapping
{
    internal required ulong Address { get; init; }

    internal required long FileOffset { get; init; }

    internal long Size { get; set; }

    /// <summary>DYLD_CACHE_MAPPING_*.</summary>
    internal ulong Flags { get; init; }

    internal int Protection { get; init; }

    /// <summary>Whose segments lie here; null for link-edit data and the like.</summary>
    internal CacheRegion? Region { get; init; }

    internal long SlideOffset { get; set; }

    /// <summary>Room for the slide information, then its size.</summary>
    internal long SlideSize { get; set; }

    /// <summary>False for memory that only a running system has.</summary>
    internal bool IsInFile { get; init; } = true;
}

/// <summary>A file to write.</summary>
internal sealed class CacheFile
{
    internal required string Suffix { get; init; }

    internal required Guid Uuid { get; init; }

    internal required int Index { get; init; }

    internal List<CacheMapping> Mappings { get; } = [];

    /// <summary>Bytes without the code signature.</summary>
    internal long ContentSize { get; set; }

    internal long Size { get; set; }

    internal ulong Address => Mappings[0].Address;
}

/// <summary>Images that share their files and their tables.</summary>
internal sealed class CacheGroup
{
    internal required int First { get; init; }

    internal required int Count { get; init; }

    internal CacheFile TextFile { get; set; } = null!;

    internal CacheFile DataFile { get; set; } = null!;

    internal CacheFile LinkeditFile { get; set; } = null!;

    internal List<CacheMapping> Data { get; } = [];

    internal ulong LinkeditAddress { get; set; }

    internal long LinkeditOffset { get; set; }

    internal long LinkeditSize { get; set; }

    internal long NamesOffset { get; set; }

    internal long NamesSize { get; set; }
}
