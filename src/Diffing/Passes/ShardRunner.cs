using System.Diagnostics;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Shards;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Passes;

/// <summary>
/// Compares one shard: its pass reads each item once for all handlers, in the order in which the items lie on disk, and what was found is
/// written in the order of the report.
/// </summary>
/// <param name="context">What all shards of the comparison share.</param>
internal sealed class ShardRunner(PassContext context)
{
    /// <summary>Runs one shard to its end, or to the fault that its result then names.</summary>
    /// <exception cref="IOException">Storage failed; the shard may be run again.</exception>
    public async Task<ShardResult> RunAsync(ShardSpec shard, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var run = new ShardRun(context.Work, context.Details, context.Pair.IsSplit(shard.Volume));
        string? fault = null;
        try
        {
            await Pass.Of(shard.Pass).RunAsync(context, shard, run, cancellationToken).ConfigureAwait(false);
        }
        catch (FirmwareFormatException damage)
        {
            fault = damage.Message;
        }

        await WriteAsync(shard, run, cancellationToken).ConfigureAwait(false);
        return new ShardResult
        {
            Shard = shard,
            Counts = run.Counts(),
            Seconds = run.Seconds,
            Identical = run.Identical(),
            Facts = run.Facts,
            Examined = run.Examined,
            BinariesWithCdHashes = run.BinariesWithCdHashes,
            Fault = fault,
            DurationSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            PeakWorkingSetBytes = ProcessMemory.PeakBytes(),
        };
    }

    private async Task WriteAsync(ShardSpec shard, ShardRun run, CancellationToken cancellationToken)
    {
        if (run.BinariesWithCdHashes > 0)
        {
            await context.Work.TryCreateJsonLinesAsync(
                ArtifactNames.ForCdHashes(shard.Number), run.CdHashesInOrder(), ResultsJson.Readable.CdHashLine, cancellationToken)
                .ConfigureAwait(false);
        }

        await context.Work.TryCreateJsonLinesAsync(
            ArtifactNames.ForShard(shard.Number), run.InOrder(), ResultsJson.Readable.ShardLine, cancellationToken).ConfigureAwait(false);
    }
}
