using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats;

namespace IpswDiff.Diffing.Passes;

/// <summary>What one shard has found so far. Details leave memory as soon as their item has been compared.</summary>
internal sealed class ShardRun(IArtifactStore? details)
{
    private readonly List<(int Index, ShardLine Line)> _lines = [];
    private readonly Dictionary<string, double> _seconds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<SectionFact>> _facts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _examined = new(StringComparer.Ordinal);
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
            var kept = ItemSignal.Classified(handler.Name, group, item, found);
            if (found is not null && details is not null)
            {
                var name = ArtifactNames.ForItem(handler.Name, item.Volume, item.Path);
                await WriteDetailsAsync(name, found, details, cancellationToken).ConfigureAwait(false);
                kept = kept with { Details = name };
            }

            _lines.Add((index, new ShardLine(handler.Name, group, kept)));
        }

        if (_sink.Examined > 0)
        {
            _examined[handler.Name] = _examined.GetValueOrDefault(handler.Name) + _sink.Examined;
        }

        if (_sink.Facts.Count > 0)
        {
            _facts[handler.Name] = [.. _facts.GetValueOrDefault(handler.Name) ?? [], .. _sink.Facts];
        }

        _seconds[handler.Name] = _seconds.GetValueOrDefault(handler.Name) + Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static Task<bool> WriteDetailsAsync(string name, ItemDetails change, IArtifactStore store, CancellationToken cancellationToken) =>
        store.TryCreateAsync(
            name,
            (stream, _) =>
            {
                using var packed = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
                JsonSerializer.Serialize(packed, change, ResultsJson.Readable.ItemDetails);
                return Task.CompletedTask;
            },
            cancellationToken);
}
