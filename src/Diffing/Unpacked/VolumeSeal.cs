using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Unpacked;

/// <summary>Makes a part of an unpacked firmware whole out of its ranges.</summary>
internal static class VolumeSeal
{
    /// <summary>
    /// Joins the indexes of all ranges and leaves the record by which the part is found; then removes what only the ranges needed, and
    /// contents that attempts left which were cut off.
    /// </summary>
    /// <param name="store">The unpacked firmware.</param>
    /// <param name="part">The part.</param>
    /// <param name="ranges">How many ranges it has.</param>
    /// <param name="tree">What it was unpacked from; nothing but its description is asked for.</param>
    /// <param name="cancellationToken">Stops between artifacts.</param>
    /// <exception cref="IOException">A range is missing, or storage failed.</exception>
    public static async Task<UnpackedVolumeRecord> CloseAsync(
        IArtifactStore store, UnpackedPart part, int ranges, IContentTree tree, CancellationToken cancellationToken)
    {
        if (await store.TryReadJsonAsync(part.Record, UnpackingJson.Compact.UnpackedVolumeRecord, cancellationToken).ConfigureAwait(false) is { } whole)
        {
            return whole;
        }

        var names = new List<string>(ranges);
        var blocks = new List<IndexBlock>();
        var extents = new List<ContentExtent>();
        long bytes = 0;
        long offset = 0;
        for (var range = 0; range < ranges; range++)
        {
            var record = await store.ReadJsonAsync(part.RangeRecord(range), UnpackingJson.Compact.UnpackedRange, cancellationToken).ConfigureAwait(false);
            names.Add(record.BlocksName);
            blocks.AddRange(record.Blocks.Select(block => block with { Offset = offset + block.Offset }));
            offset += record.Blocks.Sum(block => (long)block.PackedLength);
            extents.AddRange(record.Extents);
            bytes += record.Bytes;
        }

        await store.TryCreateAsync(part.Index, (stream, token) => CopyBlocksAsync(store, names, stream, token), cancellationToken).ConfigureAwait(false);
        var made = tree.Describe(blocks, extents, bytes);
        await store.TryCreateJsonAsync(part.Record, made, UnpackingJson.Compact.UnpackedVolumeRecord, cancellationToken).ConfigureAwait(false);
        var kept = await store.ReadJsonAsync(part.Record, UnpackingJson.Compact.UnpackedVolumeRecord, cancellationToken).ConfigureAwait(false);
        await SweepAsync(store, part, kept, cancellationToken).ConfigureAwait(false);
        return kept;
    }

    private static async Task CopyBlocksAsync(IArtifactStore store, IReadOnlyList<string> names, Stream index, CancellationToken cancellationToken)
    {
        foreach (var name in names)
        {
            var blocks = await store.TryOpenAsync(name, cancellationToken).ConfigureAwait(false) ?? throw new IOException($"{name} is missing; start the run again");
            await using (blocks.ConfigureAwait(false))
            {
                await blocks.CopyToAsync(index, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task SweepAsync(IArtifactStore store, UnpackedPart part, UnpackedVolumeRecord record, CancellationToken cancellationToken)
    {
        await store.DeleteAllAsync(part.Ranges, cancellationToken).ConfigureAwait(false);
        var used = record.Extents.Select(extent => extent.Name).ToHashSet(StringComparer.Ordinal);
        var unused = new List<string>();
        await foreach (var name in store.ListAsync(part.Contents, cancellationToken).ConfigureAwait(false))
        {
            if (!used.Contains(name))
            {
                unused.Add(name);
            }
        }

        foreach (var name in unused)
        {
            await store.DeleteAsync(name, cancellationToken).ConfigureAwait(false);
        }
    }
}
