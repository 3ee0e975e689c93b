using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Running;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Udif;

namespace IpswDiff.Diffing.Tests.Handlers;

/// <summary>A pair of forged volumes in a folder of the test's own, and runs of handlers over them.</summary>
internal sealed class VolumeRun : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ipswdiff-volume");
    private int _runs;

    internal VolumeRun(bool isSealed = false) => IsSealed = isSealed;

    internal bool IsSealed { get; }

    internal ForgeTree Old { get; } = new();

    internal ForgeTree New { get; } = new();

    internal string Folder => _folder.FullName;

    public void Dispose() => _folder.Delete(recursive: true);

    internal async Task<VolumeReport> RunAsync(string handler, Func<DiffOptions, DiffOptions>? change = null)
    {
        Write("old.dmg", Old);
        Write("new.dmg", New);
        var options = new DiffOptions
        {
            OldPath = Path.Combine(Folder, "old.dmg"),
            NewPath = Path.Combine(Folder, "new.dmg"),
            Handlers = [handler],
            Budget = MemoryBudget.Divide(MemoryBudget.DefaultBytes, 2),
        };
        var store = new FolderArtifactStore(Path.Combine(Folder, $"run{_runs++}"));
        var contents = await new DiffRun(new DiffRequest { Options = change?.Invoke(options) ?? options, Formats = ["json"] }, store, store).RunAsync(new InputOptions(), CancellationToken.None);
        return new VolumeReport(await SectionReport.ReadAsync(contents, handler));
    }

    private void Write(string name, ForgeTree tree)
    {
        using var stream = File.Create(Path.Combine(Folder, name));
        ForgeImage.WriteDmg(stream, [new ApfsVolume("Volume", tree) { Sealed = IsSealed }]);
    }
}

/// <summary>One handler's section, in memory.</summary>
internal sealed class VolumeReport(SectionReport report) : SectionReport(report)
{
    /// <summary>Every group that has items, and their paths.</summary>
    internal string[] Lines() =>
    [
        .. Items.OrderBy(group => group.Key).SelectMany(group => group.Value
            .Select(item => $"{group.Key} {(item.FromPath is { } from ? from + " -> " : string.Empty)}{item.Path}")),
    ];

    /// <summary>The keyed values of an item, <c>key: old -> new</c>.</summary>
    internal string[] Values(string path) =>
    [
        .. Details[path].Values
            .Select(value => $"{string.Join('/', value.Key)}: {value.Old?.GetRawText() ?? "–"} -> {value.New?.GetRawText() ?? "–"}"),
    ];
}
