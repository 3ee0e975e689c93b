using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Running;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Forge.Ipsw;

namespace IpswDiff.Diffing.Tests.Handlers;

/// <summary>Two firmwares in a folder of the test's own, and runs over them.</summary>
internal sealed class ForgedFirmwares : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ipswdiff-fw");
    private int _runs;

    internal ForgedFirmwares(IpswBuilder old, IpswBuilder @new, bool unpacked = false)
        : this("old.ipsw", "new.ipsw")
    {
        foreach (var (builder, path) in new[] { (old, Old), (@new, New) })
        {
            if (unpacked)
            {
                builder.WriteFolder(path);
            }
            else
            {
                builder.WriteFile(path);
            }
        }
    }

    internal ForgedFirmwares(string oldName, byte[] old, string newName, byte[] @new)
        : this(oldName, newName)
    {
        File.WriteAllBytes(Old, old);
        File.WriteAllBytes(New, @new);
    }

    private ForgedFirmwares(string oldName, string newName)
    {
        Old = Path.Combine(_folder.FullName, "a", oldName);
        New = Path.Combine(_folder.FullName, "b", newName);
        Directory.CreateDirectory(Path.GetDirectoryName(Old)!);
        Directory.CreateDirectory(Path.GetDirectoryName(New)!);
    }

    internal string Old { get; }

    internal string New { get; }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>
    /// Runs one handler and tells its section; <paramref name="options"/> changes what is not given here.
    /// </summary>
    internal async Task<HandlerReport> RunAsync(string handler, Func<DiffOptions, DiffOptions>? options = null)
    {
        var asked = new DiffOptions
        {
            OldPath = Old,
            NewPath = New,
            Handlers = [handler],
            Budget = MemoryBudget.Divide(MemoryBudget.DefaultBytes, 2),
        };
        var folder = Path.Combine(_folder.FullName, $"run{_runs++}");
        var store = new FolderArtifactStore(folder);
        var request = new DiffRequest { Options = options?.Invoke(asked) ?? asked, Formats = ["markdown", "json"] };
        var contents = await new DiffRun(request, store, store).RunAsync(new InputOptions(), CancellationToken.None);
        return new HandlerReport(await SectionReport.ReadAsync(contents, handler), folder);
    }
}

/// <summary>All of one section of a report, in memory, and the Markdown made of it.</summary>
internal sealed class HandlerReport(SectionReport report, string pages) : SectionReport(report)
{
    internal string Pages { get; } = pages;

    internal string Readme => File.ReadAllText(Path.Combine(Pages, "README.md"));

    /// <summary>
    /// Fails unless the groups hold exactly these paths, in this order; groups that are not given are empty.
    /// </summary>
    internal void AssertItems(string[]? added = null, string[]? removed = null, string[]? changed = null, string[]? rebuilt = null, string[]? unreadable = null)
    {
        Assert.Equal(added ?? [], Paths(ItemGroup.Added));
        Assert.Equal(removed ?? [], Paths(ItemGroup.Removed));
        Assert.Equal(changed ?? [], Paths(ItemGroup.Changed));
        Assert.Equal(rebuilt ?? [], Paths(ItemGroup.Rebuilt));
        Assert.Equal(unreadable ?? [], Paths(ItemGroup.Unreadable));
        Assert.Empty(Items[ItemGroup.Moved]);
        Assert.Equal((unreadable ?? []).Length > 0 ? SectionState.Incomplete : SectionState.Complete, Section.State);
    }

    /// <summary>The values that changed in an item, one text a value: <c>key/key: old → new</c>.</summary>
    internal string[] Values(string path) => [.. Details[path].Values.Select(value => $"{string.Join('/', value.Key)}: {value.Old?.ToString() ?? "–"} → {value.New?.ToString() ?? "–"}")];
}
