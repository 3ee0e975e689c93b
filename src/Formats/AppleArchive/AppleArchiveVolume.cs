using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Formats.AppleArchive;

/// <summary>
/// The files of one Apple Archive, or of several that are extracted one over another, as a volume. Opening goes over all headers;
/// contents are read, and decoded, only when a file is. Of entries with one path the last counts, as it does in extraction.
/// </summary>
public sealed class AppleArchiveVolume : FileSystemVolume, IFormatReader<AppleArchiveVolume>
{
    private const string Digest1 = "sha1:";
    private const string Digest256 = "sha256:";

    private readonly AppleArchiveTree _tree;
    private readonly AppleArchiveOrder _order;
    private readonly IReadOnlyList<ByteSource> _sources;

    private AppleArchiveVolume(AppleArchiveIndexer index, string name)
    {
        _tree = index.Tree;
        _order = new AppleArchiveOrder(_tree);
        _sources = index.Sources;
        Name = name;
        DuplicateCount = index.Duplicates;
        PatchOperations = [.. index.PatchOperations];
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary><c>aa</c>.</summary>
    public override string FileSystem => "aa";

    /// <inheritdoc/>
    public override bool CaseSensitive => true;

    /// <inheritdoc/>
    public override bool Sealed => false;

    /// <summary>Names in the volume, the root and directories among them.</summary>
    public int EntryCount => _order.Count;

    /// <summary>Entries other than directories whose path another entry has, too.</summary>
    public int DuplicateCount { get; }

    /// <summary>
    /// The operations (<c>YOP</c>) that change files which the archive does not bring: <c>P</c> patch, <c>C</c> copy, <c>R</c> remove.
    /// Empty for an archive that is complete in itself.
    /// </summary>
    public IReadOnlyList<char> PatchOperations { get; }

    /// <summary>Opens an archive.</summary>
    /// <param name="archive">The archive, or a pbzx stream of one.</param>
    /// <param name="options">How to index it.</param>
    /// <exception cref="FirmwareFormatException">It is no archive, is damaged, or holds more than the options allow.</exception>
    public static AppleArchiveVolume Open(ByteSource archive, AppleArchiveOptions? options = null) =>
        Open([new AppleArchivePart("archive", () => archive)], "archive", options);

    /// <summary>Opens archives that are extracted in this order into one directory. Several are gone over at the same time.</summary>
    /// <param name="archives">The archives, or pbzx streams of them.</param>
    /// <param name="name">The volume's name.</param>
    /// <param name="options">How to index them.</param>
    /// <exception cref="FirmwareFormatException">One is no archive, is damaged, or holds more than the options allow; names it.</exception>
    public static AppleArchiveVolume Open(IReadOnlyList<AppleArchivePart> archives, string name, AppleArchiveOptions? options = null) =>
        Open(archives, [], name, options ?? new AppleArchiveOptions());

    /// <summary>As above, with files that are in none of the archives; what the archives hold comes later than these.</summary>
    internal static AppleArchiveVolume Open(
        IReadOnlyList<AppleArchivePart> archives, IEnumerable<AppleArchiveFile> files, string name, AppleArchiveOptions options)
    {
        var index = new AppleArchiveIndexer(options);
        foreach (var file in files)
        {
            index.Add(file);
        }

        var faults = new Exception?[archives.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.Parallelism) };
        Parallel.For(0, archives.Count, parallel, (number, loop) =>
        {
            try
            {
                index.Add(AppleArchiveFormat.Unwrap(archives[number].Open(), options.Cache), number + 1);
            }
            catch (FirmwareFormatException fault)
            {
                faults[number] = archives.Count == 1 ? fault : fault.In(archives[number].Name);
                loop.Stop();
            }
            catch (IOException fault)
            {
                faults[number] = fault;
                loop.Stop();
            }
        });
        return faults.FirstOrDefault(fault => fault is not null) is { } first
            ? throw first
            : new AppleArchiveVolume(index, name);
    }

    /// <inheritdoc/>
    public static int HeadLength => AppleArchiveFormat.MagicLength;

    /// <summary>
    /// Whether a file that begins with <paramref name="head"/> is an archive that is not compressed; for those in a pbzx stream see
    /// <see cref="Matches(ByteSource)"/>.
    /// </summary>
    public static bool Matches(ReadOnlySpan<byte> head) => AppleArchiveFormat.HasMagic(head);

