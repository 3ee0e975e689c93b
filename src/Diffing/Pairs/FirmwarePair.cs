using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Shards;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Pairs;

/// <summary>Two firmwares, opened for comparison with each other. Safe for concurrent use.</summary>
internal sealed class FirmwarePair : IDisposable
{
    private readonly bool _isExhaustive;

    private FirmwarePair(FirmwareInput old, FirmwareInput @new, DiffOptions options)
    {
        Old = old;
        New = @new;
        CheckDevice(old, @new, options.Device);
        Volumes = VolumeMatching.Match(old.Volumes, @new.Volumes, options.Device);
        _isExhaustive = options.Exhaustive;
        Caches = new CachePairs(old, @new, Volumes, IsDifferent);
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

    /// <summary>Their volumes, matched, in the order of the report.</summary>
    public IReadOnlyList<VolumePair> Volumes { get; }

    /// <summary>Places that hold the same thing for different boards.</summary>
    public IReadOnlyList<SplitPlace> Splits => [.. VolumeMatching.Splits(Volumes), .. Caches.Splits];

    /// <summary>Whether what lies in a place may lie in another one for other boards.</summary>
    internal bool IsSplit(string? label) => label is not null && Splits.Any(split => split.Parts.Any(part => part.Label == label));

    /// <summary>
    /// Whether two volumes have to be compared: their digests do not prove them identical, or that proof does not
    /// count.
    /// </summary>
    public bool IsDifferent(VolumePair volume) => _isExhaustive || !volume.HaveSameDigest;

    /// <summary>The volumes under a label of <see cref="Volumes"/>.</summary>
    public VolumePair FindVolumes(string label) => Volumes.First(pair => pair.Label == label);

    /// <summary>Opens both.</summary>
    /// <exception cref="ArgumentException">The options name a board that neither is for.</exception>
    /// <exception cref="DiffFailedException">
    /// One is missing or nothing that can be compared, or they do not go together.
    /// </exception>
    /// <exception cref="FirmwareFormatException">One is damaged; names it.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public static FirmwarePair Open(IFirmwareOpener opener, DiffOptions options) =>
        Open(() => opener.Open(options.OldPath), () => opener.Open(options.NewPath), options);

    /// <summary>Pairs two firmwares, however they are opened.</summary>
    internal static FirmwarePair Open(Func<FirmwareInput> openOld, Func<FirmwareInput> openNew, DiffOptions options) =>
        Disposal.OrDispose(openOld(), old => Disposal.OrDispose(openNew(), @new =>
        {
            FirmwareInput.Pair(old, @new);
            return new FirmwarePair(old, @new, options);
        }));

    private static void CheckDevice(FirmwareInput old, FirmwareInput @new, string? device)
    {
        var boards = old.Boards.Concat(@new.Boards).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal).ToArray();
        if (device is not null && !boards.Contains(device, StringComparer.OrdinalIgnoreCase))
        {
            throw new ArgumentException(boards.Length == 0
                ? $"--device {device}: neither input says which boards it is for"
                : $"there is no board '{device}' in either firmware; there are {string.Join(", ", boards)}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Old.Dispose();
        New.Dispose();
    }
}
