using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Handlers.Firmware;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;

namespace IpswDiff.Diffing.Workflow.Messages;

/// <summary>
/// What a run is asked for. It travels as JSON and is kept with the run's artifacts; keys and addresses with signatures
/// have no place in it.
/// </summary>
public sealed record DiffRequest
{
    /// <summary>
    /// What to compare and how; the paths are references that the engine's <see cref="IFirmwareOpener"/> understands.
    /// </summary>
    public required DiffOptions Options { get; init; }

    /// <summary>The formats of the report: markdown, html, json; none where a summary is enough.</summary>
    public IReadOnlyList<string> Formats { get; init; } = [];

    /// <summary>Unpack the firmwares into storage first and compare what lies there.</summary>
    public bool Unpack { get; init; }

    /// <summary>
    /// Shards compared at the same time by all instances together; the budget's parallelism where it is null.
    /// </summary>
    public int? MaxConcurrency { get; init; }

    /// <summary>Shards compared at the same time.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int Concurrency => MaxConcurrency ?? Options.Budget.Parallelism;
}

/// <summary>
/// Names a run: the input of activities that need nothing else, because the request lies with the run's artifacts.
/// </summary>
/// <param name="RunId">The run.</param>
public sealed record RunReference(string RunId) : IActivityInput;

/// <summary>One of the two firmwares of a comparison.</summary>
public enum FirmwareSide
{
    /// <summary>The one compared from.</summary>
    Old,

    /// <summary>The one compared to.</summary>
    New,
}

/// <summary>What a run begins with.</summary>
/// <param name="Unpack">Whether the firmwares are unpacked first.</param>
/// <param name="Concurrency">Activities at the same time.</param>
public sealed record RequestOutcome(bool Unpack, int Concurrency);

/// <summary>One firmware of a run.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Side">Which of the two.</param>
public sealed record SideReference(string RunId, FirmwareSide Side) : IActivityInput;

/// <summary>What there is to unpack of a firmware.</summary>
/// <param name="Ranges">Ranges of files; none where all that the run needs lies unpacked.</param>
/// <param name="Bytes">Bytes of the files in them.</param>
/// <param name="Failure">Why it cannot be unpacked, in one line; null where it can.</param>
public sealed record OutlineOutcome(int Ranges, long Bytes, string? Failure = null);

/// <summary>A row of ranges to unpack: those of the old firmware come before those of the new one.</summary>
/// <param name="Row">The row.</param>
/// <param name="OldRanges">How many ranges the old firmware has.</param>
public sealed record UnpackRow(ShardRow Row, int OldRanges);

/// <summary>A range of a firmware's files.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Side">Which of the two firmwares.</param>
/// <param name="Number">The range's number in the outline.</param>
public sealed record RangeReference(string RunId, FirmwareSide Side, int Number) : IActivityInput;

/// <summary>What makes a firmware's unpacked parts whole.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Side">Which of the two firmwares.</param>
/// <param name="Seconds">What unpacking both took, in seconds of activities.</param>
/// <param name="PeakWorkingSetBytes">The largest peak of any of them.</param>
public sealed record SealInput(string RunId, FirmwareSide Side, double Seconds, long PeakWorkingSetBytes)
    : IActivityInput;

/// <summary>What the plan came to.</summary>
/// <param name="Shards">Shards to compare.</param>
/// <param name="Bytes">Bytes of the items in them.</param>
/// <param name="Concurrency">Shards compared at the same time.</param>
/// <param name="Failure">Why there is nothing to compare, in one line; null where there is.</param>
public sealed record PlanOutcome(int Shards, long Bytes, int Concurrency, string? Failure = null);

/// <summary>A row of shards.</summary>
/// <param name="RunId">The run.</param>
/// <param name="First">The first shard.</param>
/// <param name="End">The shard the row ends before.</param>
/// <param name="Concurrency">Shards compared at the same time.</param>
/// <param name="Before">How far the run was when the row began.</param>
public sealed record ShardRow(string RunId, int First, int End, int Concurrency, DiffProgress Before);

/// <summary>One shard to compare.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Number">The shard's number in the plan.</param>
public sealed record ShardReference(string RunId, int Number) : IActivityInput;

/// <summary>How a shard ended; what it found lies with the run's artifacts.</summary>
/// <param name="Number">The shard.</param>
/// <param name="Bytes">Bytes of the items in it.</param>
/// <param name="Seconds">Wall time in seconds.</param>
/// <param name="PeakWorkingSetBytes">The process's peak resident set when it ended.</param>
/// <param name="Failure">Why it could not be compared at any attempt; null where it was.</param>
public sealed record ShardOutcome(int Number, long Bytes, double Seconds, long PeakWorkingSetBytes, string? Failure = null);

/// <summary>How a row of shards ended.</summary>
/// <param name="Shards">How many they were.</param>
/// <param name="Bytes">Bytes of the items in them.</param>
/// <param name="Seconds">Seconds that they took, one after the other.</param>
/// <param name="PeakWorkingSetBytes">The largest peak of any.</param>
/// <param name="Failed">The shards that could not be compared.</param>
public sealed record RowOutcome(int Shards, long Bytes, double Seconds, long PeakWorkingSetBytes, IReadOnlyList<ShardOutcome> Failed);

/// <summary>What merging works on.</summary>
/// <param name="RunId">The run.</param>
/// <param name="StartedAt">When the run began.</param>
/// <param name="EndedAt">When the comparison ended.</param>
/// <param name="Failed">Shards that could not be compared, the first hundred of them.</param>
public sealed record MergeInput(string RunId, DateTimeOffset StartedAt, DateTimeOffset EndedAt, IReadOnlyList<ShardOutcome> Failed)
    : IActivityInput;

/// <summary>How a run ended.</summary>
/// <param name="Failure">Why there is no report, in one line; null where there is one.</param>
/// <param name="IsIncomplete">Whether a section lacks something.</param>
/// <param name="IsDifferent">Whether anything differs.</param>
public sealed record RunOutcome(string? Failure, bool IsIncomplete, bool IsDifferent);
