using System.Globalization;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Formats.HfsPlus;

/// <summary>A file or folder behind a name, hard links resolved: its record, and the folder that its thread must name.</summary>
internal readonly record struct HfsTarget(HfsCatalogRecord Record, uint ThreadParent, bool ThroughFolderLink);

/// <summary>
/// The tree as macOS shows it: hard links lead to what they share, the folders that hold the shared things and the journal are not there.
/// </summary>
internal sealed class HfsNamespace
{
    // Deeper or longer paths than any system makes; without a limit, a small catalog could make paths that fill memory.
    private const int MaxDepth = 1024;
    private const int MaxPathLength = 16384;

    private readonly HfsCatalog _catalog;
    private readonly bool _isJournaled;
    private readonly uint? _filesFolder;
    private readonly uint? _foldersFolder;
    private readonly long _linkedFolderLimit;

    internal HfsNamespace(HfsCatalog catalog, HfsVolumeHeader header)
    {
        _catalog = catalog;
        _isJournaled = header.IsJournaled;
        _filesFolder = FolderInRoot(HfsFormat.PrivateFilesFolder);
        _foldersFolder = FolderInRoot(HfsFormat.PrivateFoldersFolder);
        _linkedFolderLimit = 65536 + (4L * header.FolderCount);
    }

    /// <summary>The root folder.</summary>
    /// <exception cref="FirmwareFormatException">The catalog has none.</exception>
    internal HfsCatalogRecord Root =>
        Get(HfsFormat.RootFolderId) is { IsFolder: true } root
            ? root
            : throw new FirmwareFormatException(HfsFormat.Name, -1, "the catalog has no root folder");

    /// <summary>The record of file or folder <paramref name="id"/> by its thread, or null where it has none.</summary>
    internal HfsCatalogRecord? Get(uint id) =>
        _catalog.Thread(id) is { } thread && _catalog.Lookup(thread.Parent, thread.Name) is { } entry && entry.Record.Id == id ? entry.Record : null;

    /// <summary>What is at <paramref name="path"/>, with the path as the volume spells it, or null.</summary>
    internal (string Path, HfsTarget Target)? Find(string path)
    {
        if (!path.StartsWith('/'))
        {
            return null;
        }

        var found = string.Empty;
        var target = new HfsTarget(Root, HfsFormat.RootParentId, ThroughFolderLink: false);
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!target.Record.IsFolder || Lookup(target.Record.Id, part) is not { } entry)
            {
                return null;
            }

