using IpswDiff.Diffing.Handlers.Firmware;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Shards;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Merging;

/// <summary>
/// Names the cdhashes that came into trust caches and went from them through the binaries that own them. Trust caches lie in the archive
/// and binaries on its volumes, so that the two meet only here. Of one trust cache at a time the hashes are held that it tells.
/// </summary>
internal static class TrustCacheOwners
{
    // One binary may lie in many places; more of them would say no more.
    private const int MaxOwners = 8;

    /// <summary>Whether the details of an item wait for the merge, under the name that <see cref="ArtifactNames.ForUnnamed"/> gives.</summary>
    public static bool AreWanted(ReportItem item) => item.What?.Contains(TrustCacheComparison.Aspect, StringComparer.Ordinal) is true;

    /// <summary>Writes the details of trust caches into the report.</summary>
    /// <param name="handler">The handler whose section tells trust caches.</param>
    /// <param name="items">The items of the report.</param>
    /// <param name="results">The results of the shards.</param>
    /// <param name="work">Where shards left what they found.</param>
    /// <param name="report">Where details go.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="IOException">Storage failed.</exception>
    public static async Task NameAsync(
        string handler, IReportItems items, IReadOnlyList<ShardResult> results, IArtifactStore work, IArtifactStore report, CancellationToken cancellationToken)
    {
        await foreach (var item in items.ReadAsync(handler, ItemGroup.Changed, cancellationToken).ConfigureAwait(false))
        {
            if (AreWanted(item) && item.Details is { } name && !await report.ExistsAsync(name, cancellationToken).ConfigureAwait(false))
            {
                var details = await work.ReadJsonAsync(ArtifactNames.ForUnnamed(name), ResultsJson.Readable.ItemDetails, cancellationToken).ConfigureAwait(false);
                var owners = await OwnersAsync(details.Values, results, work, cancellationToken).ConfigureAwait(false);
                ValueChange[] named = [.. details.Values.Select(value => value with { Owners = owners.GetValueOrDefault(HashOf(value)) is { Count: > 0 } known ? known : null })];
                await report.TryCreateDetailsAsync(name, details with { Values = named }, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task<Dictionary<string, List<BinaryPlace>>> OwnersAsync(
        IReadOnlyList<ValueChange> values, IReadOnlyList<ShardResult> results, IArtifactStore work, CancellationToken cancellationToken)
    {
        var wanted = new Dictionary<string, (ValueChange Change, List<BinaryPlace> Owners)>(StringComparer.Ordinal);
        foreach (var value in values)
        {
            wanted[HashOf(value)] = (value, []);
        }

        foreach (var shard in results.Where(shard => shard.BinariesWithCdHashes > 0).OrderBy(shard => shard.Shard.Number))
        {
            var lines = work.ReadJsonLinesAsync(ArtifactNames.ForCdHashes(shard.Shard.Number), ResultsJson.Readable.CdHashLine, cancellationToken);
            await foreach (var binary in lines.ConfigureAwait(false))
            {
                Match(binary.Old, binary.Place, static change => change.Old is not null);
                Match(binary.New, binary.Place, static change => change.New is not null);
            }
        }

        return wanted.ToDictionary(hash => hash.Key, hash => hash.Value.Owners, StringComparer.Ordinal);

        void Match(IReadOnlyList<string> hashes, BinaryPlace place, Func<ValueChange, bool> isThere)
        {
            foreach (var hash in hashes)
            {
                if (wanted.TryGetValue(hash, out var found) && isThere(found.Change) && found.Owners.Count < MaxOwners && !found.Owners.Contains(place))
                {
                    found.Owners.Add(place);
                }
            }
        }
    }

    private static string HashOf(ValueChange value) => value.Key.Count == 1 ? value.Key[0] : string.Empty;
}
