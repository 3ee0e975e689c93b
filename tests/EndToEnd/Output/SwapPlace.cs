using IpswDiff.Cli.Output;

namespace IpswDiff.EndToEnd.Output;

/// <summary>What somebody else has in a report's folder.</summary>
public enum ForeignKind
{
    File,
    Folder,
    LinkToFolder,
    LinkToFile,
    DanglingLink,
}

/// <summary>A folder with an older report and with what is not ours, a newer report that lies ready, and a model of what becomes of them.</summary>
internal sealed class SwapPlace : IDisposable
{
    public const string OutsideContent = "outside";

    private readonly ScratchFolder _scratch = Cli.Scratch();
    private readonly HashSet<string> _foreign = new(StringComparer.Ordinal);
    private readonly HashSet<string> _newer;
    private readonly SortedDictionary<string, string> _before;

    public SwapPlace(string[] older, string[] newer, (string Name, ForeignKind Kind)[] foreigners)
    {
        Directory.CreateDirectory(Root);
        Directory.CreateDirectory(Outside);
        File.WriteAllText(Path.Combine(Outside, "a"), OutsideContent);
        Older = Apart(older);
        _newer = [.. Apart(newer)];
        foreach (var name in Older)
        {
            Write(Root, name, "older " + name);
        }

        foreach (var (name, kind) in foreigners)
        {
            Place(name, kind);
        }

        // In the order of their names: a manifest is written last in practice, and is a file like others here.
        new FolderManifest(OutputKind.Report, Older).Write(Root);
        _before = Snapshot();
        Directory.CreateDirectory(FolderSwap.NewIn(Staging));
        foreach (var name in _newer)
        {
            Write(FolderSwap.NewIn(Staging), name, "newer " + name);
        }

        new FolderManifest(OutputKind.Report, [.. _newer]).Write(FolderSwap.NewIn(Staging));
        ManifestOfNewer = File.ReadAllText(Path.Combine(FolderSwap.NewIn(Staging), FolderManifest.FileName));
    }

    public string Root => _scratch["root"];

    public string Outside => _scratch["outside"];

    public string Staging => Path.Combine(Root, ".ipswdiff-00000000000000000000000000000000");

    public IReadOnlyList<string> Older { get; }

    private string ManifestOfNewer { get; }

    /// <summary>Everything in the folder but the staging folder: files with their contents, links with their targets, folders.</summary>
    public SortedDictionary<string, string> Snapshot()
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Visit(new DirectoryInfo(Root), string.Empty);
        return found;

        void Visit(DirectoryInfo folder, string prefix)
        {
            foreach (var entry in folder.EnumerateFileSystemInfos().Where(entry => entry.FullName != Staging))
            {
                var name = prefix + entry.Name;
                found.Add(name, entry.LinkTarget is { } target ? "link to " + target : entry is FileInfo ? "file " + File.ReadAllText(entry.FullName) : "folder");
                if (entry is DirectoryInfo { LinkTarget: null } below)
                {
                    Visit(below, name + "/");
                }
            }
        }
    }

    /// <summary>What is to be there in the end; null where the swap is to be refused.</summary>
    public SortedDictionary<string, string>? Expected(bool force, bool keepsOlder)
    {
        // Entries that must stay: those of others, and with them what the older report alone has where that is kept.
        var stays = _before.Where(entry => _foreign.Contains(entry.Key)).ToDictionary(StringComparer.Ordinal);
        foreach (var name in Older.Where(name => keepsOlder && !_newer.Contains(name)))
        {
            stays.Add(name, _before[name]);
        }

        foreach (var name in _newer)
        {
            foreach (var at in FolderEntry.FoldersOf(name).Append(name))
            {
                if (stays.TryGetValue(at, out var what) && (what != "folder" || at == name))
                {
                    if (!force || what == "folder")
                    {
                        return null;
                    }

                    stays.Remove(at);
                }
            }

            if (stays.Keys.Any(stay => stay.StartsWith(name + "/", StringComparison.Ordinal)))
            {
                return null;
            }
        }

        var expected = new SortedDictionary<string, string>(stays, StringComparer.Ordinal) { [FolderManifest.FileName] = "file " + ManifestOfNewer };
        foreach (var name in _newer)
        {
            expected[name] = "file newer " + name;
        }

        foreach (var folder in expected.Keys.SelectMany(FolderEntry.FoldersOf).ToList())
        {
            expected[folder] = "folder";
        }

        return expected;
    }

    public void Dispose() => _scratch.Dispose();

    // No name is a folder of another.
    private static string[] Apart(string[] names) =>
        [.. names.Distinct(StringComparer.Ordinal).Where(name => !names.Any(other => other.StartsWith(name + "/", StringComparison.Ordinal)))];

    private static void Write(string root, string name, string content)
    {
        var path = Path.Combine(root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    // Where nothing is yet, in folders that are there or can be made.
    private void Place(string name, ForeignKind kind)
    {
        var path = Path.Combine(Root, name);
        var above = FolderEntry.FoldersOf(name).ToList();
        if (FolderEntry.KindOf(path) != EntryKind.None
            || above.Any(folder => FolderEntry.KindOf(Path.Combine(Root, folder)) is EntryKind.File or EntryKind.Link))
        {
            return;
        }

        foreach (var folder in above.Where(folder => !Directory.Exists(Path.Combine(Root, folder))))
        {
            Directory.CreateDirectory(Path.Combine(Root, folder));
            _foreign.Add(folder);
        }

        _foreign.Add(name);
        switch (kind)
        {
            case ForeignKind.File:
                File.WriteAllText(path, "mine");
                break;
            case ForeignKind.Folder:
                Directory.CreateDirectory(path);
                break;
            case ForeignKind.LinkToFolder:
                Directory.CreateSymbolicLink(path, Outside);
                break;
            case ForeignKind.LinkToFile:
                File.CreateSymbolicLink(path, Path.Combine(Outside, "a"));
                break;
            default:
                File.CreateSymbolicLink(path, Path.Combine(Outside, "nothing"));
                break;
        }
    }
}
