using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.SharedCache;

/// <summary>What a mapping holds (<c>DYLD_CACHE_MAPPING_*</c>).</summary>
[Flags]
public enum SharedCacheMappingFlags : ulong
{
    /// <summary>Nothing is said.</summary>
    None = 0,

    /// <summary>Pointers are signed.</summary>
    AuthData = 1,

    /// <summary>Written by most processes.</summary>
    DirtyData = 2,

    /// <summary>Read-only after start-up.</summary>
    ConstData = 4,

    /// <summary>Stubs that calls between images go through.</summary>
    TextStubs = 8,

    /// <summary>Configuration of the running system.</summary>
    DynamicConfigData = 16,

    /// <summary>Never written.</summary>
    ReadOnlyData = 32,

    /// <summary>Read-only by hardware after start-up.</summary>
    ConstTproData = 64,
}

/// <summary>A range of addresses and the bytes of a file that fill it.</summary>
/// <param name="Address">First address, as the cache was built, without slide.</param>
/// <param name="Size">Bytes.</param>
/// <param name="FileOffset">First byte in the file.</param>
/// <param name="MaxProtection">What the memory may become: 1 read, 2 write, 4 execute.</param>
/// <param name="InitialProtection">What the memory is at first.</param>
/// <param name="Flags">What it holds; none in caches that do not say.</param>
/// <param name="SlideInfoOffset">Where the file tells which pointers move with the cache; 0 where it does not.</param>
/// <param name="SlideInfoSize">Bytes of that.</param>
/// <param name="SlideVersion">Layout of that, 1 to 5; 0 without it.</param>
public sealed record SharedCacheMapping(
    ulong Address,
    ulong Size,
    long FileOffset,
    int MaxProtection,
    int InitialProtection,
    SharedCacheMappingFlags Flags,
    long SlideInfoOffset,
    long SlideInfoSize,
    int SlideVersion)
{
    /// <summary>The first address after it.</summary>
    public ulong End => Address + Size;

    /// <summary>Whether the file holds its bytes.</summary>
    internal bool IsInFile => Size > 0 && (Flags & SharedCacheMappingFlags.DynamicConfigData) == 0;

    /// <summary>The mappings of one file: the table with slide information where the header has it, else the old one.</summary>
    /// <exception cref="FirmwareFormatException">A table leaves the file, or a mapping does.</exception>
    internal static SharedCacheMapping[] ReadAll(ByteSource source, SharedCacheHeader header)
    {
        var newCount = header.ReadUInt32(SharedCacheFormat.SlideMappingCount);
        var count = newCount != 0 ? newCount : header.ReadUInt32(SharedCacheFormat.MappingCount);
        var offset = header.ReadUInt32(newCount != 0 ? SharedCacheFormat.SlideMappingOffset : SharedCacheFormat.MappingOffset);
        if (count > SharedCacheFormat.MaxMappings)
        {
            throw SharedCacheFormat.Fault(SharedCacheFormat.MappingCount, $"{count} mappings are more than any cache has");
        }

        var mappings = newCount != 0
            ? SharedCacheTables.Read(source, "mappings", offset, count, SharedCacheFormat.SlideMappingSize, ReadWithSlide)
            : SharedCacheTables.Read(source, "mappings", offset, count, SharedCacheFormat.MappingSize, ReadOld);
        if (newCount == 0 && mappings.Length > 1)
        {
            // Before every mapping had slide information of its own, the header had it for the second, the data.
            mappings[1] = mappings[1] with
            {
                SlideInfoOffset = Signed(header.ReadUInt64(SharedCacheFormat.OldSlideInfoOffset)),
                SlideInfoSize = Signed(header.ReadUInt64(SharedCacheFormat.OldSlideInfoSize)),
            };
        }

        for (var i = 0; i < mappings.Length; i++)
        {
            mappings[i] = Check(source, i, mappings[i]);
        }

        return mappings;
    }

    private static SharedCacheMapping ReadOld(ref SpanReader reader)
    {
        var address = reader.ReadUInt64();
        var size = reader.ReadUInt64();
        var fileOffset = reader.ReadOffset64();
        return new SharedCacheMapping(address, size, fileOffset, reader.ReadInt32(), reader.ReadInt32(), SharedCacheMappingFlags.None, 0, 0, 0);
    }

    private static SharedCacheMapping ReadWithSlide(ref SpanReader reader)
    {
        var address = reader.ReadUInt64();
        var size = reader.ReadUInt64();
        var fileOffset = reader.ReadOffset64();
        var slideOffset = reader.ReadOffset64();
        var slideSize = reader.ReadOffset64();
        var flags = (SharedCacheMappingFlags)reader.ReadUInt64();
        return new SharedCacheMapping(address, size, fileOffset, reader.ReadInt32(), reader.ReadInt32(), flags, slideOffset, slideSize, 0);
    }

    private static SharedCacheMapping Check(ByteSource source, int index, SharedCacheMapping mapping)
    {
        // Configuration of the running system is made when it starts; no file has it.
        var size = Signed(mapping.Size);
        if (mapping.IsInFile && (size > source.Length || mapping.FileOffset > source.Length - size))
        {
            throw SharedCacheFormat.Fault(
                mapping.FileOffset, $"mapping {index}, 0x{mapping.Size:x} bytes, leaves the file, which ends at 0x{source.Length:x}; is it cut short?");
        }

        if (mapping.Address > ulong.MaxValue - mapping.Size)
        {
            throw SharedCacheFormat.Fault(mapping.FileOffset, $"mapping {index}, 0x{mapping.Size:x} bytes at address 0x{mapping.Address:x}, passes the end of memory");
        }

        if (mapping.SlideInfoSize == 0)
        {
            return mapping with { SlideInfoOffset = 0 };
        }

        if (mapping.SlideInfoSize < 4 || mapping.SlideInfoSize > source.Length || mapping.SlideInfoOffset > source.Length - mapping.SlideInfoSize)
        {
            throw SharedCacheFormat.Fault(
                mapping.SlideInfoOffset, $"the slide information of mapping {index}, 0x{mapping.SlideInfoSize:x} bytes, leaves the file, which ends at 0x{source.Length:x}");
        }

        Span<byte> version = stackalloc byte[4];
        source.ReadExactly(mapping.SlideInfoOffset, version);
        return mapping with { SlideVersion = System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(version) };
    }

    private static long Signed(ulong value) => (long)Math.Min(value, long.MaxValue);
}
