using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Shards;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Passes;

/// <summary>
/// One reading of a set of items for all the handlers that want them: what of a pair it reads, how that is cut into shards, how a shard is
/// compared, and what there is to say where it had nothing to read. Stateless, and safe for concurrent use.
/// </summary>
internal abstract class Pass
{
    /// <summary>All passes, in the order of the report.</summary>
    public static IReadOnlyList<Pass> All { get; } =
        [new KernelcachePass(), new KdkPass(), new SingleFilePass(), new MembersPass(), new VolumePass(), new SharedCachePass()];

    /// <summary>By what shards name it.</summary>
    public abstract PassKind Kind { get; }

    /// <summary>What it reads, for a sentence on a section that found nothing of its subject there; null for a pass without such a place.</summary>
    public virtual string? Place => null;

    /// <summary>The pass that a shard belongs to.</summary>
    public static Pass Of(PassKind kind) => All.First(pass => pass.Kind == kind);

    /// <summary>The passes that a handler sees items of, in the order of the report.</summary>
    public static IEnumerable<Pass> For(IDiffHandler handler) => All.Where(pass => pass.Concerns(handler));

    /// <summary>Whether a handler sees its items.</summary>
    public abstract bool Concerns(IDiffHandler handler);

    /// <summary>Whether it reads two volumes that face each other.</summary>
    public virtual bool ReadsVolume(FirmwarePair pair, VolumePair volume) => false;

    /// <summary>Whether it reads what lies in the archives beside volumes: members or kernelcaches.</summary>
    public virtual bool ReadsLooseFiles(FirmwarePair pair) => false;

    /// <summary>Cuts what has to be compared into shards, and remarks on the rest.</summary>
    /// <exception cref="DiffFailedException">What was named on its own has nothing to compare.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public abstract void Plan(ShardPlanner plan, CancellationToken cancellationToken);

    /// <summary>Compares one shard.</summary>
    /// <exception cref="FirmwareFormatException">What the shard reads cannot be read at all; what was found before stays.</exception>
    /// <exception cref="IOException">Storage failed; the shard may be run again.</exception>
    public abstract Task RunAsync(PassContext context, ShardSpec shard, ShardRun run, CancellationToken cancellationToken);
}
