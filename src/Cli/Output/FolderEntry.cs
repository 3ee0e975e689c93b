namespace IpswDiff.Cli.Output;

/// <summary>What stands under a name, without following links.</summary>
internal enum EntryKind
{
    None,
    File,
    Folder,
    Link,
}

/// <summary>Looks at entries of folders and moves them, never through links.</summary>
internal static class FolderEntry
{
    public static EntryKind KindOf(string path)
    {
        var info = new FileInfo(path);
        var attributes = info.Attributes;
        return attributes == (FileAttributes)(-1) ? EntryKind.None
            : attributes.HasFlag(FileAttributes.ReparsePoint) && info.LinkTarget is not null ? EntryKind.Link
            : attributes.HasFlag(FileAttributes.Directory) ? EntryKind.Folder
            : EntryKind.File;
    }

    /// <summary>The path of a name with <c>/</c> below a folder.</summary>
    public static string At(string folder, string name) =>
        name.Length == 0 ? folder : Path.Combine(folder, Path.DirectorySeparatorChar == '/' ? name : name.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>A name below another.</summary>
    public static string Below(string folder, string name) => folder.Length == 0 ? name : folder + "/" + name;

    /// <summary>The names of the folders that a name lies in, outermost first.</summary>
    public static IEnumerable<string> FoldersOf(string name)
    {
        for (var slash = name.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = name.IndexOf('/', slash + 1))
        {
            yield return name[..slash];
        }
    }

    /// <summary>Whether every folder that <paramref name="name"/> lies in is absent or a real one, and no link.</summary>
    public static bool IsReachedByFolders(string root, string name) =>
        FoldersOf(name).Select(folder => KindOf(At(root, folder))).TakeWhile(kind => kind != EntryKind.None).All(kind => kind == EntryKind.Folder);

    /// <summary>The names in a folder, in ordinal order.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static List<string> NamesIn(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    /// <summary>Everything below a folder that is none itself, by name; links are named and not followed.</summary>
    /// <exception cref="IOException">A folder cannot be read.</exception>
    public static IEnumerable<string> FilesBelow(string root, string folder = "")
    {
        foreach (var name in NamesIn(At(root, folder)).Select(name => Below(folder, name)))
        {
            if (KindOf(At(root, name)) != EntryKind.Folder)
            {
                yield return name;
                continue;
            }

            foreach (var file in FilesBelow(root, name))
            {
                yield return file;
            }
        }
    }

    /// <summary>Moves an entry, whatever it is, to a name that is free in the same file system.</summary>
    /// <exception cref="IOException">It cannot be moved, or the name is taken.</exception>
    public static void Move(string from, string to)
    {
        if (KindOf(to) != EntryKind.None)
        {
            throw new IOException($"{to} is in the way: somebody has just put it there");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        // Both rename a link itself; which of them takes it depends on where it leads. The name is free, and renaming is one step where
        // a move that must not overwrite would be two.
        if (Directory.Exists(from))
        {
            Directory.Move(from, to);
        }
        else
        {
            File.Move(from, to, overwrite: true);
        }
    }
}
