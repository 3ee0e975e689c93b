using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.SharedCache;

/// <summary>
/// Finds what relative method lists count their selectors from: <c>ObjCOptimizationHeader</c> where the cache's header names it, before
/// that <c>objc_opt_t</c> in libobjc.
/// </summary>
internal static class SharedCacheSelectors
{
    private const string ObjectiveC = "/usr/lib/libobjc.A.dylib";
    private const int NewHeaderSize = 56;
    private const int NewBaseOffset = 48;
    private const int OldHeaderSize = 48;
    private const int OldBaseOffset = 40;

    // Since this version of objc_opt_t selectors count from a base; before, lists refer to references of selectors.
    private const uint FirstWithBase = 16;

    /// <exception cref="FirmwareFormatException">The tables are named but cannot be read.</exception>
    internal static ulong? FindBase(DyldSharedCache cache, SharedCacheHeader header)
    {
        var offset = header.ReadUInt64(SharedCacheFormat.ObjectiveCOffset);
        if (offset != 0 && header.ReadUInt64(SharedCacheFormat.ObjectiveCSize) >= NewHeaderSize)
        {
            Span<byte> table = stackalloc byte[NewHeaderSize];
            cache.OpenAddress(unchecked(cache.BaseAddress + offset), NewHeaderSize).ReadExactly(0, table);
            var distance = BinaryPrimitives.ReadUInt64LittleEndian(table[NewBaseOffset..]);
            return distance == 0 ? null : unchecked(cache.BaseAddress + distance);
        }

        foreach (var image in cache.Images)
        {
            if (image.Path == ObjectiveC)
            {
                return FindOldBase(image);
            }
        }

        return null;
    }

    private static ulong? FindOldBase(SharedCacheImage library)
    {
        var image = library.Open();
        if (image.FindSection("__TEXT", "__objc_opt_ro") is not { Size: >= OldHeaderSize } section)
        {
            return null;
        }

        Span<byte> table = stackalloc byte[OldHeaderSize];
        image.OpenSection(section).ReadExactly(0, table);
        var distance = BinaryPrimitives.ReadUInt64LittleEndian(table[OldBaseOffset..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(table) < FirstWithBase || distance == 0 ? null : unchecked(section.Address + distance);
    }
}
