using IpswDiff.Diffing.Passes;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Workflow;

/// <summary>What a run will compare, and what is known of it before anything is compared.</summary>
public sealed record DiffPlan
{
    /// <summary>The firmware compared from.</summary>
    public required FirmwareInfo Old { get; init; }

    /// <summary>The firmware compared to.</summary>
    public required FirmwareInfo New { get; init; }

    /// <summary>The shards, in the order of the report.</summary>
    public required IReadOnlyList<ShardSpec> Shards { get; init; }

    /// <summary>Volumes that cannot be read, one sentence each.</summary>
    public IReadOnlyList<string> VolumeFaults { get; init; } = [];

    /// <summary>Shared caches that cannot be read, one sentence each.</summary>
    public IReadOnlyList<string> CacheFaults { get; init; } = [];

    /// <summary>The shared caches in numbers.</summary>
    public IReadOnlyList<ContainerInfo> Containers { get; init; } = [];

    /// <summary>What was left out because it is proven identical, by proof.</summary>
    public IReadOnlyDictionary<string, long> Skipped { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>Whether the volumes that shared caches lie on are the same, so that they were not searched.</summary>
    public bool CacheVolumesAreSame { get; init; }

    /// <summary>What planning took.</summary>
    public IReadOnlyList<ActivityInfo> Activities { get; init; } = [];
}
