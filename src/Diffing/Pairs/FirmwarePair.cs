using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Pairs;

/// <summary>Two firmwares, opened for comparison with each other. Safe for concurrent use.</summary>
public sealed class FirmwarePair : IDisposable
{
    private FirmwarePair(FirmwareInput old, FirmwareInput @new, DiffOptions options)
    {
        Old = old;
        New = @new;
        Caches = new CachePairs(old, @new);
        Kernelcaches = new KernelcachePairs(old, @new, options);
    }

    /// <summary>The firmware compared from.</summary>
    public FirmwareInput Old { get; }

    /// <summary>The firmware compared to.</summary>
    public FirmwareInput New { get; }

    /// <summary>Their shared caches, matched.</summary>
    public CachePairs Caches { get; }

    /// <summary>Their kernelcaches, matched.</summary>
    public KernelcachePairs Kernelcaches { get; }

    /// <summary>The labels of all volumes that either side has, those of the old firmware first.</summary>
    public IEnumerable<string> VolumeLabels =>
        Old.Volumes.Concat(New.Volumes).Select(volume => volume.Label).Distinct(StringComparer.Ordinal);

    /// <summary>Whether the manifests prove the volumes of a label identical, and that proof counts.</summary>
    public bool HaveSameDigest(string label, DiffOptions options) =>
        !options.Exhaustive && Old.FindVolume(label)?.Digest is { } digest && digest == New.FindVolume(label)?.Digest;

    /// <summary>Opens both.</summary>
    /// <exception cref="ArgumentException">The options name a board that neither is for.</exception>
    /// <exception cref="DiffFailedException">One is missing or nothing that can be compared, or they do not go together.</exception>
    /// <exception cref="FirmwareFormatException">One is damaged; names it.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public static FirmwarePair Open(IFirmwareOpener opener, DiffOptions options) =>
        Open(() => opener.Open(options.OldPath), () => opener.Open(options.NewPath), options);

    /// <summary>Pairs two firmwares, however they are opened.</summary>
    internal static FirmwarePair Open(Func<FirmwareInput> openOld, Func<FirmwareInput> openNew, DiffOptions options)
    {
        var old = openOld();
        try
        {
            var @new = openNew();
            try
            {
                FirmwareInput.Pair(old, @new);
                return new FirmwarePair(old, @new, options);
            }
            catch
            {
                @new.Dispose();
                throw;
            }
        }
        catch
        {
            old.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Old.Dispose();
        New.Dispose();
    }
}
