using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Decmpfs;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Formats.HfsPlus;

/// <summary>
/// An HFS+ or HFSX volume (Apple TN1150 and <c>hfs_format.h</c>), read in place; also one embedded in an HFS wrapper. The journal is
/// not replayed: firmware images are unmounted cleanly. Names are given as stored, decomposed; they are found in either form.
/// </summary>
public sealed class HfsPlusVolume : FileSystemVolume, IFormatReader<HfsPlusVolume>
{
    private const int MaxTargetLength = 4096;

    private readonly HfsNamespace _namespace;
    private readonly HfsForks _forks;
    private readonly HfsAttributes? _attributes;
    private readonly BlockCache? _cache;

    private HfsPlusVolume(HfsVolumeHeader header, BlockCache? cache)
    {
        _cache = cache;
        _forks = new HfsForks(header, cache);
        var tree = HfsBTree.Open(
            _forks.Open(HfsFormat.CatalogFileId, HfsFormat.DataFork, header.CatalogFile), HfsTreeKind.Catalog, cache);
        CaseSensitive = header.IsHfsx && tree.KeyCompareType == HfsFormat.BinaryCompare;
        var catalog = new HfsCatalog(tree, CaseSensitive);
        Name = catalog.Thread(HfsFormat.RootFolderId) is { } root
            ? root.Name
            : throw new FirmwareFormatException(HfsFormat.Name, -1, "the catalog has no root folder");
        _namespace = new HfsNamespace(catalog, header);
        if (header.AttributesFile.LogicalSize > 0)
        {
            var attributes = HfsBTree.Open(
                _forks.Open(HfsFormat.AttributesFileId, HfsFormat.DataFork, header.AttributesFile), HfsTreeKind.Attributes, cache);
            _attributes = new HfsAttributes(attributes, _forks);
        }
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string FileSystem => "hfsplus";

    /// <inheritdoc/>
    public override bool CaseSensitive { get; }

    /// <inheritdoc/>
    public override bool Sealed => false;

    /// <summary>Opens the volume that fills <paramref name="partition"/>.</summary>
    /// <param name="partition">The partition, or the whole image where it has no partition map.</param>
    /// <param name="cache">Where B-tree nodes are kept; the process's cache when null.</param>
    /// <exception cref="FirmwareFormatException">It is no HFS+ or HFSX volume, or its structures are damaged.</exception>
    public static HfsPlusVolume Open(ByteSource partition, BlockCache? cache = null) =>
        TryOpen(partition, cache, out var volume)
            ? volume
            : throw new FirmwareFormatException(HfsFormat.Name, HfsFormat.VolumeHeaderOffset, "there is no HFS+ volume header");

    static HfsPlusVolume IFormatReader<HfsPlusVolume>.Open(ByteSource source) => Open(source);

    /// <inheritdoc/>
    public static int HeadLength => HfsFormat.VolumeHeaderOffset + 2;

    /// <summary>Whether a partition that begins with <paramref name="head"/> is HFS+, HFSX or the HFS wrapper around one, by its volume header.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) => head.Length >= HeadLength
        && BinaryPrimitives.ReadUInt16BigEndian(head[HfsFormat.VolumeHeaderOffset..])
            is HfsFormat.HfsPlusSignature or HfsFormat.HfsxSignature or HfsFormat.HfsSignature;

    /// <summary>As the overload, with the process's own cache.</summary>
    /// <exception cref="FirmwareFormatException">It is an HFS+ volume, but its structures are damaged.</exception>
    public static bool TryOpen(ByteSource source, [NotNullWhen(true)] out HfsPlusVolume? volume) => TryOpen(source, null, out volume);

    /// <summary>Opens the volume that fills <paramref name="partition"/>, if that is HFS+ or HFSX by its header or the alternate one.</summary>
    /// <param name="partition">The partition, or the whole image where it has no partition map.</param>
    /// <param name="cache">Where B-tree nodes are kept; the process's cache when null.</param>
    /// <param name="volume">The volume, or null when the result is false.</param>
    /// <exception cref="FirmwareFormatException">It is an HFS+ volume, but its structures are damaged.</exception>
    public static bool TryOpen(ByteSource partition, BlockCache? cache, [NotNullWhen(true)] out HfsPlusVolume? volume)
    {
        volume = HfsVolumeHeader.Read(partition) is { } header ? new HfsPlusVolume(header, cache) : null;
        return volume is not null;
    }

    /// <inheritdoc/>
    public override IEnumerable<FileEntry> Walk(string from = "/", CancellationToken cancellationToken = default) =>
        _namespace.Find(from) is { } start
            ? _namespace.Walk(start.Path, start.Target, null, null, cancellationToken).Select(found => Entry(found.Path, found.Record))
            : [];

    /// <inheritdoc/>
    public override IEnumerable<FileEntry> WalkRange(string first, string? end, CancellationToken cancellationToken = default) =>
        _namespace.Walk("/", new HfsTarget(_namespace.Root, HfsFormat.RootParentId, ThroughFolderLink: false), first, end, cancellationToken)
            .Select(found => Entry(found.Path, found.Record));

    /// <inheritdoc/>
    public override FileEntry? Find(string path) =>
        _namespace.Find(path) is { } found ? Entry(found.Path, found.Target.Record) : null;

    /// <inheritdoc/>
    public override ByteSource Open(FileEntry entry)
    {
        var record = Record(entry);
        if (record.Kind != FileKind.File)
        {
            throw new FirmwareFormatException(HfsFormat.Name, -1, $"{entry.Path} is no regular file");
        }

        return CompressedContents(record) is { } attribute
            ? DecmpfsFile.Open(attribute, () => ResourceFork(record), _cache)
            : _forks.Open(record.Id, HfsFormat.DataFork, record.DataFork);
    }

    /// <summary>
    /// The extended attributes as macOS lists them: with the resource fork and the Finder information, and, for a compressed file,
    /// without the two that hold its contents.
    /// </summary>
    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, long> ExtendedAttributes(FileEntry entry)
    {
        var record = Record(entry);
        var names = _attributes?.List(record.Id) ?? new SortedDictionary<string, long>(StringComparer.Ordinal);
        if (record.MayBeCompressed && names.Remove(DecmpfsHeader.AttributeName))
        {
            names.Remove(DecmpfsHeader.ResourceForkName);
        }
        else if (record.ResourceFork.LogicalSize > 0)
        {
            names[DecmpfsHeader.ResourceForkName] = record.ResourceFork.LogicalSize;
        }

        if (VisibleFinderInfo(record) is { } finderInfo)
        {
            names[HfsFormat.FinderInfoName] = finderInfo.Length;
        }

        return names;
    }

    /// <inheritdoc/>
    public override ByteSource? OpenExtendedAttribute(FileEntry entry, string name)
    {
        var record = Record(entry);
        return name switch
        {
            DecmpfsHeader.ResourceForkName => ResourceFork(record),
            HfsFormat.FinderInfoName => VisibleFinderInfo(record) is { } finderInfo ? new MemoryByteSource(finderInfo) : null,
            _ => _attributes?.Open(record.Id, name),
        };
    }

    private FileEntry Entry(string path, HfsCatalogRecord record)
    {
        var kind = record.Kind;
        var size = kind is FileKind.File or FileKind.Symlink ? record.DataFork.LogicalSize : 0;
        var contents = record.DataFork;
        var compressed = CompressedContents(record);
        if (compressed is not null)
        {
            var header = DecmpfsHeader.Read(compressed);
            size = header.Size;
            contents = header.IsInResourceFork ? record.ResourceFork : contents;
        }

        return new FileEntry
        {
            Path = path,
            Kind = kind,
            Size = size,
            Mode = record.Mode,
            FileId = record.Id,
            Uid = record.Uid,
            Gid = record.Gid,
            IsCompressed = compressed is not null,
            Target = kind == FileKind.Symlink ? Target(record) : null,
            PhysicalOffset = _forks.PhysicalOffset(contents),
        };
    }

    /// <summary>The attribute of a compressed file, null for any other. The flag alone makes no file compressed.</summary>
    private ByteSource? CompressedContents(HfsCatalogRecord record) =>
        record.MayBeCompressed ? _attributes?.Open(record.Id, DecmpfsHeader.AttributeName) : null;

    private ByteSource? ResourceFork(HfsCatalogRecord record) =>
        record.ResourceFork.LogicalSize > 0 ? _forks.Open(record.Id, HfsFormat.ResourceFork, record.ResourceFork) : null;

    /// <summary>The record behind an entry: by its number, and where an old volume keeps no thread for files, by its path.</summary>
    private HfsCatalogRecord Record(FileEntry entry)
    {
        var record = entry.FileId <= uint.MaxValue ? _namespace.Get((uint)entry.FileId) : null;
        record ??= _namespace.Find(entry.Path)?.Target.Record;
        return record is not null && record.Id == entry.FileId
            ? record
            : throw new FirmwareFormatException(HfsFormat.Name, -1, $"{entry.Path} is not on this volume");
    }

    private string Target(HfsCatalogRecord record)
    {
        var length = record.DataFork.LogicalSize;
        if (length > MaxTargetLength)
        {
            throw new FirmwareFormatException(HfsFormat.Name, -1, $"symlink {record.Id} has a target of {length} bytes");
        }

        var source = _forks.Open(record.Id, HfsFormat.DataFork, record.DataFork);
        Span<byte> bytes = stackalloc byte[MaxTargetLength];
        bytes = bytes[..(int)length];
        source.ReadExactly(0, bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>
    /// The Finder information as the attribute shows it: without the fields that the file system keeps there for itself, which are
    /// document id, date added, write generation and a symlink's type and creator.
    /// </summary>
    private static byte[]? VisibleFinderInfo(HfsCatalogRecord record)
    {
        if (record.FinderInfo is null)
        {
            return null;
        }

        var bytes = record.FinderInfo.AsSpan().ToArray();
        if (record.Kind == FileKind.Symlink)
        {
            bytes.AsSpan(0, 8).Clear();
        }

        bytes.AsSpan(16, 8).Clear();
        bytes.AsSpan(28, 4).Clear();
        return bytes.AsSpan().ContainsAnyExcept((byte)0) ? bytes : null;
    }
}
