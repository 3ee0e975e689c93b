using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.SharedCache;

/// <summary>A library of the cache.</summary>
public sealed class SharedCacheImage
{
    private readonly DyldSharedCache _cache;

    internal SharedCacheImage(DyldSharedCache cache, string path, Guid? uuid, ulong address, ulong textSize)
    {
        _cache = cache;
        Path = path;
        Uuid = uuid;
        Address = address;
        TextSize = textSize;
    }

    /// <summary>The install path.</summary>
    public string Path { get; }

    /// <summary>The library's identity (LC_UUID); null where it has none.</summary>
    public Guid? Uuid { get; }

    /// <summary><see cref="Uuid"/> in upper case with dashes, or null.</summary>
    public string? UuidText => Uuid?.ToString("D").ToUpperInvariant();

    /// <summary>Address of its Mach header.</summary>
    public ulong Address { get; }

    /// <summary>Bytes of its __TEXT segment.</summary>
    public ulong TextSize { get; }

    /// <summary>
    /// The library as a Mach-O image, in place: sections by address, symbols, function starts and what else its commands name in the
    /// link-edit data that it shares with others.
    /// </summary>
    /// <param name="withLocalSymbols">Gives it <see cref="MachOImage.LocalSymbols"/> where the cache has any for it.</param>
    /// <exception cref="FirmwareFormatException">
    /// The address is not mapped, or the header or the commands are damaged, or the cache's local symbols where they are asked for.
    /// </exception>
    public MachOImage Open(bool withLocalSymbols = false) => _cache.OpenImage(this, withLocalSymbols ? OpenLocalSymbols() : null);

    /// <summary>The library's local symbols, which are not in its own table; null where the cache has none for it.</summary>
    /// <exception cref="FirmwareFormatException">The cache's local symbols are damaged.</exception>
    public SymbolTable? OpenLocalSymbols() => _cache.OpenLocalSymbols(this);
}
