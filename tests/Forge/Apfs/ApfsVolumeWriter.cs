using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace IpswDiff.Forge.Apfs;

/// <summary>Writes one volume: its trees, its object map and its superblock (Apple File System Reference, "Volumes").</summary>
internal sealed class ApfsVolumeWriter(ApfsOptions options, ApfsLayout layout, Func<ulong> nextOid)
{
    private const uint Magic = 0x42535041;
    private const ulong FirstTransaction = 1;
    private const ulong HardLinkMapRecords = 2;
    private const ulong CaseInsensitive = 1;
    private const ulong NormalizationInsensitive = 8;
    private const ulong SealedVolume = 0x20;
    private const ulong Unencrypted = 1;
    private const uint NoHeader = 8;
    private const int SnapshotCountOffset = 216;
    private const uint FirstDocumentId = 3;
    private const string Software = "IpswDiff Forge";

    private long _blocks;

    /// <summary>Writes the volume as of a transaction with its snapshots from before; returns the block of its superblock.</summary>
    public long Write(ApfsVolume volume, int index, ulong oid, ulong xid)
    {
        _blocks = 0;
        var objects = new List<MappedObject>();
        var rootOid = nextOid();
        var metadata = new List<ApfsRecord>();
        var first = xid - (ulong)volume.Snapshots.Count;
        var snapshots = new List<ulong>();
        foreach (var snapshot in volume.Snapshots)
        {
            var then = first + (ulong)snapshots.Count;
            snapshots.Add(then);
            var kept = WriteState(volume with { Tree = snapshot.Tree }, index, rootOid, then, objects);
            BinaryPrimitives.WriteUInt64LittleEndian(kept.Superblock.AsSpan(SnapshotCountOffset), (ulong)snapshots.Count);
            var place = layout.AllocateObject();
            ApfsObject.Seal(kept.Superblock, (ulong)place, then, ApfsObject.Volume | ApfsObject.Physical);
            layout.Put(place, kept.Superblock);
            AddSnapshotRecords(metadata, snapshot.Name, then, kept.ExtentReferences, place);
        }

        var (superblock, extents) = WriteState(volume, index, rootOid, xid, objects);
        metadata.Sort();
        var snapshotTree = WritePhysical(ApfsTreeKind.SnapshotMetadata, metadata, xid);
        var objectMap = WriteObjectMap(objects, snapshots, xid, isContainer: false);
        Put64(superblock, 88, (ulong)_blocks);
        Put64(superblock, 128, (ulong)objectMap);
        Put64(superblock, 144, (ulong)extents);
        Put64(superblock, 152, (ulong)snapshotTree.Root.Block);
        Put64(superblock, SnapshotCountOffset, (ulong)snapshots.Count);
        Put64(superblock, 224, (ulong)_blocks);
        var block = layout.AllocateObject();
        ApfsObject.Seal(superblock, oid, xid, ApfsObject.Volume);
        layout.Put(block, superblock);
        return block;
    }

    /// <summary>Writes the container's object map, which leads to the volumes; returns its block.</summary>
    public long WriteContainerMap(IEnumerable<(ulong Oid, long Block)> volumes, ulong xid)
        => WriteObjectMap([.. volumes.Select(volume => new MappedObject(volume.Oid, xid, volume.Block, 0))], [], xid, isContainer: true);

    // The trees of one state and its superblock, which still lacks what only the newest state has.
    private (byte[] Superblock, long ExtentReferences) WriteState(ApfsVolume volume, int index, ulong rootOid, ulong xid, List<MappedObject> objects)
    {
        var catalog = new ApfsCatalog(volume, layout);
        _blocks += catalog.DataBlocks;
        var isRoot = true;
        ApfsNodePlace Place()
        {
            var place = new ApfsNodePlace(isRoot ? rootOid : nextOid(), Allocate());
            isRoot = false;
            objects.Add(new MappedObject(place.Oid, xid, place.Block, volume.Sealed ? NoHeader : 0));
            return place;
        }

        var fsTree = Tree(volume.Sealed ? ApfsTreeKind.SealedFsTree : ApfsTreeKind.FsTree, xid).Write(catalog.Records, Place, layout.Put);
        var extents = WritePhysical(ApfsTreeKind.ExtentReferences, catalog.ExtentReferences, xid);
        var bytes = Superblock(volume, index, catalog, xid);
        Put64(bytes, 136, rootOid);
        if (volume.Sealed)
        {
            Put64(bytes, 1024, WriteIntegrity(fsTree.RootHash, xid, objects));
            Put64(bytes, 1032, (ulong)WritePhysical(ApfsTreeKind.FileExtents, catalog.FileExtents, xid).Root.Block);
            Put32(bytes, 1040, ApfsObject.BTree | ApfsObject.Physical);
        }

        return (bytes, extents.Root.Block);
    }

