using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.SharedCache;

/// <summary>Reads the table of images, and beside it the one that knows their identities.</summary>
internal static class SharedCacheImages
{
    /// <exception cref="FirmwareFormatException">A table or a path leaves the file, or the file lists no images.</exception>
    internal static SharedCacheImage[] Read(DyldSharedCache cache, SharedCacheFile main, SharedCacheAddressMap map)
    {
        var header = main.Header;
        var count = header.ReadUInt32(SharedCacheFormat.ImagesCount);
        var offset = header.ReadUInt32(SharedCacheFormat.ImagesOffset);
        if (count == 0)
        {
            count = header.ReadUInt32(SharedCacheFormat.OldImagesCount);
            offset = header.ReadUInt32(SharedCacheFormat.OldImagesOffset);
        }

        if (count == 0 || main.Mappings.Count == 0)
        {
            throw SharedCacheFormat.Fault(SharedCacheFormat.OldImagesCount, "the file lists no images: it is a part of a split cache; open the main file");
        }

        var identities = ReadIdentities(main);
        var paths = new SharedCachePaths(main.Source);
        var entries = SharedCacheTables.Read(main.Source, "images", offset, count, SharedCacheFormat.ImageSize, ReadImage);
        return Array.ConvertAll(entries, entry =>
        {
            var path = paths.Read(entry.PathOffset);
            var (uuid, size) = identities.TryGetValue(entry.Address, out var identity) ? identity : Identify(map, entry.Address);
            return new SharedCacheImage(cache, path, uuid, entry.Address, size);
        });
    }

    private static Dictionary<ulong, (Guid? Uuid, ulong TextSize)> ReadIdentities(SharedCacheFile main)
    {
        var entries = SharedCacheTables.Read(
            main.Source, "image texts", main.Header.ReadUInt64(SharedCacheFormat.ImagesTextOffset), main.Header.ReadUInt64(SharedCacheFormat.ImagesTextCount), SharedCacheFormat.ImageTextSize, ReadImageText);
        var identities = new Dictionary<ulong, (Guid? Uuid, ulong TextSize)>(entries.Length);
        foreach (var (uuid, address, size) in entries)
        {
            identities[address] = (uuid == Guid.Empty ? null : uuid, size);
        }

        return identities;
    }

    /// <summary>Before there was a table of identities, the images' own headers were the only ones to know.</summary>
    private static (Guid? Uuid, ulong TextSize) Identify(SharedCacheAddressMap map, ulong address)
    {
        try
        {
            var image = SharedCacheMachOBacking.OpenImage(map, address);
            return (image.Uuid, image.FindSegment("__TEXT")?.Size ?? 0);
        }
        catch (FirmwareFormatException)
        {
            // The image stays listed; whoever opens it is told what is wrong with it.
            return (null, 0);
        }
    }

    private static (ulong Address, uint PathOffset) ReadImage(ref SpanReader reader)
    {
        var address = reader.ReadUInt64();
        reader.Skip(16);
        return (address, reader.ReadUInt32());
    }

    private static (Guid Uuid, ulong Address, ulong TextSize) ReadImageText(ref SpanReader reader) =>
        (new Guid(reader.ReadBytes(16), bigEndian: true), reader.ReadUInt64(), reader.ReadUInt32());
}
