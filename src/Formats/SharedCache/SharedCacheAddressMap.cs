using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.SharedCache;

/// <summary>Finds the bytes behind an address: the mappings of all files, ordered, apart from each other.</summary>
internal sealed class SharedCacheAddressMap
{
    private readonly ulong[] _starts;
    private readonly (SharedCacheFile File, SharedCacheMapping Mapping)[] _ranges;
    private readonly SharedCacheSlide?[] _slides;

    /// <summary>Orders the mappings of <paramref name="files"/>.</summary>
    /// <exception cref="FirmwareFormatException">Two of them overlap.</exception>
    internal SharedCacheAddressMap(IEnumerable<SharedCacheFile> files)
    {
        _ranges = [.. files
            .SelectMany(file => file.Mappings.Where(mapping => mapping.IsInFile).Select(mapping => (file, mapping)))
            .OrderBy(range => range.mapping.Address)];
        _slides = new SharedCacheSlide?[_ranges.Length];
        _starts = Array.ConvertAll(_ranges, range => range.Mapping.Address);
        for (var i = 1; i < _ranges.Length; i++)
        {
            var (before, after) = (_ranges[i - 1], _ranges[i]);
            if (before.Mapping.End > after.Mapping.Address)
            {
                throw SharedCacheFormat.Fault(
                    -1, $"the mappings of {before.File.Name} and {after.File.Name} overlap at address 0x{after.Mapping.Address:x}");
            }
        }
    }

    /// <summary>The file and the mapping that hold an address, or null.</summary>
    internal (SharedCacheFile File, SharedCacheMapping Mapping)? Find(ulong address) => IndexOf(address) is var index and >= 0 ? _ranges[index] : null;

    /// <summary>How pointers that lie at an address are stored.</summary>
    /// <exception cref="FirmwareFormatException">The slide information of the mapping cannot be read.</exception>
    internal SharedCacheSlide SlideAt(ulong address)
    {
        // Two threads that meet here read the same twice, no more.
        var index = IndexOf(address);
        return index < 0 ? SharedCacheSlide.Plain : _slides[index] ??= SharedCacheSlide.Read(_ranges[index].File, _ranges[index].Mapping);
    }

    /// <summary>The bytes from <paramref name="address"/>, which must lie in one mapping.</summary>
    /// <exception cref="FirmwareFormatException">No mapping holds all of them.</exception>
    internal ByteSource Open(ulong address, long size)
    {
        if (Find(address) is not { } range)
        {
            throw SharedCacheFormat.Fault(-1, $"no file of the cache has bytes for address 0x{address:x}");
        }

        var within = address - range.Mapping.Address;
        if (size < 0 || (ulong)size > range.Mapping.Size - within)
        {
            throw SharedCacheFormat.Fault(
                range.Mapping.FileOffset, $"{size} bytes at address 0x{address:x} leave the mapping of {range.File.Name} that ends at 0x{range.Mapping.End:x}");
        }

        return range.File.Source.Slice(range.Mapping.FileOffset + (long)within, size);
    }

    /// <summary>All bytes from <paramref name="address"/> to the end of its mapping.</summary>
    /// <exception cref="FirmwareFormatException">No mapping holds the address.</exception>
    internal ByteSource OpenToEnd(ulong address) =>
        Find(address) is { } range
            ? Open(address, (long)(range.Mapping.End - address))
            : throw SharedCacheFormat.Fault(-1, $"no file of the cache has bytes for address 0x{address:x}");

    private int IndexOf(ulong address)
    {
        var index = Array.BinarySearch(_starts, address);
        index = index < 0 ? ~index - 1 : index;
        return index >= 0 && address - _starts[index] < _ranges[index].Mapping.Size ? index : -1;
    }
}
