using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.SharedCache;

/// <summary>Numbers of the format, from dyld's <c>dyld_cache_format.h</c>: where fields of the header stand, and sizes of entries.</summary>
internal static class SharedCacheFormat
{
    internal const string Name = "dyld shared cache";

    internal const int MagicLength = 16;
    internal const int MappingOffset = 0x10;
    internal const int MappingCount = 0x14;
    internal const int OldImagesOffset = 0x18;
    internal const int OldImagesCount = 0x1C;
    internal const int OldSlideInfoOffset = 0x38;
    internal const int OldSlideInfoSize = 0x40;
    internal const int LocalSymbolsOffset = 0x48;
    internal const int LocalSymbolsSize = 0x50;
    internal const int Uuid = 0x58;
    internal const int ImagesTextOffset = 0x88;
    internal const int ImagesTextCount = 0x90;
    internal const int Platform = 0xD8;
    internal const int SlideMappingOffset = 0x138;
    internal const int SlideMappingCount = 0x13C;
    internal const int OsVersion = 0x16C;
    internal const int SubCacheOffset = 0x188;
    internal const int SubCacheCount = 0x18C;
    internal const int SymbolFileUuid = 0x190;
    internal const int ImagesOffset = 0x1C0;
    internal const int ImagesCount = 0x1C4;
    internal const int CacheSubType = 0x1C8;
    internal const int ObjectiveCOffset = 0x1D0;
    internal const int ObjectiveCSize = 0x1D8;
    internal const int TproMappingsOffset = 0x200;
    internal const int TproMappingsCount = 0x204;

    // Since macOS 27, followed by a reserved word of eight bytes.
    internal const int CpuType = 0x228;
    internal const int CpuSubtype = 0x22C;

    /// <summary>The first header ended before the place of the code signature.</summary>
    internal const int SmallestHeader = 0x28;

    /// <summary>More than any header has; a larger one is not taken for one.</summary>
    internal const int LargestHeader = 0x10000;

    internal const int MappingSize = 32;
    internal const int SlideMappingSize = 56;
    internal const int ImageSize = 32;
    internal const int ImageTextSize = 32;
    internal const int OldSubCacheSize = 24;
    internal const int SubCacheSize = 56;
    internal const int SubCacheSuffixLength = 32;
    internal const int TproMappingSize = 16;

    internal const int MaxPathLength = 1024;

    /// <summary>More images, and so more entries of any table, than any cache has.</summary>
    internal const uint MaxImages = 1 << 16;

    /// <summary>More files than any split cache has.</summary>
    internal const int MaxSubCaches = 1024;

    /// <summary>More mappings than any file of a cache has.</summary>
    internal const int MaxMappings = 256;

    internal static FirmwareFormatException Fault(long offset, string reason) => new(Name, offset, reason);
}
