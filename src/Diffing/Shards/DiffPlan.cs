using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Shards;

/// <summary>What a run will compare, and what is known of it before anything is compared.</summary>
public sealed record DiffPlan
{
    /// <summary>The firmware compared from.</summary>
    public required FirmwareInfo Old { get; init; }

    /// <summary>The firmware compared to.</summary>
    public required FirmwareInfo New { get; init; }

    /// <summary>The shards, in the order of the report.</summary>
    public required IReadOnlyList<ShardSpec> Shards { get; init; }

    /// <summary>What cannot be read at all, one sentence each, with the pass that wanted it.</summary>
    public IReadOnlyList<PassRemark> Faults { get; init; } = [];

    /// <summary>Why a pass has nothing to compare, for those that have not.</summary>
    public IReadOnlyList<PassRemark> Empty { get; init; } = [];

    /// <summary>The shared caches in numbers.</summary>
    public IReadOnlyList<ContainerInfo> Containers { get; init; } = [];

    /// <summary>What was left out because it is proven identical, by proof.</summary>
    public IReadOnlyDictionary<string, long> Skipped { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>Places that hold the same thing for different boards: what they have in common is told once.</summary>
    public IReadOnlyList<SplitPlace> Splits { get; init; } = [];

    /// <summary>What planning took.</summary>
    public IReadOnlyList<ActivityInfo> Activities { get; init; } = [];
}

/// <summary>Something that planning has to say of a pass.</summary>
/// <param name="Pass">The pass.</param>
/// <param name="Text">A sentence for people.</param>
public sealed record PassRemark(PassKind Pass, string Text);
