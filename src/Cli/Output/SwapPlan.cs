namespace IpswDiff.Cli.Output;

/// <summary>A file or folder that is moved as a whole.</summary>
/// <param name="Name">Its name below the output folder.</param>
/// <param name="Puts">Whether something new comes there.</param>
/// <param name="Replaces">Whether something of an older run is there.</param>
internal sealed record SwapStep(string Name, bool Puts, bool Replaces);

/// <summary>What is to be moved so that a folder holds what a run wrote, nothing more of an older run, and all that is not ours as it was.</summary>
/// <param name="Steps">The moves, in their order: pages and details, then what leads to them, then what goes.</param>
/// <param name="Owned">Everything that may be removed once it is out of the way.</param>
internal sealed record SwapPlan(IReadOnlyList<SwapStep> Steps, IReadOnlySet<string> Owned)
{
    /// <summary>Plans.</summary>
    /// <param name="root">The output folder.</param>
    /// <param name="ready">The folder with what comes.</param>
    /// <param name="older">What the older run wrote, by its manifest.</param>
    /// <param name="keepsOlder">Whether what the older run wrote and this one does not stays.</param>
    /// <param name="force">Whether files and links of others are replaced where something of ours has their name.</param>
    /// <exception cref="IOException">Something that is not ours stands where something of ours is to be; names it and says what to do.</exception>
    public static SwapPlan Make(string root, string ready, IReadOnlyList<string> older, bool keepsOlder, bool force)
    {
        var coming = FolderEntry.FilesBelow(ready).ToHashSet(StringComparer.Ordinal);
        var ours = older.Append(FolderManifest.FileName).ToHashSet(StringComparer.Ordinal);
        var planner = new Planner(root, ready, keepsOlder ? [.. ours.Intersect(coming)] : ours, force);
        planner.Plan(string.Empty);
        if (planner.InTheWay.Count > 0)
        {
            throw new IOException(OutputRules.InTheWay(root, planner.InTheWay, force));
        }

        return new SwapPlan([.. planner.Puts.OrderBy(static step => Rank(step.Name)), .. planner.Removals], planner.Owned);
    }

    // Who reads meanwhile finds the pages of an index that he can see.
    private static int Rank(string name) => name == FolderManifest.FileName ? 2 : name.Contains('.', StringComparison.Ordinal) && !name.Contains('/', StringComparison.Ordinal) ? 1 : 0;

    private sealed class Planner
    {
        private readonly string _root;
        private readonly string _ready;
        private readonly bool _force;
        private readonly HashSet<string> _folders;

        public Planner(string root, string ready, HashSet<string> ours, bool force)
        {
            (_root, _ready, Owned, _force) = (root, ready, ours, force);
            _folders = ours.SelectMany(FolderEntry.FoldersOf).ToHashSet(StringComparer.Ordinal);
        }

        public List<SwapStep> Puts { get; } = [];

        public List<SwapStep> Removals { get; } = [];

        public List<string> InTheWay { get; } = [];

        public HashSet<string> Owned { get; }

        public void Plan(string folder)
        {
            var place = FolderEntry.At(_ready, folder);
            var coming = Directory.Exists(place) ? FolderEntry.NamesIn(place) : [];
            foreach (var name in coming.Select(name => FolderEntry.Below(folder, name)))
            {
                Put(name, FolderEntry.KindOf(FolderEntry.At(_ready, name)) == EntryKind.Folder);
            }

            foreach (var name in FolderEntry.NamesIn(FolderEntry.At(_root, folder)).Except(coming, StringComparer.Ordinal).Select(name => FolderEntry.Below(folder, name)))
            {
                Remove(name);
            }
        }

        private void Put(string name, bool isFolder)
        {
            switch (FolderEntry.KindOf(FolderEntry.At(_root, name)))
            {
                case EntryKind.None:
                    Puts.Add(new SwapStep(name, Puts: true, Replaces: false));
                    break;
                case EntryKind.Folder when IsOurs(name):
                    Puts.Add(new SwapStep(name, Puts: true, Replaces: true));
                    break;
                case EntryKind.Folder when isFolder:
                    Plan(name);
                    break;
                case EntryKind.File when Owned.Contains(name):
                    Puts.Add(new SwapStep(name, Puts: true, Replaces: true));
                    break;
                case EntryKind.File or EntryKind.Link when _force:
                    Owned.Add(name);
                    Puts.Add(new SwapStep(name, Puts: true, Replaces: true));
                    break;
                default:
                    InTheWay.Add(name);
                    break;
            }
        }

        private void Remove(string name)
        {
            switch (FolderEntry.KindOf(FolderEntry.At(_root, name)))
            {
                case EntryKind.File when Owned.Contains(name):
                case EntryKind.Folder when IsOurs(name):
                    Removals.Add(new SwapStep(name, Puts: false, Replaces: true));
                    break;
                case EntryKind.Folder when _folders.Contains(name):
                    Plan(name);
                    break;
                default:
                    break;
            }
        }

        // Nothing but files that we wrote, and the folders that we made for them.
        private bool IsOurs(string folder) => _folders.Contains(folder) && FolderEntry.NamesIn(FolderEntry.At(_root, folder))
            .Select(name => FolderEntry.Below(folder, name))
            .All(name => FolderEntry.KindOf(FolderEntry.At(_root, name)) switch
            {
                EntryKind.File => Owned.Contains(name),
                EntryKind.Folder => IsOurs(name),
                _ => false,
            });
    }
}
