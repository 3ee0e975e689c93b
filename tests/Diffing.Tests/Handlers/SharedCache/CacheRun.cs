using System.IO.Compression;
using System.Text.Json;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Running;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Pairs;

namespace IpswDiff.Diffing.Tests.Handlers.SharedCache;

/// <summary>A pair of forged caches in a folder of the test's own, and runs of the handler over them.</summary>
internal sealed class CacheRun : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ipswdiff-dsc");
    private int _runs;

    internal CacheRun(SharedCachePair pair)
    {
        Written = pair.Write(_folder.FullName);
        Name = pair.OldOptions.Name;
    }

    internal WrittenPair Written { get; }

    /// <summary>Name of the main files.</summary>
    internal string Name { get; }

    internal string Old => Path.Combine(_folder.FullName, "old");

    internal string New => Path.Combine(_folder.FullName, "new");

    internal long Bytes => Written.Old.Size + Written.New.Size;

    public void Dispose() => _folder.Delete(recursive: true);

    internal Task<CacheReport> RunAsync(bool exhaustive = false, long? shardBytes = null, int parallelism = 2) =>
        RunAsync(Path.Combine(Old, Name), Path.Combine(New, Name), exhaustive, shardBytes, parallelism);

    internal async Task<CacheReport> RunAsync(string old, string @new, bool exhaustive = false, long? shardBytes = null, int parallelism = 2)
    {
        var options = new DiffOptions
        {
            OldPath = old,
            NewPath = @new,
            Handlers = ["SharedCache"],
            Strings = true,
            Functions = true,
            Exhaustive = exhaustive,
            Budget = MemoryBudget.Divide(MemoryBudget.DefaultBytes, parallelism),
        };
        options = shardBytes is { } bytes ? options with { ShardBytes = bytes } : options;
        var store = new FolderArtifactStore(Path.Combine(_folder.FullName, $"run{_runs++}"));
        return await CacheReport.ReadAsync(await new DiffRun(new DiffRequest { Options = options, Formats = ["json"] }, store, store).RunAsync(new InputOptions(), CancellationToken.None));
    }
}

/// <summary>All of a report's section, in memory.</summary>
internal sealed record CacheReport(Section Section, RunInfo Run, IReadOnlyDictionary<ItemGroup, IReadOnlyList<ReportItem>> Items, IReadOnlyDictionary<string, ItemDetails> Details)
{
    /// <summary>Everything that must not depend on how the work was done, as text.</summary>
    internal string Comparable() => string.Join(
        '\n',
        Items.OrderBy(group => group.Key).SelectMany(group => group.Value.Select(item => $"{group.Key} {JsonSerializer.Serialize(item, ResultsJson.Readable.ReportItem)}"))
            .Concat(Details.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => JsonSerializer.Serialize(pair.Value, ResultsJson.Readable.ItemDetails))));

    internal IEnumerable<string> Paths(ItemGroup group) => Items[group].Select(item => item.Path);

    internal static async Task<CacheReport> ReadAsync(ReportContents contents)
    {
        var items = new Dictionary<ItemGroup, IReadOnlyList<ReportItem>>();
        var details = new Dictionary<string, ItemDetails>(StringComparer.Ordinal);
        foreach (var group in Enum.GetValues<ItemGroup>())
        {
            items[group] = await contents.Items.ReadAsync("SharedCache", group, CancellationToken.None).ToListAsync();
            foreach (var item in items[group].Where(item => item.Details is not null))
            {
                await using var stream = new GZipStream((await contents.Details.TryOpenAsync(item.Details!, CancellationToken.None))!, CompressionMode.Decompress);
                details.Add(item.Path, JsonSerializer.Deserialize(stream, ResultsJson.Readable.ItemDetails)!);
            }
        }

        return new CacheReport(contents.Head.Sections.Single(), contents.Head.Run, items, details);
    }
}
