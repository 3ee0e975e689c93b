using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Decmpfs;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Formats.Apfs;

/// <summary>
/// A volume of an APFS container, or one of its snapshots, read-only. Without further asking it is the live tree, or the snapshot that
/// the volume itself says to root from.
/// </summary>
public sealed class ApfsVolume : FileSystemVolume
{
    private readonly ApfsVolumeSuperblock _live;
    private readonly ApfsSnapshot? _snapshot;
    private readonly Lazy<View> _view;
    private readonly Lazy<IReadOnlyList<ApfsSnapshot>> _snapshots;

    internal ApfsVolume(ApfsContainer container, ApfsVolumeSuperblock live, ApfsSnapshot? snapshot = null)
    {
        Container = container;
        _live = live;
        _snapshot = snapshot;
        _view = new Lazy<View>(OpenView, LazyThreadSafetyMode.PublicationOnly);
        _snapshots = new Lazy<IReadOnlyList<ApfsSnapshot>>(ReadSnapshots, LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>The container the volume is in.</summary>
    public ApfsContainer Container { get; }

    /// <inheritdoc/>
    public override string Name => _live.Name;

    /// <inheritdoc/>
    public override string FileSystem => "apfs";

    /// <inheritdoc/>
    public override bool CaseSensitive => !_live.Has(ApfsConstants.FeatureCaseInsensitive);

    /// <inheritdoc/>
    public override bool Sealed => _live.Has(ApfsConstants.FeatureSealedVolume);

    /// <summary>What the volume is for.</summary>
    public ApfsVolumeRole Role => (ApfsVolumeRole)_live.Role;

    /// <summary>Whether its contents are encrypted; then nothing but these facts can be read.</summary>
    public bool IsEncrypted => (_live.Flags & ApfsConstants.VolumeUnencrypted) == 0;

    /// <summary>The volume's UUID.</summary>
    public Guid Uuid => _live.Uuid;

    /// <summary>Regular files the volume says it has.</summary>
    public ulong FileCount => _live.FileCount;

    /// <summary>Directories the volume says it has.</summary>
    public ulong DirectoryCount => _live.DirectoryCount;

    /// <summary>The snapshots of the volume, oldest first.</summary>
    /// <exception cref="FirmwareFormatException">Their tree is damaged.</exception>
    public IReadOnlyList<ApfsSnapshot> Snapshots => _snapshots.Value;

    /// <summary>The snapshot that is read, or null for the live tree.</summary>
    /// <exception cref="FirmwareFormatException">The volume names a snapshot to root from that it does not have.</exception>
    public ApfsSnapshot? Snapshot => _snapshot ?? FindRootSnapshot();

    internal bool HasHashedNames => _live.Has(ApfsConstants.FeatureCaseInsensitive | ApfsConstants.FeatureNormalizationInsensitive);

    internal bool HasExtentTree => _view.Value.Extents is not null;

    /// <summary>The volume as it was at <paramref name="snapshot"/>.</summary>
    public ApfsVolume At(ApfsSnapshot snapshot) => new(Container, _live, snapshot);

    /// <inheritdoc/>
    public override IEnumerable<FileEntry> Walk(string from = "/", CancellationToken cancellationToken = default) =>
        Find(from) is { } root ? new ApfsWalker(this, null, null).Walk(root, cancellationToken) : [];

    /// <inheritdoc/>
    public override IEnumerable<FileEntry> WalkRange(string first, string? end, CancellationToken cancellationToken = default) =>
        Find("/") is { } root ? new ApfsWalker(this, first, end).Walk(root, cancellationToken) : [];

    /// <inheritdoc/>
    public override FileEntry? Find(string path) => new ApfsPathFinder(this).Find(path);

    /// <inheritdoc/>
    public override ByteSource Open(FileEntry entry)
    {
        if (entry.Kind != FileKind.File)
        {
            throw new FirmwareFormatException(ApfsConstants.Format, -1, $"{entry.Path} is a {entry.Kind.ToString().ToLowerInvariant()}, not a file");
        }

        var inode = new ApfsEntryReader(this).ReadInode(entry.FileId);
        if (inode.Kind != FileKind.File)
        {
            throw new FirmwareFormatException(ApfsConstants.Format, -1, $"{entry.Path} is not a file of this volume");
        }

        if (!inode.IsCompressed)
        {
            return ApfsExtents.Open(this, inode.PrivateId, inode.DataSize, inode.IsSparse);
        }

        var attribute = OpenExtendedAttribute(entry, DecmpfsHeader.AttributeName)
            ?? throw new FirmwareFormatException(ApfsConstants.Format, -1, $"{entry.Path} is compressed, but has no {DecmpfsHeader.AttributeName}");
        return DecmpfsFile.Open(attribute, () => OpenExtendedAttribute(entry, DecmpfsHeader.ResourceForkName), Container.DecodedBlocks);
    }

    /// <summary>
    /// The extended attributes as macOS lists them: without those that the file system itself keeps (a symlink's target) and, for a
    /// compressed file, without the two that hold its contents.
    /// </summary>
    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, long> ExtendedAttributes(FileEntry entry)
    {
        var attributes = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (name, attribute) in ReadXattrs(entry.FileId))
        {
            var isContents = entry.IsCompressed && name is DecmpfsHeader.AttributeName or DecmpfsHeader.ResourceForkName;
            if ((attribute.Flags & ApfsConstants.XattrFileSystemOwned) == 0 && !isContents)
            {
                attributes[name] = attribute.Length;
            }
        }

        return attributes;
    }

    /// <inheritdoc/>
    public override ByteSource? OpenExtendedAttribute(FileEntry entry, string name)
    {
        foreach (var (candidate, attribute) in ReadXattrs(entry.FileId))
        {
            if (candidate == name)
            {
                return attribute.Open(this);
            }
        }

        return null;
    }

    /// <summary>
    /// Checks every node of the volume's trees: its checksum, or in a sealed volume its hash up to that of the seal, and the order of
    /// its keys.
    /// </summary>
    /// <exception cref="FirmwareFormatException">A node is damaged, or the volume is encrypted.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Verify(CancellationToken cancellationToken = default)
    {
        var view = _view.Value;
        ApfsVerifier.VerifyTree(view.Map.Tree, Container.Blocks, cancellationToken);
        if (view.Superblock.IntegrityMeta != 0)
        {
            ApfsSeal.Verify(Container.Blocks, view.Map.Resolve(view.Superblock.IntegrityMeta, view.Transaction, "the seal"), view.Records.Root);
        }

        ApfsVerifier.VerifyTree(view.Records, Container.Blocks, cancellationToken);
        if (view.Extents is not null)
        {
            ApfsVerifier.VerifyTree(view.Extents, Container.Blocks, cancellationToken);
        }
    }

    internal BTreeCursor RecordCursor() => _view.Value.Records.Cursor();

    internal BTreeCursor ExtentCursor() => (_view.Value.Extents ?? _view.Value.Records).Cursor();

    /// <summary>The key of the first extent of a data stream, in whichever tree they are.</summary>
    internal BTreeKey ExtentKey(ulong streamId) =>
        HasExtentTree ? new BTreeKey(streamId, 0) : BTreeKey.Record(streamId & ApfsConstants.ObjectIdMask, ApfsRecordType.FileExtent);

    private IEnumerable<(string Name, ApfsXattr Attribute)> ReadXattrs(ulong id)
    {
        var cursor = RecordCursor();
        var key = BTreeKey.Record(id & ApfsConstants.ObjectIdMask, ApfsRecordType.Xattr);
        for (var found = cursor.Seek(key); found && cursor.Key.Primary == key.Primary; found = cursor.MoveNext())
        {
            yield return (Encoding.UTF8.GetString(ApfsXattr.NameOf(cursor.RawKey)), ApfsXattr.Parse(cursor.ValueMemory));
        }
    }

    private ApfsSnapshot? FindRootSnapshot()
    {
        var transaction = _live.RootToTransaction != 0 ? _live.RootToTransaction : _live.RevertToTransaction;
        return transaction == 0
            ? null
            : Snapshots.FirstOrDefault(snapshot => snapshot.Transaction == transaction)
                ?? throw new FirmwareFormatException(
                    ApfsConstants.Format, -1, $"volume {Name} is to be read at transaction {transaction}, of which it has no snapshot");
    }

    private List<ApfsSnapshot> ReadSnapshots() => _live.SnapshotCount == 0 || _live.SnapshotTree == 0
        ? []
        : ApfsSnapshot.ReadAll(BTree.Physical(
            Container.Blocks, Container.Cache, _live.SnapshotTree, BTreeKeyKind.Records, $"the snapshots of volume {Name}"));

    private View OpenView()
    {
        if (IsEncrypted)
        {
            throw new FirmwareFormatException(
                ApfsConstants.Format, -1, $"volume {Name} is encrypted; its files cannot be read without the keys of its device");
        }

        var superblock = _live;
        var transaction = Container.Transaction;
        if (Snapshot is { } snapshot)
        {
            var block = Container.Blocks.ReadObject(snapshot.Superblock, ApfsConstants.ObjectTypeVolume, $"snapshot {snapshot.Name}");
            superblock = ApfsVolumeSuperblock.Parse(block, (long)snapshot.Superblock * Container.BlockSize);
            transaction = snapshot.Transaction;
        }

        var map = new ObjectMap(Container.Blocks, Container.Cache, _live.ObjectMap, $"the object map of volume {Name}");
        var kind = HasHashedNames ? BTreeKeyKind.HashedRecords : BTreeKeyKind.Records;
        var what = $"the file-system tree of volume {Name}";
        var records = (superblock.RootTreeType & ApfsConstants.ObjectStorageMask) == ApfsConstants.ObjectPhysical
            ? BTree.Physical(Container.Blocks, Container.Cache, superblock.RootTree, kind, what)
            : BTree.Virtual(Container.Blocks, Container.Cache, map, superblock.RootTree, transaction, kind, what);
        var extents = Sealed && superblock.ExtentTree != 0
            ? BTree.Physical(Container.Blocks, Container.Cache, superblock.ExtentTree, BTreeKeyKind.TwoNumbers, $"the extents of volume {Name}")
            : null;
        return new View(superblock, transaction, map, records, extents);
    }

    private sealed record View(ApfsVolumeSuperblock Superblock, ulong Transaction, ObjectMap Map, BTree Records, BTree? Extents);
}
