using System.Diagnostics;
using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Passes;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Unpacking;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Workflow;

/// <summary>Cuts the comparison of one pair into shards for the handlers that run. Used once.</summary>
/// <param name="pair">The firmwares.</param>
/// <param name="handlers">The handlers.</param>
/// <param name="options">What is asked for.</param>
internal sealed class DiffPlanner(FirmwarePair pair, IReadOnlyList<IDiffHandler> handlers, DiffOptions options)
{
    /// <summary>The proof by which whole volumes are left out.</summary>
    public const string VolumeDigest = "volume digest";

    /// <summary>The proof by which whole kernelcaches are left out.</summary>
    public const string KernelcacheDigest = "kernelcache digest";

    private const int ShardItems = 4096;

    private readonly ShardPlanner _shards = new(Math.Min(options.ShardBytes, options.Budget.WorkerBytes), ShardItems);
    private readonly List<string> _volumeFaults = [];
    private readonly List<string> _cacheFaults = [];
    private readonly List<ContainerInfo> _containers = [];
    private readonly Dictionary<string, long> _skipped = new(StringComparer.Ordinal);
    private bool _areCacheVolumesSame;

    /// <summary>Walks what has to be walked.</summary>
    /// <exception cref="DiffFailedException">A Kernel Debug Kit that was named has nothing to compare.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public DiffPlan Plan(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        if (handlers.OfType<IKernelcacheHandler>().Any())
        {
            _shards.AddKernelcaches(pair.Kernelcaches);
            if (pair.Kernelcaches.Matches.Count - pair.Kernelcaches.Different.Count() is > 0 and var same)
            {
                _skipped[KernelcacheDigest] = same;
            }
        }

        if (KdkPass.Create(options, handlers) is { } kdk)
        {
            _shards.AddWhole(PassKind.Kdk, kdk.Count, kdk.Bytes);
        }

        if (pair.New.SingleFile is { } file)
        {
            _shards.AddWhole(PassKind.SingleFile, 1, pair.Old.SingleFile!.Entry.Size + file.Entry.Size);
        }

        if (handlers.OfType<IMemberHandler>().Any())
        {
            _shards.AddMembers(pair.Old.Members, pair.New.Members);
        }

        if (handlers.OfType<IFileHandler>().Any())
        {
            PlanVolumes(cancellationToken);
        }

        if (handlers.OfType<IImageHandler>().Any())
        {
            PlanCaches(cancellationToken);
        }

        return new DiffPlan
        {
            Old = pair.Old.Info,
            New = pair.New.Info,
            Shards = _shards.Shards,
            VolumeFaults = _volumeFaults,
            CacheFaults = _cacheFaults,
            Containers = _containers,
            Skipped = _skipped,
            CacheVolumesAreSame = _areCacheVolumesSame,
            Activities =
            [
                new ActivityInfo(
                    "plan",
                    Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 3),
                    _shards.Shards.Sum(shard => shard.Items),
                    _shards.Shards.Sum(shard => shard.EstimatedBytes),
                    ProcessMemory.PeakBytes()),
            ],
        };
    }

    private void PlanVolumes(CancellationToken cancellationToken)
    {
        foreach (var label in pair.Old.Volumes.Concat(pair.New.Volumes).Select(volume => volume.Label).Distinct(StringComparer.Ordinal))
        {
            var before = pair.Old.FindVolume(label);
            var after = pair.New.FindVolume(label);
            if (PairNeeds.HaveSameDigest(before, after, options))
            {
                _skipped[VolumeDigest] = _skipped.GetValueOrDefault(VolumeDigest) + 1;
                continue;
            }

            try
            {
                _shards.AddVolume(label, before, after, cancellationToken);
            }
            catch (FirmwareFormatException fault)
            {
                // The other volumes are still worth comparing; the sections say what they lack.
                _volumeFaults.Add($"{label}: {fault.Message}");
            }
        }
    }

    private void PlanCaches(CancellationToken cancellationToken)
    {
        var (before, after) = (pair.Old.CacheVolumes.ToArray(), pair.New.CacheVolumes.ToArray());
        if (before.Length == 1 && after.Length == 1 && PairNeeds.HaveSameDigest(before[0], after[0], options))
        {
            _skipped.TryAdd(VolumeDigest, 1);
            _areCacheVolumesSame = true;
            return;
        }

        IReadOnlyList<string> labels = [];
        try
        {
            labels = pair.Caches.Labels();
        }
        catch (FirmwareFormatException fault)
        {
            _cacheFaults.Add(fault.Message);
        }

        foreach (var label in labels)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var caches = pair.Caches.Open(label);
                _shards.AddCache(caches, options.Exhaustive);
                _containers.Add(caches.Info);
            }
            catch (FirmwareFormatException fault)
            {
                _cacheFaults.Add(fault.Message);
            }
        }
    }
}
