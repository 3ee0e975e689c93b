using System.Diagnostics;
using System.Globalization;
using System.IO.Hashing;
using System.Text.Json;
using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Merging;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Passes;

/// <summary>What one shard has found so far. Details leave memory as soon as their item has been compared.</summary>
/// <param name="work">Where details wait that are not whole before the merge.</param>
/// <param name="details">Where details go; null leaves them out.</param>
/// <param name="isSplit">Whether the same items may be found in other places, so that they are to be told apart by what was found.</param>
internal sealed class ShardRun(IArtifactStore work, IArtifactStore? details, bool isSplit)
{
    private readonly List<(int Index, ShardLine Line)> _lines = [];
    private readonly Dictionary<string, double> _seconds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<SectionFact>> _facts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _examined = new(StringComparer.Ordinal);
    private readonly List<(int Index, CdHashLine Line)> _cdHashes = [];
    private readonly ItemSink _sink = new();

    public IReadOnlyDictionary<string, double> Seconds => _seconds;

    public IReadOnlyDictionary<string, IReadOnlyList<SectionFact>> Facts => _facts;

    public IReadOnlyDictionary<string, long> Examined => _examined;

    public IReadOnlyDictionary<string, long> Identical() => _sink.Identical;

    public IReadOnlyDictionary<string, IReadOnlyDictionary<ItemGroup, long>> Counts() => _lines
        .GroupBy(found => found.Line.Handler, StringComparer.Ordinal)
        .ToDictionary(
            byHandler => byHandler.Key,
            byHandler => (IReadOnlyDictionary<ItemGroup, long>)byHandler.GroupBy(found => found.Line.Group).ToDictionary(group => group.Key, group => group.LongCount()),
            StringComparer.Ordinal);

    public IEnumerable<ShardLine> InOrder() => _lines.OrderBy(found => found.Index).Select(found => found.Line);

    public IEnumerable<CdHashLine> CdHashesInOrder() => _cdHashes.OrderBy(found => found.Index).Select(found => found.Line);

    public int BinariesWithCdHashes => _cdHashes.Count;

    /// <summary>Keeps the cdhashes that a pair of files gained and lost, where a handler has opened it as a Mach-O.</summary>
    public void KeepCdHashes(int index, FilePair pair)
    {
        if (CdHashes.Of(pair) is { } found)
        {
            _cdHashes.Add((index, found));
        }
    }

    private static string Fingerprint(ReportItem item, ItemDetails? found)
    {
        var hash = new XxHash128();
        hash.Append(JsonSerializer.SerializeToUtf8Bytes(item with { Volume = null, Details = null }, ResultsJson.Readable.ReportItem));
        if (found is not null)
        {
            hash.Append(JsonSerializer.SerializeToUtf8Bytes(found with { Volume = null }, ResultsJson.Readable.ItemDetails));
        }

        return hash.GetCurrentHashAsUInt128().ToString("x32", CultureInfo.InvariantCulture);
    }

    /// <summary>Lets one handler compare one pair; a damaged pair becomes an item of its own and does not stop the shard.</summary>
    public async Task CompareAsync(
        int index, IDiffHandler handler, string? volume, string path, Action<ItemSink> compare, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        _sink.Clear();
        try
        {
            compare(_sink);
        }
        catch (FirmwareFormatException damage)
        {
            _sink.Clear();
            _sink.Add(ItemGroup.Unreadable, new ReportItem { Volume = volume, Path = path, Reason = damage.Message });
        }

        foreach (var (group, item, found) in _sink.Found)
        {
            var kept = ItemSignal.Classified(handler.Section.Classes, group, item, found);
            if (found is not null && details is not null)
            {
                try
                {
                    kept = kept with
                    {
                        Details = await WriteAsync(handler, kept, found, details, cancellationToken)
                        .ConfigureAwait(false)
                    };
                }
                catch (DetailsTooLongException tooLong)
                {
                    var refused = new ReportItem { Volume = item.Volume, Path = item.Path, Reason = tooLong.Message };
                    var fingerprint = isSplit ? Fingerprint(refused, found) : null;
                    _lines.Add((index, new ShardLine(handler.Name, ItemGroup.Unreadable, refused, fingerprint)));
                    continue;
                }
            }

            _lines.Add((index, new ShardLine(handler.Name, group, kept, isSplit ? Fingerprint(kept, found) : null)));
        }

        if (_sink.Examined > 0)
        {
            _examined[handler.Name] = _examined.GetValueOrDefault(handler.Name) + _sink.Examined;
        }

        if (_sink.Facts.Count > 0)
        {
            _facts[handler.Name] = [.. _facts.GetValueOrDefault(handler.Name) ?? [], .. _sink.Facts];
        }

        ProcessMemory.Relieve();
        _seconds[handler.Name] = _seconds.GetValueOrDefault(handler.Name) + Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private async Task<string> WriteAsync(
        IDiffHandler handler,
        ReportItem item,
        ItemDetails found,
        IArtifactStore report,
        CancellationToken cancellationToken)
    {
        var name = ArtifactNames.ForItem(handler.Name, item.Volume, item.Path);
        await (TrustCacheOwners.AreWanted(item)
            ? work.TryCreateDetailsAsync(ArtifactNames.ForUnnamed(name), found, cancellationToken)
            : report.TryCreateDetailsAsync(name, found, cancellationToken)).ConfigureAwait(false);
        return name;
    }
}
