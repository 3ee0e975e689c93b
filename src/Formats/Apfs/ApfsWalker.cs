using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Formats.Apfs;

/// <summary>
/// Walks a tree of directories in <see cref="PathOrder"/> with a stack of its own, a directory per level. The names of a directory are
/// read at once, their inodes in order of number (in which they lie in the tree), and given out in order of name.
/// </summary>
internal sealed class ApfsWalker(ApfsVolume volume, string? first, string? end)
{
    private readonly BTreeCursor _names = volume.RecordCursor();
    private readonly ApfsEntryReader _entries = new(volume);
    private readonly Stack<Level> _levels = new();

    internal IEnumerable<FileEntry> Walk(FileEntry root, CancellationToken cancellationToken)
    {
        if (IsWanted(root.Path))
        {
            yield return root;
        }

        Enter(root);
        while (_levels.TryPeek(out var level))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (level.Next == level.Entries.Length)
            {
                _levels.Pop();
                continue;
            }

            var entry = level.Entries[level.Next];
            level.Entries[level.Next++] = null!;
            if (IsWanted(entry.Path))
            {
                yield return entry;
            }

            Enter(entry);
        }
    }

    private bool IsWanted(string path) =>
        (first is null || PathOrder.Compare(path, first) >= 0) && (end is null || PathOrder.Compare(path, end) < 0);

    /// <summary>Whether the path or anything below it is wanted.</summary>
    private bool MayHold(string path) =>
        (end is null || PathOrder.Compare(path, end) < 0)
        && (first is null || PathOrder.Compare(path, first) >= 0 || IsAbove(path, first));

    private static bool IsAbove(string path, string other) =>
        path == "/" || (other.Length > path.Length && other[path.Length] == '/' && other.StartsWith(path, StringComparison.Ordinal));

    private void Enter(FileEntry entry)
    {
        if (entry.Kind != FileKind.Directory || !MayHold(entry.Path))
        {
            return;
        }

        if (_levels.Count >= ApfsConstants.MaximumDepth)
        {
            throw new FirmwareFormatException(ApfsConstants.Format, -1, $"directories lie more than {ApfsConstants.MaximumDepth} deep");
        }

        var entries = ReadDirectory(entry);
        if (entries.Length > 0)
        {
            _levels.Push(new Level(entries));
        }
    }

    private FileEntry[] ReadDirectory(FileEntry directory)
    {
        var prefix = directory.Path == "/" ? "/" : directory.Path + "/";
        var names = new List<(ulong Id, string Path)>();
        for (var found = ApfsDirectory.SeekFirst(_names, directory.FileId); found; found = ApfsDirectory.MoveNext(_names, directory.FileId))
        {
            var path = string.Concat(prefix, ApfsDirectory.ReadName(volume, _names, out var id));
            if (MayHold(path))
            {
                names.Add((id, path));
            }
        }

        names.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        var entries = new FileEntry[names.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = _entries.Read(names[i].Id, names[i].Path, directory.FileId);
            if (i > 0 && names[i].Id == names[i - 1].Id && entries[i].Kind == FileKind.Directory)
            {
                throw new FirmwareFormatException(ApfsConstants.Format, -1, $"directory {names[i].Id} has two names in {directory.Path}");
            }
        }

        // All share the prefix, so that only what comes after it needs to be compared.
        var common = prefix.Length;
        Array.Sort(entries, (a, b) => a.Path.AsSpan(common).SequenceCompareTo(b.Path.AsSpan(common)));
        for (var i = 1; i < entries.Length; i++)
        {
            if (entries[i].Path == entries[i - 1].Path)
            {
                throw new FirmwareFormatException(ApfsConstants.Format, -1, $"two entries have the name {entries[i].Path}");
            }
        }

        return entries;
    }

    private sealed class Level(FileEntry[] entries)
    {
        internal FileEntry[] Entries { get; } = entries;

        internal int Next { get; set; }
    }
}
