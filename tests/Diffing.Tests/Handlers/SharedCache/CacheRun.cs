using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
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

    internal Task<SectionReport> RunAsync(bool exhaustive = false, long? shardBytes = null, int parallelism = 2) =>
        RunAsync(Path.Combine(Old, Name), Path.Combine(New, Name), exhaustive, shardBytes, parallelism);

    internal async Task<SectionReport> RunAsync(string old, string @new, bool exhaustive = false, long? shardBytes = null, int parallelism = 2)
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
        var run = new DiffRun(new DiffRequest { Options = options, Formats = ["json"] }, store, store);
        return await SectionReport.ReadAsync(await run.RunAsync(new InputOptions(), CancellationToken.None), "SharedCache");
    }
}
