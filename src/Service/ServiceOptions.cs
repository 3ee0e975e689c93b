using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Reports;

namespace IpswDiff.Service;

/// <summary>What whoever runs the service decides.</summary>
public sealed record ServiceOptions
{
    /// <summary>How firmwares are opened, the keys of encrypted volumes among it. Neither stored nor logged.</summary>
    public InputOptions Inputs { get; init; } = new();

    /// <summary>
    /// Hosts that firmwares may be fetched from, compared as a whole and without regard to case. Apple's own where
    /// nothing is said.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = ["updates.cdn-apple.com", "secure-appldnld.apple.com"];

    /// <summary>The largest firmware that is taken or fetched, in bytes.</summary>
    public long MaxFirmwareBytes { get; init; } = 32L << 30;

    /// <summary>How memory is divided for a comparison.</summary>
    public MemoryBudget Budget { get; init; } = MemoryBudget.Divide(MemoryBudget.DefaultBytes, Environment.ProcessorCount);

    /// <summary>
    /// Shards of one run compared at once by all instances together; as many as the budget has workers where it is
    /// null.
    /// </summary>
    public int? MaxConcurrency { get; init; }

    /// <summary>
    /// Whether firmwares are unpacked into storage before they are compared, once for all comparisons, or read where
    /// they lie.
    /// </summary>
    public bool Unpack { get; init; }

    /// <summary>How long a firmware stays unpacked after the last comparison that used it.</summary>
    public TimeSpan UnpackedRetention { get; init; } = TimeSpan.FromDays(14);

    /// <summary>How firmwares are compared that were dropped and not asked for.</summary>
    public StartOptions DroppedOptions { get; init; } = new() { Strings = true };

    /// <summary>The formats that reports are written in.</summary>
    public IReadOnlyList<string> Formats { get; init; } = ReportFormats.Names;
}
