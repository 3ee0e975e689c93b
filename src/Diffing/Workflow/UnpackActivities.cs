using System.Diagnostics;
using System.IO.Hashing;
using System.Text;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Shards;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Unpacked;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Workflow;

/// <summary>
/// The activities by which the firmwares of a run are unpacked into storage. What they unpack belongs to the firmware,
/// not to the run, and serves every later run; what they find out of it for this run lies with the run's artifacts.
/// </summary>
/// <param name="stores">Where artifacts lie.</param>
/// <param name="runs">What activities of one run share.</param>
internal sealed class UnpackActivities(IRunStores stores, RunCache runs)
{
    // Forty seconds at 50 MB/s, and few enough names that they and their digests take some tens of megabytes.
    private const long RangeBytes = 2L << 30;
    private const int RangeItems = 32_768;

    /// <summary>How a firmware of a run lies unpacked; made by <see cref="SealAsync"/>.</summary>
    /// <exception cref="IOException">It is not there, or storage failed.</exception>
    public static Task<UnpackOutline> ReadSealedAsync(IArtifactStore work, FirmwareSide side, CancellationToken cancellationToken) =>
        work.ReadJsonAsync(SealedName(side), UnpackingJson.Compact.UnpackOutline, cancellationToken);

    /// <summary><see cref="DiffSteps.Outline"/>.</summary>
    /// <exception cref="IOException">Storage failed; the activity may be run again.</exception>
    public async Task<OutlineOutcome> OutlineAsync(SideReference input, CancellationToken cancellationToken)
    {
        var work = stores.Work(input.RunId);
        var name = OutlineName(input.Side);
        if (await work.TryReadJsonAsync(name, UnpackingJson.Compact.UnpackOutline, cancellationToken).ConfigureAwait(false) is { } made)
        {
            return OutcomeOf(made);
        }

        using var lease = runs.Take(input.RunId, work);
        try
        {
            var outline = await MakeOutlineAsync(input, lease, cancellationToken).ConfigureAwait(false);
            await work.TryCreateJsonAsync(name, outline, UnpackingJson.Compact.UnpackOutline, cancellationToken).ConfigureAwait(false);
            return OutcomeOf(await work.ReadJsonAsync(name, UnpackingJson.Compact.UnpackOutline, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception fault) when (fault is FirmwareFormatException or DiffFailedException)
        {
            // Trying again would not help; the answer is the fault.
            return new OutlineOutcome(0, 0, fault.Message);
        }
    }

    /// <summary><see cref="DiffSteps.Unpack"/>.</summary>
    /// <exception cref="IOException">Storage failed; the activity may be run again.</exception>
    public async Task<ShardOutcome> UnpackAsync(RangeReference input, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var work = stores.Work(input.RunId);
        var outline = await work.ReadJsonAsync(OutlineName(input.Side), UnpackingJson.Compact.UnpackOutline, cancellationToken).ConfigureAwait(false);
        var range = outline.Ranges[input.Number];
        var part = new UnpackedPart(outline.Parts[range.Part].Key);
        var store = stores.Firmware(outline.FirmwareId);
        if (!await IsDoneAsync(store, work, input, part, range, cancellationToken).ConfigureAwait(false))
        {
            using var lease = runs.Take(input.RunId, work);
            var tree = await TreeAsync(input.Side, outline, range.Part, lease, cancellationToken).ConfigureAwait(false);
            var unpacker = new RangeUnpacker(store, part, range.Number);
            try
            {
                if (await unpacker.UnpackAsync(tree, range.First, range.End, cancellationToken).ConfigureAwait(false)
                    && await store.ExistsAsync(part.Record, cancellationToken).ConfigureAwait(false))
                {
                    // Another run has made the part whole meanwhile and will not look for what came too late.
                    await store.DeleteAsync(part.RangeRecord(range.Number), cancellationToken).ConfigureAwait(false);
                    await unpacker.RemoveOwnAsync(cancellationToken).ConfigureAwait(false);
                }
            }
            catch (FirmwareFormatException damage)
            {
                await unpacker.RemoveOwnAsync(cancellationToken).ConfigureAwait(false);
                await work.TryCreateJsonAsync(DamageName(input.Side, input.Number), new RangeDamage(damage.Message), UnpackingJson.Compact.RangeDamage, cancellationToken)
                    .ConfigureAwait(false);
            }
        }

        return new ShardOutcome(input.Number, range.Bytes, Seconds(started), ProcessMemory.PeakBytes());
    }

    /// <summary><see cref="DiffSteps.Seal"/>.</summary>
    /// <exception cref="IOException">Storage failed; the activity may be run again.</exception>
    public async Task<RunReference> SealAsync(SealInput input, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var work = stores.Work(input.RunId);
        if (await work.ExistsAsync(SealedName(input.Side), cancellationToken).ConfigureAwait(false))
        {
            return new RunReference(input.RunId);
        }

        var outline = await work.ReadJsonAsync(OutlineName(input.Side), UnpackingJson.Compact.UnpackOutline, cancellationToken).ConfigureAwait(false);
        var parts = new List<PartPlan>(outline.Parts.Count);
        foreach (var (number, plan) in outline.Parts.Index())
        {
            parts.Add(plan.State == PartState.Unpacking ? await ClosePartAsync(input, outline, number, cancellationToken).ConfigureAwait(false) : plan);
        }

        var whole = outline with
        {
            Parts = parts,
            Ranges = [],
            Activity = new ActivityInfo(
                "unpack", Math.Round(input.Seconds + Seconds(started), 3), outline.Ranges.Sum(range => range.Items), outline.Ranges.Sum(range => range.Bytes), input.PeakWorkingSetBytes),
        };
        await work.TryCreateJsonAsync(SealedName(input.Side), whole, UnpackingJson.Compact.UnpackOutline, cancellationToken).ConfigureAwait(false);
        return new RunReference(input.RunId);
    }

    private async Task<UnpackOutline> MakeOutlineAsync(SideReference input, RunCache.Lease lease, CancellationToken cancellationToken)
    {
        var handlers = await lease.HandlersAsync(cancellationToken).ConfigureAwait(false);
        var pair = await lease.OriginalsAsync(cancellationToken).ConfigureAwait(false);
        var firmware = input.Side == FirmwareSide.Old ? pair.Old : pair.New;
        var needs = new PairNeeds(pair, handlers);
        var id = FirmwareIdentity.OfContents(firmware);
        var store = stores.Firmware(id);
        await UnpackedFirmwares.MarkUsedAsync(store, DateTimeOffset.UtcNow, cancellationToken).ConfigureAwait(false);
        var parts = new List<PartPlan>();
        var ranges = new List<UnpackRange>();
        foreach (var (number, volume) in firmware.Volumes.Index())
        {
            parts.Add(await PlanPartAsync($"volume-{number}", number, needs.NeedsVolume(volume)).ConfigureAwait(false));
        }

        parts.Add(await PlanPartAsync(LooseKey(firmware), null, needs.NeedsLooseFiles).ConfigureAwait(false));
        return new UnpackOutline { FirmwareId = id, Facts = firmware.Facts, Parts = parts, Ranges = ranges };

        async Task<PartPlan> PlanPartAsync(string key, int? volume, bool isNeeded)
        {
            if (!isNeeded)
            {
                return new PartPlan(key, volume, PartState.Unused);
            }

            if (await store.ExistsAsync(new UnpackedPart(key).Record, cancellationToken).ConfigureAwait(false))
            {
                return new PartPlan(key, volume, PartState.Unpacked);
            }

            try
            {
                var names = TreeOf(firmware, volume).WalkRange("/", null, cancellationToken).Select(entry => (entry.Path, entry.Kind == FileKind.File ? entry.Size : 0));
                ranges.AddRange(PathRanges.Cut(names, "/", RangeBytes, RangeItems)
                    .Select((range, number) => new UnpackRange(parts.Count, number, range.First, range.End, range.Items, range.Bytes))
                    .ToArray());
                return new PartPlan(key, volume, PartState.Unpacking);
            }
            catch (FirmwareFormatException damage)
            {
                return new PartPlan(key, volume, PartState.InPlace, damage.Message);
            }
        }
    }

    private async Task<PartPlan> ClosePartAsync(SealInput input, UnpackOutline outline, int number, CancellationToken cancellationToken)
    {
        var plan = outline.Parts[number];
        var work = stores.Work(input.RunId);
        foreach (var (index, range) in outline.Ranges.Index())
        {
            if (range.Part == number
                && await work.TryReadJsonAsync(DamageName(input.Side, index), UnpackingJson.Compact.RangeDamage, cancellationToken).ConfigureAwait(false) is { } damage)
            {
                return plan with { State = PartState.InPlace, Reason = damage.Reason };
            }
        }

        using var lease = runs.Take(input.RunId, work);
        var tree = await TreeAsync(input.Side, outline, number, lease, cancellationToken).ConfigureAwait(false);
        var count = outline.Ranges.Count(range => range.Part == number);
        await VolumeSeal.CloseAsync(stores.Firmware(outline.FirmwareId), new UnpackedPart(plan.Key), count, tree, cancellationToken).ConfigureAwait(false);
        return plan with { State = PartState.Unpacked };
    }

    private static async Task<bool> IsDoneAsync(
        IArtifactStore store, IArtifactStore work, RangeReference input, UnpackedPart part, UnpackRange range, CancellationToken cancellationToken) =>
        await store.ExistsAsync(part.Record, cancellationToken).ConfigureAwait(false)
        || await store.ExistsAsync(part.RangeRecord(range.Number), cancellationToken).ConfigureAwait(false)
        || await work.ExistsAsync(DamageName(input.Side, input.Number), cancellationToken).ConfigureAwait(false);

    private static async Task<IContentTree> TreeAsync(FirmwareSide side, UnpackOutline outline, int part, RunCache.Lease lease, CancellationToken cancellationToken)
    {
        var pair = await lease.OriginalsAsync(cancellationToken).ConfigureAwait(false);
        return TreeOf(side == FirmwareSide.Old ? pair.Old : pair.New, outline.Parts[part].Volume);
    }

    private static IContentTree TreeOf(FirmwareInput firmware, int? volume) =>
        volume is { } number ? new VolumeTree(firmware.Volumes[number].Open()) : new LooseTree(firmware);

    // The same firmware as an archive and as a folder may differ in what lies loose in it.
    private static string LooseKey(FirmwareInput firmware)
    {
        var hash = new XxHash128();
        foreach (var entry in new LooseTree(firmware).WalkRange("/", null, CancellationToken.None))
        {
            hash.Append(Encoding.UTF8.GetBytes($"{entry.Path}\0{entry.Size}\0"));
        }

        return $"loose-{hash.GetCurrentHashAsUInt128():x32}";
    }

    private static OutlineOutcome OutcomeOf(UnpackOutline outline) => new(outline.Ranges.Count, outline.Ranges.Sum(range => range.Bytes));

    private static string OutlineName(FirmwareSide side) => $"unpack/{Name(side)}.json.gz";

    private static string SealedName(FirmwareSide side) => $"unpack/{Name(side)}.sealed.json.gz";

    private static string DamageName(FirmwareSide side, int range) => $"unpack/{Name(side)}-{range}.damage.json.gz";

    private static string Name(FirmwareSide side) => side == FirmwareSide.Old ? "old" : "new";

    private static double Seconds(long since) => Math.Round(Stopwatch.GetElapsedTime(since).TotalSeconds, 3);
}
