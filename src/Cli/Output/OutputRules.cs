using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Reports;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Cli.Output;

/// <summary>Which folders may be written into: those that do not exist, are empty, or bear a manifest of the same kind; others only by force.</summary>
internal static class OutputRules
{
    private const int Named = 5;

    // What a service keeps is known by its folders, and it replaces nothing in them that it did not write.
    private static readonly string[] ServiceFolders = ["artifacts", "catalog", "firmwares"];

    /// <summary>The folder that a user named: what a link leads to.</summary>
    /// <exception cref="ArgumentException">There is something else, or a link that leads nowhere.</exception>
    public static string Locate(string option, string path)
    {
        if (path.Length == 0)
        {
            throw new ArgumentException($"{option} takes a folder; it was given nothing");
        }

        var full = Path.GetFullPath(path);
        var info = new DirectoryInfo(full);
        var target = FolderEntry.KindOf(full) == EntryKind.Link ? info.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full : full;
        return FolderEntry.KindOf(Path.TrimEndingDirectorySeparator(target)) switch
        {
            EntryKind.File => throw new ArgumentException($"{option} {path}: this is a file, and a folder is wanted"),
            EntryKind.None when target != full => throw new ArgumentException($"{option} {path}: this is a link that leads to nothing ({target})"),
            _ => target,
        };
    }

    /// <summary>Fails unless an existing folder may be written into; returns its manifest, or null where it has none.</summary>
    /// <param name="option">How the user named it.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="kind">What it is to hold.</param>
    /// <param name="force">Whether the user insists.</param>
    /// <exception cref="ArgumentException">It may not; names what is there and says what to do.</exception>
    public static FolderManifest? Check(string option, string folder, string kind, bool force)
    {
        var manifest = FolderManifest.Read(folder);
        if (manifest?.Kind == kind)
        {
            return manifest;
        }

        var names = FolderEntry.NamesIn(folder).Where(static name => !OutputFolder.IsOwnName(name)).ToList();
        if (names.Count == 0 || force || (kind == OutputKind.Service && manifest is null && names.All(name => IsServiceFolder(folder, name))))
        {
            return null;
        }

        var holds = manifest is null ? "no manifest says that it was written here before" : $"its manifest says that it is of another kind ({MarkdownText.Visible(manifest.Kind)})";
        throw new ArgumentException(
            $"{option} {folder}: the folder is not empty and {holds}: {List(names)}. Name another folder, or give --force to write into this one");
    }

    /// <summary>Fails where something that is not ours stands in the place of something that is certain to come.</summary>
    /// <exception cref="ArgumentException">It does.</exception>
    public static void CheckCertain(string folder, FolderManifest? manifest, IEnumerable<string> certain)
    {
        var inTheWay = certain.Where(name => FolderEntry.KindOf(FolderEntry.At(folder, name)) switch
        {
            EntryKind.None => false,
            EntryKind.File => manifest?.Files.Contains(name, StringComparer.Ordinal) != true,
            EntryKind.Folder => name != ArtifactNames.ItemsFolder,
            _ => true,
        }).ToList();
        if (inTheWay.Count > 0)
        {
            throw new ArgumentException(InTheWay(folder, inTheWay, force: false));
        }
    }

    /// <summary>Says what stands in the way.</summary>
    public static string InTheWay(string folder, IReadOnlyList<string> names, bool force) =>
        $"{folder}: what stands where the report is to be was not written by the one before: {List(names)}. Move it away"
        + (force ? string.Empty : ", or give --force to replace files and links");

    private static bool IsServiceFolder(string folder, string name) =>
        ServiceFolders.Contains(name, StringComparer.Ordinal) && FolderEntry.KindOf(Path.Combine(folder, name)) == EntryKind.Folder;

    private static string List(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(Named).Select(MarkdownText.Visible)) + (names.Count > Named ? $" and {names.Count - Named} more" : string.Empty);
}
