using System.Text;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Formats.Apfs;

/// <summary>Finds an entry by its path, a directory at a time.</summary>
internal sealed class ApfsPathFinder(ApfsVolume volume)
{
    private const ulong RootParent = 1;

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

    private FileEntry? FindIn(FileEntry directory, string name)
    {
        if (!volume.HasHashedNames)
        {
            return Scan(directory, null, candidate => candidate == name);
        }

        var foldCase = !volume.CaseSensitive;
        var normal = ApfsName.Normalize(name, foldCase);
        bool IsSame(string candidate) => ApfsName.Normalize(candidate, foldCase) == normal;

        // The hash is sure for ASCII only: beyond it, versions of Unicode differ, so that a miss is made sure of by looking at every name.
        return Scan(directory, ApfsName.Hash(normal), IsSame) ?? (Ascii.IsValid(name) ? null : Scan(directory, null, IsSame));
    }

    /// <summary>Looks among the names of a directory, or among those with one hash.</summary>
    private FileEntry? Scan(FileEntry directory, ulong? hash, Func<string, bool> isWanted)
    {
        for (var found = ApfsDirectory.SeekFirst(_names, directory.FileId, hash ?? 0);
            found && (hash is null || _names.Key.Secondary == hash);
            found = ApfsDirectory.MoveNext(_names, directory.FileId))
        {
            var candidate = ApfsDirectory.ReadName(volume, _names, out var id);
            if (isWanted(candidate))
            {
                return _entries.Read(id, directory.Path == "/" ? "/" + candidate : $"{directory.Path}/{candidate}", directory.FileId);
            }
        }

        return null;
    }
}
