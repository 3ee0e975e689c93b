using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Formats.Apfs;

/// <summary>Finds an entry by its path, a directory at a time.</summary>
internal sealed class ApfsPathFinder(ApfsVolume volume)
{
    private readonly BTreeCursor _names = volume.RecordCursor();
    private readonly ApfsEntryReader _entries = new(volume);

    internal FileEntry? Find(string path)
    {
        if (!path.StartsWith('/'))
        {
            return null;
        }

        var entry = _entries.Read(ApfsConstants.RootDirectory, "/", RootParent);
        var depth = 0;
        foreach (var range in path.AsSpan().Split('/'))
        {
            var name = path[range];
            if (name.Length == 0)
            {
                continue;
            }

            if (entry.Kind != FileKind.Directory || ++depth > ApfsConstants.MaximumDepth || FindIn(entry, name) is not { } child)
            {
                return null;
            }

            entry = child;
        }

        return entry;
    }

    private const ulong RootParent = 1;

    private FileEntry? FindIn(FileEntry directory, string name)
    {
        for (var found = ApfsDirectory.SeekFirst(_names, directory.FileId); found; found = ApfsDirectory.MoveNext(_names, directory.FileId))
        {
            var candidate = ApfsDirectory.ReadName(volume, _names, out var id);
            if (candidate == name)
            {
                return _entries.Read(id, directory.Path == "/" ? "/" + candidate : $"{directory.Path}/{candidate}", directory.FileId);
            }
        }

        return null;
    }
}
