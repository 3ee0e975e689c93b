using System.Diagnostics;
using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Shards;

namespace IpswDiff.Diffing.Passes;

/// <summary>Cuts the comparison of one pair into shards for the handlers that run: asks every pass and gathers what it says. Used once.</summary>
/// <param name="pair">The firmwares.</param>
/// <param name="handlers">The handlers.</param>
/// <param name="options">What is asked for.</param>
internal sealed class ShardPlanner(FirmwarePair pair, IReadOnlyList<IDiffHandler> handlers, DiffOptions options)
{
    private const int ItemsPerShard = 4096;

    private readonly long _bytesPerShard = Math.Min(options.ShardBytes, options.Budget.WorkerBytes);
    private readonly List<ShardSpec> _shards = [];
    private readonly List<PassRemark> _faults = [];
    private readonly List<PassRemark> _empty = [];
    private readonly List<ContainerInfo> _containers = [];
    private readonly Dictionary<string, long> _skipped = new(StringComparer.Ordinal);

    /// <summary>The firmwares.</summary>
    public FirmwarePair Pair => pair;

    /// <summary>The handlers that run.</summary>
    public IReadOnlyList<IDiffHandler> Handlers => handlers;

    /// <summary>What is asked for.</summary>
    public DiffOptions Options => options;

    /// <summary>Lets every pass plan that a handler wants.</summary>
    /// <exception cref="DiffFailedException">What was named on its own has nothing to compare.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public DiffPlan Plan(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var pass in Pass.All.Where(pass => handlers.Any(pass.Concerns)))
        {
            pass.Plan(this, cancellationToken);
        }

        return new DiffPlan
        {
            Old = pair.Old.Info,
            New = pair.New.Info,
            Shards = _shards,
            Faults = _faults,
            Empty = _empty,
            Containers = _containers,
            Splits = pair.Splits,
            Skipped = _skipped,
            Activities =
            [
                new ActivityInfo(
                    "plan",
                    Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 3),
                    _shards.Sum(shard => shard.Items),
                    _shards.Sum(shard => shard.EstimatedBytes),
                    ProcessMemory.PeakBytes()),
            ],
        };
    }

    /// <summary>Adds one shard.</summary>
    public void Add(PassKind pass, string? volume, long items, long bytes, ImageRange? images = null) =>
        _shards.Add(new ShardSpec(_shards.Count, pass, volume, string.Empty, null, items, bytes, images));

    /// <summary>Cuts names in path order into shards.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="volume">The label of what the names lie in, or null.</param>
    /// <param name="first">Where the first range begins: before every name, so that it holds what a rerun finds there as well.</param>
    /// <param name="sorted">The names, each with the bytes of both sides.</param>
    public void Cut(PassKind pass, string? volume, string first, IEnumerable<(string Name, long Bytes)> sorted)
    {
        foreach (var range in PathRanges.Cut(sorted, first, _bytesPerShard, ItemsPerShard))
        {
            _shards.Add(new ShardSpec(_shards.Count, pass, volume, range.First, range.End, range.Items, range.Bytes));
        }
    }

    /// <summary>Whether a shard of so many items before the next one, and so many bytes with it, must end.</summary>
    public bool IsFull(int items, long bytesWithNext) => items >= ItemsPerShard || bytesWithNext > _bytesPerShard;

    /// <summary>Says that something cannot be read at all.</summary>
    public void AddFault(PassKind pass, string reason) => _faults.Add(new PassRemark(pass, reason));

    /// <summary>Says why a pass had nothing, should it come to have none.</summary>
    public void SayEmpty(PassKind pass, string reason) => _empty.Add(new PassRemark(pass, reason));

    /// <summary>Gives a container in numbers.</summary>
    public void AddContainer(ContainerInfo container) => _containers.Add(container);

    /// <summary>Counts what is left out because it is proven identical.</summary>
    public void Skip(string proof, long count)
    {
        if (count > 0)
        {
            _skipped[proof] = _skipped.GetValueOrDefault(proof) + count;
        }
    }

    /// <summary>Counts what is left out, unless another pass has counted it.</summary>
    public void SkipOnce(string proof, long count)
    {
        if (!_skipped.ContainsKey(proof))
        {
            Skip(proof, count);
        }
    }
}
