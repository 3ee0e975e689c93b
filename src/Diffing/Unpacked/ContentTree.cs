using IpswDiff.Diffing.Inputs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Unpacked;

/// <summary>Something with names in path order and contents: a volume, or the files that lie loose in an archive.</summary>
internal interface IContentTree
{
    /// <summary>The entries from <paramref name="first"/> to before <paramref name="end"/>, in path order.</summary>
    /// <exception cref="FirmwareFormatException">Its structures are damaged.</exception>
    IEnumerable<FileEntry> WalkRange(string first, string? end, CancellationToken cancellationToken);

    /// <summary>The contents of a file; whoever opens disposes.</summary>
    /// <exception cref="FirmwareFormatException">They are damaged.</exception>
    OwnedByteSource Open(FileEntry entry);

    /// <summary>What is known of it as a whole; blocks and extents are those given.</summary>
    UnpackedVolumeRecord Describe(IReadOnlyList<IndexBlock> blocks, IReadOnlyList<ContentExtent> extents, long bytes);
}

/// <summary>A volume of a disk image.</summary>
internal sealed class VolumeTree(FileSystemVolume volume) : IContentTree
{
    public IEnumerable<FileEntry> WalkRange(string first, string? end, CancellationToken cancellationToken) => volume.WalkRange(first, end, cancellationToken);

    public OwnedByteSource Open(FileEntry entry) => new(SparseByteSource.Bound(volume.Open(entry)));

    public UnpackedVolumeRecord Describe(IReadOnlyList<IndexBlock> blocks, IReadOnlyList<ContentExtent> extents, long bytes) => new()
    {
        Name = volume.Name,
        FileSystem = volume.FileSystem,
        CaseSensitive = volume.CaseSensitive,
        Sealed = volume.Sealed,
        Blocks = blocks,
        Extents = extents,
        Entries = blocks.Sum(block => (long)block.Entries),
        Bytes = bytes,
    };
}

/// <summary>The members and kernelcaches of an archive, as a tree of files.</summary>
internal sealed class LooseTree : IContentTree
{
    private readonly FileEntry[] _entries;
    private readonly Dictionary<string, Func<OwnedByteSource>> _open = new(StringComparer.Ordinal);

    public LooseTree(FirmwareInput input)
    {
        var entries = new List<FileEntry>();
        foreach (var member in input.Members)
        {
            Add(entries, MemberPath(member.IsListed, member.Name), member.Size, member.Open);
        }

        foreach (var cache in input.Kernelcaches)
        {
            Add(entries, KernelcachePath(cache.Path), cache.Size, cache.Open);
        }

        entries.Sort(static (one, other) => PathOrder.Compare(one.Path, other.Path));
        _entries = [.. entries];
    }

    public static string MemberPath(bool isListed, string name) => (isListed ? "/members/" : "/components/") + name;

    public static string KernelcachePath(string path) => "/kernelcaches/" + path;

    public IEnumerable<FileEntry> WalkRange(string first, string? end, CancellationToken cancellationToken) =>
        _entries.Where(entry => PathOrder.Compare(entry.Path, first) >= 0 && (end is null || PathOrder.Compare(entry.Path, end) < 0));

    public OwnedByteSource Open(FileEntry entry) => _open[entry.Path]();

    public UnpackedVolumeRecord Describe(IReadOnlyList<IndexBlock> blocks, IReadOnlyList<ContentExtent> extents, long bytes) => new()
    {
        Name = "loose files",
        FileSystem = "archive",
        CaseSensitive = true,
        Blocks = blocks,
        Extents = extents,
        Entries = _entries.Length,
        Bytes = bytes,
    };

    private void Add(List<FileEntry> entries, string path, long size, Func<OwnedByteSource> open)
    {
        if (_open.TryAdd(path, open))
        {
            entries.Add(new FileEntry { Path = path, Kind = FileKind.File, Size = size, Mode = 0, FileId = (ulong)_open.Count });
        }
    }
}
