namespace IpswDiff.Diffing.Results;

/// <summary>Everything of a report but its items, which stream beside it.</summary>
public sealed record Report
{
    /// <summary>The version of the JSON form; raised when a reader of the old form could misread the new one.</summary>
    public const int CurrentSchemaVersion = 1;

    /// <summary>The version this report was written in.</summary>
    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    /// <summary>What wrote the report.</summary>
    public required ToolInfo Tool { get; init; }

    /// <summary>The heading.</summary>
    public required string Title { get; init; }

    /// <summary>The firmware compared from.</summary>
    public required FirmwareInfo Old { get; init; }

    /// <summary>The firmware compared to.</summary>
    public required FirmwareInfo New { get; init; }

    /// <summary>What was asked for.</summary>
    public required OptionsInfo Options { get; init; }

    /// <summary>How the run went.</summary>
    public required RunInfo Run { get; init; }

    /// <summary>One section a handler, in the order of the report.</summary>
    public required IReadOnlyList<Section> Sections { get; init; }

    /// <summary>Whether any section lacks something.</summary>
    public bool IsIncomplete() => Sections.Any(section => section.State == SectionState.Incomplete);

    /// <summary>Whether anything differs.</summary>
    public bool IsDifferent() => Sections.Any(section => section.Counts.Any(count => count.Key != ItemGroup.Unreadable && count.Value > 0));
}

/// <summary>What wrote a report.</summary>
/// <param name="Name">The program.</param>
/// <param name="Version">Its version.</param>
public sealed record ToolInfo(string Name, string Version);

/// <summary>One side of the comparison.</summary>
/// <param name="Path">The input as it was named.</param>
/// <param name="Kind">What the input is: ipsw, folder, dmg, macho and so on.</param>
/// <param name="Version">Product version, where the input has one.</param>
/// <param name="Build">Product build, where the input has one.</param>
/// <param name="Products">Product types it serves.</param>
public sealed record FirmwareInfo(string Path, string Kind, string? Version, string? Build, IReadOnlyList<string> Products);

/// <summary>What was asked for, as far as it shapes the result.</summary>
public sealed record OptionsInfo
{
    /// <summary>Handlers that ran.</summary>
    public required IReadOnlyList<string> Handlers { get; init; }

    /// <summary>Whether C-strings were compared.</summary>
    public bool Strings { get; init; }

    /// <summary>Whether functions were compared one by one.</summary>
    public bool Functions { get; init; }

    /// <summary>Whether proofs of identity were left unused.</summary>
    public bool Exhaustive { get; init; }

    /// <summary>Sections that alone were compared, if any were named.</summary>
    public IReadOnlyList<string> AllowList { get; init; } = [];

    /// <summary>Sections that were left out.</summary>
    public IReadOnlyList<string> BlockList { get; init; } = [];

    /// <summary>The Kernel Debug Kit compared from, as it was named.</summary>
    public string? KdkOld { get; init; }

    /// <summary>The Kernel Debug Kit compared to.</summary>
    public string? KdkNew { get; init; }

    /// <summary>Locales whose texts were compared.</summary>
    public IReadOnlyList<string> Locales { get; init; } = [];

    /// <summary>The limit of resident memory, in bytes.</summary>
    public long MemoryLimitBytes { get; init; }

    /// <summary>Workers at the same time.</summary>
    public int Parallelism { get; init; }
}

/// <summary>How a run went.</summary>
public sealed record RunInfo
{
    /// <summary>When it began.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Wall time in seconds.</summary>
    public double DurationSeconds { get; init; }

    /// <summary>The largest resident set of the process, in bytes.</summary>
    public long PeakWorkingSetBytes { get; init; }

    /// <summary>Shards compared.</summary>
    public int Shards { get; init; }

    /// <summary>Items that were proven identical without being compared, by proof.</summary>
    public IReadOnlyDictionary<string, long> Skipped { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>The parts of the run.</summary>
    public IReadOnlyList<ActivityInfo> Activities { get; init; } = [];
}

/// <summary>One part of a run.</summary>
/// <param name="Name">What it did.</param>
/// <param name="DurationSeconds">Wall time in seconds.</param>
/// <param name="Items">Items it looked at.</param>
/// <param name="Bytes">Bytes of the items it looked at.</param>
/// <param name="PeakWorkingSetBytes">Resident set of the process when it ended or the peak so far, in bytes.</param>
public sealed record ActivityInfo(string Name, double DurationSeconds, long Items, long Bytes, long PeakWorkingSetBytes);

/// <summary>Whether a section says all that can be said.</summary>
public enum SectionState
{
    /// <summary>Everything was compared.</summary>
    Complete,

    /// <summary>Something could not be read or failed; the reason says what.</summary>
    Incomplete,

    /// <summary>There was nothing to do; the reason says why.</summary>
    Skipped,
}

/// <summary>The head of a section; its items stream beside it.</summary>
public sealed record Section
{
    /// <summary>The handler whose section this is.</summary>
    public required string Handler { get; init; }

    /// <summary>Whether it is whole.</summary>
    public required SectionState State { get; init; }

    /// <summary>Why it is not whole, or why there was nothing to do.</summary>
    public string? Reason { get; init; }

    /// <summary>Time spent in the handler by all workers together, in seconds.</summary>
    public double DurationSeconds { get; init; }

    /// <summary>What is said of both firmwares as wholes.</summary>
    public IReadOnlyList<SectionFact> Facts { get; init; } = [];

    /// <summary>The files whose contents were compared piece by piece.</summary>
    public IReadOnlyList<ContainerInfo> Containers { get; init; } = [];

    /// <summary>Items in each group.</summary>
    public required IReadOnlyDictionary<ItemGroup, long> Counts { get; init; }
}
