namespace IpswDiff.Diffing.Options;

/// <summary>What a run is asked to do.</summary>
public sealed record DiffOptions
{
    /// <summary>The input compared from.</summary>
    public required string OldPath { get; init; }

    /// <summary>The input compared to.</summary>
    public required string NewPath { get; init; }

    /// <summary>The report's heading; made from versions and builds where it is not given.</summary>
    public string? Title { get; init; }

    /// <summary>Handlers to run, all where null.</summary>
    public IReadOnlyList<string>? Handlers { get; init; }

    /// <summary>Handlers to leave out.</summary>
    public IReadOnlyList<string> Skip { get; init; } = [];

    /// <summary>Compare C-strings.</summary>
    public bool Strings { get; init; }

    /// <summary>Compare functions one by one.</summary>
    public bool Functions { get; init; }

    /// <summary>Use no proof of identity: compare everything.</summary>
    public bool Exhaustive { get; init; }

    /// <summary>Compare these sections alone, as <c>SEG.SECT</c>; all where empty.</summary>
    public IReadOnlyList<string> AllowList { get; init; } = [];

    /// <summary>Leave these sections out, as <c>SEG.SECT</c>.</summary>
    public IReadOnlyList<string> BlockList { get; init; } = [];

    /// <summary>Compare what this board boots and leave out what other boards do; all where null.</summary>
    public string? Device { get; init; }

    /// <summary>The Kernel Debug Kit compared from: a kit, a .dSYM bundle or a kernel with DWARF; null for none.</summary>
    public string? KdkOld { get; init; }

    /// <summary>The Kernel Debug Kit compared to; null for none.</summary>
    public string? KdkNew { get; init; }

    /// <summary>
    /// Bytes of items, both sides together, that one shard has at most. Small enough that every core has work to the end, large enough
    /// that a shard's fixed cost does not show.
    /// </summary>
    public long ShardBytes { get; init; } = 64L << 20;

    /// <summary>Locales whose texts are compared, or <c>all</c>.</summary>
    public IReadOnlyList<string> Locales { get; init; } = ["en"];

    /// <summary>How memory is divided.</summary>
    public required MemoryBudget Budget { get; init; }
}