            found = $"{found}/{entry.Name}";
            target = Resolve(entry, target.Record.Id);
        }

        return (found.Length == 0 ? "/" : found, target);
    }

    /// <summary>
    /// Everything below and including <paramref name="start"/> in <see cref="PathOrder"/>, from <paramref name="first"/> on and
    /// before <paramref name="end"/> where they are given.
    /// </summary>
    internal IEnumerable<(string Path, HfsCatalogRecord Record)> Walk(
        string path, HfsTarget start, string? first, string? end, CancellationToken cancellationToken)
    {
        if (end is not null && PathOrder.Compare(path, end) >= 0)
        {
            yield break;
        }

        if (first is null || PathOrder.Compare(path, first) >= 0)
        {
            yield return (path, start.Record);
        }

        if (!start.Record.IsFolder)
        {
            yield break;
        }

        var linkedFolders = start.ThroughFolderLink ? 1L : 0;
        var stack = new Stack<Frame>();
        stack.Push(Enter(path == "/" ? string.Empty : path, start, cancellationToken));
        while (stack.TryPeek(out var frame))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (frame.Next == frame.Entries.Count)
            {
                stack.Pop();
                continue;
            }

            var entry = frame.Entries[frame.Next++];
            var childPath = $"{frame.Prefix}/{entry.Name}";
            if (IsHidden(frame.Folder, entry))
            {
                continue;
            }

            if (end is not null && PathOrder.Compare(childPath, end) >= 0)
            {
                yield break;
            }

            var wanted = first is null || PathOrder.Compare(childPath, first) >= 0;
            if (!wanted && !IsAbove(childPath, first!))
            {
                continue;
            }

            var target = Resolve(entry, frame.Folder);
            if (wanted)
            {
                yield return (childPath, target.Record);
            }

            if (target.Record.IsFolder)
            {
                if (target.ThroughFolderLink || frame.ThroughFolderLink)
                {
                    target = target with { ThroughFolderLink = true };
                    CheckLink(stack, target.Record.Id, ++linkedFolders, childPath);
                }

                if (stack.Count >= MaxDepth || childPath.Length > MaxPathLength)
                {
                    throw new FirmwareFormatException(HfsFormat.Name, -1, $"folders are nested deeper than {MaxDepth} levels or {MaxPathLength} characters");
                }

                stack.Push(Enter(childPath, target, cancellationToken));
            }
        }
    }

    private HfsCatalogEntry? Lookup(uint folder, string part)
    {
        foreach (var name in HfsName.FromPath(part))
        {
            if (_catalog.Lookup(folder, name) is { } entry)
            {
                return IsHidden(folder, entry) ? null : entry;
            }
        }

        return null;
    }

    private Frame Enter(string prefix, HfsTarget folder, CancellationToken cancellationToken) =>
        new(prefix, folder.Record.Id, folder.ThroughFolderLink, _catalog.List(folder.Record.Id, folder.ThreadParent, cancellationToken));

    private HfsTarget Resolve(HfsCatalogEntry entry, uint folder)
    {
        var record = entry.Record;
        if (record.IsFileLink)
        {
            return new HfsTarget(Shared(_filesFolder, "iNode", record), _filesFolder!.Value, ThroughFolderLink: false);
        }

        return record.IsFolderLink && _foldersFolder is not null
            ? new HfsTarget(Shared(_foldersFolder, "dir_", record), _foldersFolder.Value, ThroughFolderLink: true)
            : new HfsTarget(record, folder, ThroughFolderLink: false);
    }

    /// <summary>What a hard link leads to (TN1150 "Hard Links"): the entry of its number in the private folder.</summary>
    private HfsCatalogRecord Shared(uint? folder, string prefix, HfsCatalogRecord link)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{prefix}{link.Special}");
        var record = folder is null ? null : _catalog.Lookup(folder.Value, name)?.Record;
        if (record is null || record.IsFolder != (prefix == "dir_") || record.IsFileLink || record.IsFolderLink)
        {
            throw new FirmwareFormatException(HfsFormat.Name, -1, $"hard link {link.Id} leads to {name}, which is not in the volume's private folder");
        }

        return record;
    }

    private uint? FolderInRoot(string name) =>
        _catalog.Lookup(HfsFormat.RootFolderId, name) is { Record: { IsFolder: true } folder } ? folder.Id : null;

    private bool IsHidden(uint folder, HfsCatalogEntry entry) =>
        folder == HfsFormat.RootFolderId &&
        (entry.Record.Id == _filesFolder || entry.Record.Id == _foldersFolder ||
         (_isJournaled && entry.Name is HfsFormat.JournalFile or HfsFormat.JournalInfoFile));

    /// <summary>
    /// Hard links to folders are the one way in which a catalog can be more than a tree: into itself, or doubling at every level.
    /// </summary>
    private void CheckLink(Stack<Frame> stack, uint folder, long linkedFolders, string path)
    {
        foreach (var frame in stack)
        {
            if (frame.Folder == folder)
            {
                throw new FirmwareFormatException(HfsFormat.Name, -1, $"the hard link {path} leads to a folder that it is in");
            }
        }

        if (linkedFolders > _linkedFolderLimit)
        {
            throw new FirmwareFormatException(
                HfsFormat.Name, -1, $"hard links show more than {_linkedFolderLimit} folders, far more than the volume has");
        }
    }

    /// <summary>Whether <paramref name="folder"/> is a folder on the way to <paramref name="path"/>.</summary>
    private static bool IsAbove(string folder, string path) =>
        path.Length > folder.Length && path[folder.Length] == '/' && path.StartsWith(folder, StringComparison.Ordinal);

    /// <summary>A folder that is being walked.</summary>
    private sealed class Frame(string prefix, uint folder, bool throughFolderLink, List<HfsCatalogEntry> entries)
    {
        internal string Prefix { get; } = prefix;

        internal uint Folder { get; } = folder;

        internal bool ThroughFolderLink { get; } = throughFolderLink;

        internal List<HfsCatalogEntry> Entries { get; } = entries;

        internal int Next { get; set; }
    }
}
