using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Workflow;

namespace IpswDiff.Diffing.Unpacking;

/// <summary>What of two firmwares a comparison will read.</summary>
/// <param name="pair">The firmwares.</param>
/// <param name="handlers">The handlers that run.</param>
/// <param name="options">What is asked for.</param>
internal sealed class PairNeeds(FirmwarePair pair, IReadOnlyList<IDiffHandler> handlers, DiffOptions options)
{
    /// <summary>Whether members of the archives or kernelcaches are read.</summary>
    public bool NeedsLooseFiles =>
        handlers.OfType<IMemberHandler>().Any() || (handlers.OfType<IKernelcacheHandler>().Any() && pair.Kernelcaches.Different.Any());

    /// <summary>Whether the volume under a label is read, on either side.</summary>
    public bool NeedsVolume(string label)
    {
        var (old, @new) = (pair.Old.FindVolume(label), pair.New.FindVolume(label));
        if (HaveSameDigest(old, @new, options))
        {
            return false;
        }

        return handlers.OfType<IFileHandler>().Any()
            || (handlers.OfType<IImageHandler>().Any() && (IsCacheVolume(pair.Old, label) || IsCacheVolume(pair.New, label)));
    }

    /// <summary>Whether the manifest proves two volumes identical, and that proof counts.</summary>
    public static bool HaveSameDigest(InputVolume? old, InputVolume? @new, DiffOptions options) =>
        !options.Exhaustive && old?.Digest is { } digest && digest == @new?.Digest;

    private static bool IsCacheVolume(FirmwareInput side, string label) => side.CacheVolumes.Any(volume => volume.Label == label);
}