    private byte[] Superblock(ApfsVolume volume, int index, ApfsCatalog catalog, ulong xid)
    {
        var bytes = new byte[ApfsObject.BlockSize];
        Put32(bytes, 32, Magic);
        Put32(bytes, 36, (uint)index);
        Put64(bytes, 40, HardLinkMapRecords);
        Put64(bytes, 56, (volume.Sealed ? SealedVolume : 0) | volume.Names switch
        {
            ApfsNames.CaseInsensitive => CaseInsensitive,
            ApfsNames.CaseSensitive => NormalizationInsensitive,
            _ => 0,
        });
        new ByteBuilder().U16(5).U16(0).U32(0).U32(6).U32(0).U16(1).U16(0).ToArray().CopyTo(bytes, 96);
        Put32(bytes, 116, ApfsObject.BTree);
        Put32(bytes, 120, ApfsObject.BTree | ApfsObject.Physical);
        Put32(bytes, 124, ApfsObject.BTree | ApfsObject.Physical);
        Put64(bytes, 176, catalog.NextId);
        Put64(bytes, 184, (ulong)catalog.Files);
        Put64(bytes, 192, (ulong)catalog.Directories);
        Put64(bytes, 200, (ulong)catalog.Symlinks);
        Put64(bytes, 208, (ulong)catalog.Specials);
        UuidBytes(volume, index).CopyTo(bytes.AsSpan(240));
        Put64(bytes, 256, ApfsInode.Nanoseconds(options.Time));
        Put64(bytes, 264, Unencrypted);
        Stamp(bytes.AsSpan(272), FirstTransaction);
        if (xid > FirstTransaction)
        {
            Stamp(bytes.AsSpan(320), xid);
        }

        Encoding.UTF8.GetBytes(volume.Name, bytes.AsSpan(704, 255));
        Put32(bytes, 960, FirstDocumentId);
        Put32(bytes, 964, (uint)volume.Role);
        return bytes;
    }

    // integrity_meta_phys_t: version 2, SHA-256, and the root node's hash after the structure.
    private ulong WriteIntegrity(byte[] rootHash, ulong xid, List<MappedObject> objects)
    {
        const int RootHashOffset = 128;
        var oid = nextOid();
        var block = Allocate();
        var bytes = new byte[ApfsObject.BlockSize];
        Put32(bytes, 32, 2);
        Put32(bytes, 40, 1);
        Put32(bytes, 44, RootHashOffset);
        rootHash.CopyTo(bytes, RootHashOffset);
        ApfsObject.Seal(bytes, oid, xid, ApfsObject.IntegrityMeta);
        layout.Put(block, bytes);
        objects.Add(new MappedObject(oid, xid, block, 0));
        return oid;
    }

    private static void AddSnapshotRecords(List<ApfsRecord> metadata, string name, ulong xid, long extentReferences, long superblock)
    {
        const ulong NameId = (1UL << 60) - 1;
        var value = new ByteBuilder().U64((ulong)extentReferences).U64((ulong)superblock)
            .U64(ApfsInode.Nanoseconds(FileTree.ForgeNode.DefaultTime)).U64(ApfsInode.Nanoseconds(FileTree.ForgeNode.DefaultTime))
            .U64(0).U32(ApfsObject.BTree | ApfsObject.Physical).U32(0)
            .U16(Encoding.UTF8.GetByteCount(name) + 1).Text(name).ToArray();
        metadata.Add(ApfsRecord.Plain(xid, ApfsRecordType.SnapMetadata, value));
        metadata.Add(ApfsRecord.Named(NameId, ApfsRecordType.SnapName, name, new ByteBuilder().U64(xid).ToArray()));
    }

    private long WriteObjectMap(List<MappedObject> objects, List<ulong> snapshots, ulong xid, bool isContainer)
    {
        const uint ManuallyManaged = 1;
        var records = objects
            .Select(entry => ApfsRecord.Fixed(entry.Oid, entry.Xid, new ByteBuilder().U32(entry.Flags).U32(ApfsObject.BlockSize).U64((ulong)entry.Block).ToArray()))
            .Order()
            .ToList();
        var tree = WritePhysical(ApfsTreeKind.ObjectMap, records, xid);
        var bytes = new byte[ApfsObject.BlockSize];
        Put32(bytes, 32, isContainer ? ManuallyManaged : 0);
        Put32(bytes, 36, (uint)snapshots.Count);
        Put32(bytes, 40, ApfsObject.BTree | ApfsObject.Physical);
        Put32(bytes, 44, ApfsObject.BTree | ApfsObject.Physical);
        Put64(bytes, 48, (ulong)tree.Root.Block);
        if (snapshots.Count > 0)
        {
            var kept = snapshots.Select(snapshot => ApfsRecord.Fixed(snapshot, null, new byte[16])).ToList();
            Put64(bytes, 56, (ulong)WritePhysical(ApfsTreeKind.OmapSnapshots, kept, xid).Root.Block);
            Put64(bytes, 64, snapshots[^1]);
        }

        var block = Allocate();
        ApfsObject.Seal(bytes, (ulong)block, xid, ApfsObject.ObjectMap | ApfsObject.Physical);
        layout.Put(block, bytes);
        return block;
    }

    private ApfsTree WritePhysical(ApfsTreeKind kind, IReadOnlyList<ApfsRecord> records, ulong xid)
        => Tree(kind, xid).Write(records, AllocatePhysical, layout.Put);

    private ApfsNodePlace AllocatePhysical()
    {
        var block = Allocate();
        return new ApfsNodePlace((ulong)block, block);
    }

    // Every block of a volume counts but its superblocks.
    private long Allocate()
    {
        _blocks++;
        return layout.AllocateObject();
    }

    private ApfsBTree Tree(ApfsTreeKind kind, ulong xid) => new(kind, xid, options.MaxRecordsPerNode);

    private void Stamp(Span<byte> destination, ulong xid)
    {
        Encoding.ASCII.GetBytes(Software, destination);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[32..], ApfsInode.Nanoseconds(options.Time));
        BinaryPrimitives.WriteUInt64LittleEndian(destination[40..], xid);
    }

    private byte[] UuidBytes(ApfsVolume volume, int index)
    {
        if (volume.Uuid is { } uuid)
        {
            return uuid.ToByteArray(bigEndian: true);
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{options.Uuid}/{index}/{volume.Name}"));
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return hash[..16];
    }

    private static void Put32(byte[] block, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(offset), value);

    private static void Put64(byte[] block, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(offset), value);

    private readonly record struct MappedObject(ulong Oid, ulong Xid, long Block, uint Flags);
}
