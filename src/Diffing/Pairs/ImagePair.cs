using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Diffing.Pairs;

/// <summary>One install path in both of two caches; at least one side is there. Used by one worker at a time.</summary>
internal sealed class ImagePair
{
    private readonly CachePair _caches;

    internal ImagePair(CachePair caches, SharedCacheImage? old, SharedCacheImage? @new)
    {
        _caches = caches;
        Old = old;
        New = @new;
    }

    /// <summary>The caches' label; null where there is no other pair of caches.</summary>
    public string? Cache => _caches.Place;

    /// <summary>The install path.</summary>
    public string Path => (New ?? Old)!.Path;

    /// <summary>The old side, or null.</summary>
    public SharedCacheImage? Old { get; }

    /// <summary>The new side, or null.</summary>
    public SharedCacheImage? New { get; }

    /// <summary>Whether both sides bear one UUID and one size of text: they are the same linked library, wherever it was placed.</summary>
    public bool HaveSameIdentity => Old?.Uuid is { } uuid && uuid == New?.Uuid && Old.TextSize == New.TextSize;

    /// <summary>The old image, or null, with local symbols where both caches have them.</summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    public MachOImage? OpenOld() => Old?.Open(_caches.HaveLocalSymbols);

    /// <summary>The new image, or null, with local symbols where both caches have them.</summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    public MachOImage? OpenNew() => New?.Open(_caches.HaveLocalSymbols);
}
