using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Shards;

/// <summary>What a shard came to: counts and a reference to its items, never the items.</summary>
public sealed record ShardResult
{
    /// <summary>The shard.</summary>
    public required ShardSpec Shard { get; init; }

    /// <summary>Items found, by handler and group.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<ItemGroup, long>> Counts { get; init; }

    /// <summary>Seconds spent in each handler.</summary>
    public required IReadOnlyDictionary<string, double> Seconds { get; init; }

    /// <summary>Items proven identical without being compared, by proof.</summary>
    public required IReadOnlyDictionary<string, long> Identical { get; init; }

    /// <summary>What was found of the firmwares as wholes, by handler.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<SectionFact>> Facts { get; init; } = new Dictionary<string, IReadOnlyList<SectionFact>>(StringComparer.Ordinal);

    /// <summary>How many items were of a handler's kind, by handler, for those that count them.</summary>
    public IReadOnlyDictionary<string, long> Examined { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>Of how many binaries the cdhashes are kept, see <see cref="ArtifactNames.ForCdHashes"/>.</summary>
    public long BinariesWithCdHashes { get; init; }

    /// <summary>Why the shard stopped before its end, or null.</summary>
    public string? Fault { get; init; }

    /// <summary>Wall time in seconds.</summary>
    public double DurationSeconds { get; init; }

    /// <summary>The process's peak resident set when the shard ended, in bytes.</summary>
    public long PeakWorkingSetBytes { get; init; }
}
