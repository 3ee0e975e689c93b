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
    private const ulong Unencrypted = 1;
    private const uint FirstDocumentId = 3;
    private const string Software = "IpswDiff Forge";

    /// <summary>Writes the volume as of a transaction; returns the block of its superblock.</summary>
    public long Write(ApfsVolume volume, int index, ulong oid, ulong xid)
    {
        var catalog = new ApfsCatalog(volume, layout);
        var metadataStart = layout.ObjectEnd;
        var objects = new List<(ulong Oid, long Block)>();
        var fsTree = Tree(ApfsTreeKind.FsTree, xid).Write(
            catalog.Records,
            () =>
            {
                var place = new ApfsNodePlace(nextOid(), layout.AllocateObject());
                objects.Add((place.Oid, place.Block));
                return place;
            },
            layout.Put);
        var extents = WritePhysical(ApfsTreeKind.ExtentReferences, catalog.ExtentReferences, xid);
        var snapshots = WritePhysical(ApfsTreeKind.SnapshotMetadata, [], xid);
        var objectMap = WriteObjectMap(objects, xid, isContainer: false);
        var block = layout.AllocateObject();

        var bytes = new byte[ApfsObject.BlockSize];
        Put32(bytes, 32, Magic);
        Put32(bytes, 36, (uint)index);
        Put64(bytes, 40, HardLinkMapRecords);
        Put64(bytes, 56, volume.Names switch
        {
            ApfsNames.CaseInsensitive => CaseInsensitive,
            ApfsNames.CaseSensitive => NormalizationInsensitive,
            _ => 0,
        });
        Put64(bytes, 88, (ulong)(block - metadataStart + catalog.DataBlocks));
        new ByteBuilder().U16(5).U16(0).U32(0).U32(6).U32(0).U16(1).U16(0).ToArray().CopyTo(bytes, 96);
        Put32(bytes, 116, ApfsObject.BTree);
        Put32(bytes, 120, ApfsObject.BTree | ApfsObject.Physical);
        Put32(bytes, 124, ApfsObject.BTree | ApfsObject.Physical);
        Put64(bytes, 128, (ulong)objectMap);
        Put64(bytes, 136, fsTree.Root.Oid);
        Put64(bytes, 144, (ulong)extents.Root.Block);
        Put64(bytes, 152, (ulong)snapshots.Root.Block);
        Put64(bytes, 176, catalog.NextId);
        Put64(bytes, 184, (ulong)catalog.Files);
        Put64(bytes, 192, (ulong)catalog.Directories);
        Put64(bytes, 200, (ulong)catalog.Symlinks);
        Put64(bytes, 208, (ulong)catalog.Specials);
        Put64(bytes, 224, (ulong)(block - metadataStart + catalog.DataBlocks));
        UuidBytes(volume, index).CopyTo(bytes.AsSpan(240));
        Put64(bytes, 256, ApfsCatalog.Nanoseconds(options.Time));
        Put64(bytes, 264, Unencrypted);
        Stamp(bytes.AsSpan(272), FirstTransaction);
        if (xid > FirstTransaction)
        {
            Stamp(bytes.AsSpan(320), xid);
        }

        Encoding.UTF8.GetBytes(volume.Name, bytes.AsSpan(704, 255));
        Put32(bytes, 960, FirstDocumentId);
        Put32(bytes, 964, (uint)volume.Role);
        ApfsObject.Seal(bytes, oid, xid, ApfsObject.Volume);
        layout.Put(block, bytes);
        return block;
    }

    /// <summary>Writes an object map with its tree; returns its block.</summary>
    public long WriteObjectMap(List<(ulong Oid, long Block)> objects, ulong xid, bool isContainer)
    {
        const uint ManuallyManaged = 1;
        var records = objects.OrderBy(entry => entry.Oid)
            .Select(entry => ApfsRecord.Fixed(entry.Oid, xid, new ByteBuilder().U32(0).U32(ApfsObject.BlockSize).U64((ulong)entry.Block).ToArray()))
            .ToList();
        var tree = WritePhysical(ApfsTreeKind.ObjectMap, records, xid);
        var block = layout.AllocateObject();
        var bytes = new byte[ApfsObject.BlockSize];
        Put32(bytes, 32, isContainer ? ManuallyManaged : 0);
        Put32(bytes, 40, ApfsObject.BTree | ApfsObject.Physical);
        Put32(bytes, 44, ApfsObject.BTree | ApfsObject.Physical);
        Put64(bytes, 48, (ulong)tree.Root.Block);
        ApfsObject.Seal(bytes, (ulong)block, xid, ApfsObject.ObjectMap | ApfsObject.Physical);
        layout.Put(block, bytes);
        return block;
    }

    private ApfsTree WritePhysical(ApfsTreeKind kind, IReadOnlyList<ApfsRecord> records, ulong xid)
        => Tree(kind, xid).Write(records, AllocatePhysical, layout.Put);

    private ApfsNodePlace AllocatePhysical()
    {
        var block = layout.AllocateObject();
        return new ApfsNodePlace((ulong)block, block);
    }

    private ApfsBTree Tree(ApfsTreeKind kind, ulong xid) => new(kind, xid, options.MaxRecordsPerNode);

    private void Stamp(Span<byte> destination, ulong xid)
    {
        Encoding.ASCII.GetBytes(Software, destination);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[32..], ApfsCatalog.Nanoseconds(options.Time));
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
}