    /// <summary>Whether <paramref name="source"/> is an archive, plain or as a pbzx stream; reads no more than its beginning.</summary>
    /// <exception cref="FirmwareFormatException">It begins as a pbzx stream does, but is damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static bool Matches(ByteSource source) => AppleArchiveFormat.IsArchive(Pbzx.PbzxSource.TryOpen(source, out var stream) ? stream : source);

    static AppleArchiveVolume IFormatReader<AppleArchiveVolume>.Open(ByteSource source) => Open(source);

    /// <inheritdoc/>
    public override IEnumerable<FileEntry> Walk(string from = "/", CancellationToken cancellationToken = default)
    {
        var start = _tree.Find(from);
        if (start == AppleArchiveNode.None)
        {
            yield break;
        }

        for (var position = _order.PositionOf(start); position < _order.Ends[start]; position++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return Entry(_order.NodeAt(position));
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<FileEntry> WalkRange(string first, string? end, CancellationToken cancellationToken = default)
    {
        for (var position = FirstFrom(first); position < _order.Count; position++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var entry = Entry(_order.NodeAt(position));
            if (end is not null && PathOrder.Compare(entry.Path, end) >= 0)
            {
                yield break;
            }

            yield return entry;
        }
    }

    /// <inheritdoc/>
    public override FileEntry? Find(string path) => _tree.Find(path) is var node && node != AppleArchiveNode.None ? Entry(node) : null;

    /// <inheritdoc/>
    public override ByteSource Open(FileEntry entry)
    {
        var node = NodeOf(entry);
        if (node.Type != AppleArchiveFormat.RegularFile)
        {
            throw Fault($"{entry.Path} is no regular file");
        }

        return node.Source != AppleArchiveNode.None ? _sources[node.Source].Slice(node.Offset, node.Size)
            : node.Size == 0 ? new MemoryByteSource(default)
            : throw Fault($"the contents of {entry.Path} are not in the archive");
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, long> ExtendedAttributes(FileEntry entry) =>
        ReadAttributes(NodeOf(entry)).ToDictionary(static attribute => attribute.Key, static attribute => attribute.Value.Length, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override ByteSource? OpenExtendedAttribute(FileEntry entry, string name) => ReadAttributes(NodeOf(entry)).GetValueOrDefault(name);

    private static FirmwareFormatException Fault(string reason) => new(AppleArchiveFormat.Name, -1, reason);

    private AppleArchiveNode NodeOf(FileEntry entry) =>
        _tree.Find(entry.Path) is var node && node != AppleArchiveNode.None ? _tree[node] : throw Fault($"{entry.Path} is not in the archive");

    private Dictionary<string, ByteSource> ReadAttributes(AppleArchiveNode node) => node.AttributesSource == AppleArchiveNode.None
        ? []
        : AppleArchiveAttributes.Read(_sources[node.AttributesSource], node.AttributesOffset, node.AttributesSize);

    // The first position whose path is not before this one.
    private int FirstFrom(string path)
    {
        var low = 0;
        var high = _order.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (PathOrder.Compare(_tree.Path(_order.NodeAt(middle)), path) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    // The first name may have become another file since, by a later entry.
    private int FirstName(int number, in AppleArchiveNode node)
    {
        if (node.HardLink == AppleArchiveNode.None)
        {
            return number;
        }

        ref readonly var first = ref _tree[node.HardLink];
        return first.HardLink == node.HardLink && first.Cluster == node.Cluster && first.Source == node.Source ? node.HardLink : number;
    }

    private FileEntry Entry(int number)
    {
        var node = _tree[number];
        var kind = node.Type switch
        {
            0 or AppleArchiveFormat.Directory => FileKind.Directory,
            AppleArchiveFormat.RegularFile => FileKind.File,
            AppleArchiveFormat.Symlink => FileKind.Symlink,
            _ => FileKind.Special,
        };
        return new FileEntry
        {
            Path = _tree.Path(number),
            Kind = kind,
            Size = kind switch { FileKind.File => node.Size, FileKind.Symlink => node.LinkLength, _ => 0 },
            Mode = node.Mode,
            FileId = (ulong)_order.PositionOf(FirstName(number, in node)) + 1,
            Uid = node.Uid,
            Gid = node.Gid,
            Target = kind == FileKind.Symlink ? Encoding.UTF8.GetString(_tree.Bytes(node.Link, node.LinkLength)) : null,
            PhysicalOffset = Math.Max(0, node.Ordinal),
            ContentHash = kind != FileKind.File || node.DigestLength == 0 ? null
                : (node.DigestLength == 20 ? Digest1 : Digest256) + Convert.ToHexStringLower(_tree.Bytes(node.Digest, node.DigestLength)),
        };
    }
}
