using System.Buffers.Binary;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Partitions;

namespace IpswDiff.Forge.Apfs;

/// <summary>
/// An APFS container, laid out when it is made and written block by block in one pass: file contents are read while they are
/// written. The layout follows the Apple File System Reference; what checkers want beyond it was learnt from apfsprogs' <c>apfsck</c>.
/// </summary>
public sealed class ApfsContainer : DiskContent
{
    private const uint Magic = 0x4253584E;
    private const ulong Version2 = 2;
    private const ulong FirstOid = 1024;
    private const int DescriptorBase = 1;
    private const int DataBlocks = 52;
    private const int BlocksPerState = 2;
    private const int EphemeralObjects = 4;
    private const long VolumeShare = 512L * 1024 * 1024;

    private readonly ApfsOptions _options;
    private readonly ApfsLayout _layout;
    private readonly ApfsSpaceManager _space;
    private readonly int _descriptorBlocks;
    private readonly ulong _spaceOid;
    private readonly ulong _reaperOid;
    private readonly ulong _poolQueueOid;
    private readonly ulong _mainQueueOid;
    private ulong _nextOid = FirstOid;

    /// <exception cref="NotSupportedException">A name or a compression that the Forge cannot write.</exception>
    public ApfsContainer(IReadOnlyList<ApfsVolume> volumes, ApfsOptions? options = null)
    {
        _options = options ?? new ApfsOptions();
        var states = _options.StaleCheckpoints + 1;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(states, DataBlocks / EphemeralObjects);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_options.TransactionId, (ulong)Math.Max(_options.StaleCheckpoints, volumes.Max(volume => volume.Snapshots.Count)));
        _descriptorBlocks = Math.Max(8, BlocksPerState * (states + 2));
        _layout = new ApfsLayout(DescriptorBase + _descriptorBlocks + DataBlocks);
        (_spaceOid, _reaperOid, _poolQueueOid, _mainQueueOid) = (_nextOid++, _nextOid++, _nextOid++, _nextOid++);
        var volumeOids = volumes.Select(_ => _nextOid++).ToArray();

        var writer = new ApfsVolumeWriter(_options, _layout, () => _nextOid++);
        var objectMaps = new long[states];
        for (var state = 0; state < states; state++)
        {
            // The blocks of a stale state are free in the newest one, as they are on a disk in use.
            var before = _layout.End;
            var xid = _options.TransactionId - (ulong)(states - 1 - state);
            var isNewest = state == states - 1;
            var supers = volumes.Select((volume, index) =>
            {
                var then = isNewest ? volume : volume with { Name = $"Stale {xid}", Tree = new ForgeTree(), Sealed = false, Snapshots = [] };
                return (volumeOids[index], writer.Write(then, index, volumeOids[index], xid));
            }).ToList();
            objectMaps[state] = writer.WriteContainerMap(supers, xid);
            if (!isNewest)
            {
                _layout.Free.Add((before, _layout.End - before));
            }
        }

        var share = (volumes.Count - 1) * (VolumeShare / ApfsObject.BlockSize);
        _space = new ApfsSpaceManager(_layout, Math.Max(_options.MinimumBlocks, volumes.Count > 1 ? share + 1 : 0));
        var supersWritten = new byte[states][];
        for (var state = 0; state < states; state++)
        {
            supersWritten[state] = WriteCheckpoint(state, objectMaps[state], volumeOids, isNewest: state == states - 1);
        }

