using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.SharedCache;

/// <summary>
/// An image of a cache: its segments lie apart, in different files even, so everything is found by address. Link-edit data too: its
/// offsets count in whichever file holds the image's __LINKEDIT, whose address and offset tell the distance.
/// </summary>
internal sealed class SharedCacheMachOBacking(SharedCacheAddressMap map, ulong address, DyldSharedCache? cache) : MachOBacking
{
    private MachOSegment? _linkedit;

    public override ByteSource Header { get; } = map.OpenToEnd(address);

    /// <summary>The image behind a backing of its own.</summary>
    internal static MachOImage OpenImage(SharedCacheAddressMap map, ulong address, DyldSharedCache? cache = null, SymbolTable? localSymbols = null)
    {
        var backing = new SharedCacheMachOBacking(map, address, cache);
        var image = MachOImage.Open(backing, localSymbols);
        backing._linkedit = image.FindSegment("__LINKEDIT");
        return image;
    }

    public override ByteSource OpenAddress(MachOImage image, ulong address, long size) => map.Open(address, size);

    public override PointerDecoder? OpenPointers(MachOImage image) => cache is null ? null : new SlidePointers(cache);

    public override ByteSource OpenLinkedit(long offset, long size)
    {
        if (size == 0)
        {
            return Empty;
        }

        var linkedit = _linkedit ?? throw SharedCacheFormat.Fault(-1, $"the image at address 0x{address:x} has no __LINKEDIT segment");
        if (offset < linkedit.FileOffset)
        {
            throw SharedCacheFormat.Fault(
                offset, $"link-edit data of the image at address 0x{address:x} lies before its __LINKEDIT, which begins at 0x{linkedit.FileOffset:x}");
        }

        return map.Open(unchecked(linkedit.Address + (ulong)(offset - linkedit.FileOffset)), size);
    }

    private sealed class SlidePointers(DyldSharedCache cache) : PointerDecoder
    {
        public override ulong? SelectorBase => cache.FindSelectorBase();

        public override MachOPointer Decode(ulong raw, ulong location) => new(cache.DecodePointer(location, raw), null);
    }
}
