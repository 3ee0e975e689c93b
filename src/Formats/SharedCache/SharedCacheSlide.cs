using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.SharedCache;

/// <summary>
/// How the pointers of one mapping are stored, from the head of its slide information (<c>dyld_cache_slide_info</c> 1 to 5). Which
/// places hold pointers the rest of that information says; a reader that follows a structure knows it anyway.
/// </summary>
internal sealed class SharedCacheSlide
{
    private readonly int _version;
    private readonly ulong _mask;
    private readonly ulong _add;

    private SharedCacheSlide(int version, ulong mask, ulong add)
    {
        _version = version;
        _mask = mask;
        _add = add;
    }

    /// <summary>Pointers are stored as what they are.</summary>
    internal static SharedCacheSlide Plain { get; } = new(0, ulong.MaxValue, 0);

    /// <summary>Reads the slide information of a mapping.</summary>
    /// <exception cref="FirmwareFormatException">It is cut short, or of a version that is not known.</exception>
    internal static SharedCacheSlide Read(SharedCacheFile file, SharedCacheMapping mapping)
    {
        Span<byte> head = stackalloc byte[40];
        var size = mapping.SlideVersion switch
        {
            0 or 1 => 0,
            2 or 4 => 40,
            3 or 5 => 24,
            var version => throw SharedCacheFormat.Fault(mapping.SlideInfoOffset, $"slide information of version {version} is not known").In(file.Name),
        };
        if (size == 0)
        {
            return Plain;
        }

        if (mapping.SlideInfoSize < size)
        {
            throw SharedCacheFormat.Fault(mapping.SlideInfoOffset, $"slide information of {mapping.SlideInfoSize} bytes is too short for version {mapping.SlideVersion}").In(file.Name);
        }

        file.Source.ReadExactly(mapping.SlideInfoOffset, head[..size]);
        return size == 40
            ? new SharedCacheSlide(mapping.SlideVersion, ~BinaryPrimitives.ReadUInt64LittleEndian(head[24..]), BinaryPrimitives.ReadUInt64LittleEndian(head[32..]))
            : new SharedCacheSlide(mapping.SlideVersion, ulong.MaxValue, BinaryPrimitives.ReadUInt64LittleEndian(head[16..]));
    }

    /// <summary>The address that the stored pointer <paramref name="raw"/> means, without slide; 0 for none.</summary>
    internal ulong Decode(ulong raw) => raw == 0
        ? 0
        : unchecked(_version switch
        {
            2 => (raw & _mask) is var value and not 0 ? value + _add : 0,
            3 => IsAuthenticated(raw) ? (uint)raw + _add : ((raw & 0x0007_F800_0000_0000) << 13) | (raw & 0x0000_07FF_FFFF_FFFF),
            4 => DecodeNarrow((uint)(raw & _mask)),
            5 => IsAuthenticated(raw) ? (raw & 0x3_FFFF_FFFF) + _add : ((raw & 0x3_FFFF_FFFF) + _add) | (((raw >> 34) & 0xFF) << 56),
            _ => raw,
        });

    private static bool IsAuthenticated(ulong raw) => raw >> 63 != 0;

    // Small numbers, positive and negative, stand in tables of pointers too and are no addresses.
    private uint DecodeNarrow(uint value) => unchecked(
        (value & 0xFFFF_8000) == 0 ? value
        : (value & 0x3FFF_8000) == 0x3FFF_8000 ? value | 0xC000_0000
        : value + (uint)_add);
}