        _layout.Put(0, supersWritten[_options.StaleBlockZero ? 0 : ^1]);
        if (_options.CorruptNewerCheckpoint)
        {
            WriteCorruptCheckpoint(supersWritten[^1], states);
        }
    }

    public override long Length => _space.TotalBlocks * ApfsObject.BlockSize;

    public override Guid GptType => PartitionTypes.Apfs;

    public override string AppleType => "Apple_APFS";

    public override void WriteTo(ForgeSink sink) => _layout.WriteTo(sink, _space.TotalBlocks);

    // A checkpoint is a block of mappings and a superblock in the descriptor ring, and its ephemeral objects in the data ring.
    private byte[] WriteCheckpoint(int state, long objectMap, ulong[] volumeOids, bool isNewest)
    {
        var xid = _options.TransactionId - (ulong)(_options.StaleCheckpoints - state);
        var dataIndex = state * EphemeralObjects;
        var dataBase = DescriptorBase + _descriptorBlocks;
        var mappings = new ByteBuilder().Zeros(ApfsObject.HeaderSize).U32(1).U32(EphemeralObjects);
        var place = dataBase + dataIndex;

        void PutEphemeral(ulong oid, uint type, uint subtype, byte[] block)
        {
            ApfsObject.Seal(block, oid, xid, type | ApfsObject.Ephemeral, subtype);
            mappings.U32(type | ApfsObject.Ephemeral).U32(subtype).U32(ApfsObject.BlockSize).U32(0).U64(0).U64(oid).U64((ulong)place);
            _layout.Put(place++, block);
        }

        // A stale state's space manager is only looked at by who goes back to it; it shares the newest one's pool.
        var space = isNewest ? _space.Write(xid, _poolQueueOid, _mainQueueOid) : new byte[ApfsObject.BlockSize];
        PutEphemeral(_spaceOid, ApfsObject.SpaceManager, 0, space);
        PutEphemeral(_reaperOid, ApfsObject.Reaper, 0, Reaper());
        foreach (var oid in new[] { _poolQueueOid, _mainQueueOid })
        {
            new ApfsBTree(ApfsTreeKind.FreeQueue, xid, int.MaxValue).Write(
                [],
                () => new ApfsNodePlace(oid, 0),
                (_, block) => PutEphemeral(oid, ApfsObject.BTree, ApfsObject.FreeQueue, block));
        }

        var mapBlock = DescriptorBase + (state * BlocksPerState);
        var map = new byte[ApfsObject.BlockSize];
        mappings.ToArray().CopyTo(map, 0);
        ApfsObject.Seal(map, (ulong)mapBlock, xid, ApfsObject.CheckpointMap | ApfsObject.Physical);
        _layout.Put(mapBlock, map);

        var super = Superblock(state, xid, objectMap, volumeOids);
        _layout.Put(mapBlock + 1, super);
        return super;
    }

    private byte[] Superblock(int state, ulong xid, long objectMap, ulong[] volumeOids)
    {
        var descriptorIndex = state * BlocksPerState;
        var dataIndex = state * EphemeralObjects;
        var bytes = new ByteBuilder().Zeros(ApfsObject.HeaderSize)
            .U32(Magic).U32(ApfsObject.BlockSize).U64((ulong)_space.TotalBlocks)
            .U64(0).U64(0).U64(Version2)
            .Bytes(_options.Uuid.ToByteArray(bigEndian: true))
            .U64(_nextOid).U64(xid + 1)
            .U32((uint)_descriptorBlocks).U32(DataBlocks)
            .U64(DescriptorBase).U64((ulong)(DescriptorBase + _descriptorBlocks))
            .U32((uint)((descriptorIndex + BlocksPerState) % _descriptorBlocks)).U32((uint)((dataIndex + EphemeralObjects) % DataBlocks))
            .U32((uint)descriptorIndex).U32(BlocksPerState)
            .U32((uint)dataIndex).U32(EphemeralObjects)
            .U64(_spaceOid).U64((ulong)objectMap).U64(_reaperOid)
            .U32(0).U32((uint)Math.Min(100, (Length + VolumeShare - 1) / VolumeShare))
            .ToArray();
        var block = new byte[ApfsObject.BlockSize];
        bytes.CopyTo(block, 0);
        for (var i = 0; i < volumeOids.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(184 + (i * 8)), volumeOids[i]);
        }

        // Ephemeral info: at least 8 blocks, at most 4 structures a volume, version 1.
        BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(0x520), (8UL << 32) | (4UL << 16) | 1);
        ApfsObject.Seal(block, 1, xid, ApfsObject.NxSuperblock | ApfsObject.Ephemeral);
        return block;
    }

    private static byte[] Reaper()
    {
        const uint AlwaysSet = 1;
        var block = new byte[ApfsObject.BlockSize];
        BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(32), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(64), AlwaysSet);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(108), ApfsObject.BlockSize - 112);
        return block;
    }

    private void WriteCorruptCheckpoint(byte[] newest, int states)
    {
        var torn = (byte[])newest.Clone();
        var xid = _options.TransactionId + 1;
        BinaryPrimitives.WriteUInt64LittleEndian(torn.AsSpan(16), xid);
        BinaryPrimitives.WriteUInt64LittleEndian(torn.AsSpan(96), xid + 1);
        BinaryPrimitives.WriteUInt64LittleEndian(torn.AsSpan(160), 0);
        _layout.Put(DescriptorBase + (states * BlocksPerState) + 1, torn);
    }
}
