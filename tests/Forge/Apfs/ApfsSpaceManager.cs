using System.Buffers.Binary;

namespace IpswDiff.Forge.Apfs;

/// <summary>
/// Writes the space manager's blocks: allocation bitmaps and chunk-info blocks in the internal pool, the pool's own bitmap, and
/// the space manager object itself (Apple File System Reference, "Space Manager").
/// </summary>
internal sealed class ApfsSpaceManager
{
    private const int BlocksPerChunk = 8 * ApfsObject.BlockSize;
    private const int ChunksPerInfoBlock = (ApfsObject.BlockSize - 40) / 32;
    private const int InfoBlocksPerAddressBlock = (ApfsObject.BlockSize - 40) / 8;
    private const int PoolBitmapBlocks = 16;
    private const int TransactionMultiplier = 16;
    private const int StructSize = 0x9D8;
    private const uint Versioned = 1;

    private readonly ApfsLayout _layout;
    private readonly long _totalBlocks;
    private readonly long _poolBitmapBase;
    private readonly long _poolBase;
    private readonly int _chunks;
    private readonly int _infoBlocks;

    /// <summary>Takes the internal pool's blocks after everything else that was allocated and settles how large the container is.</summary>
    public ApfsSpaceManager(ApfsLayout layout, long minimumBlocks)
    {
        _layout = layout;
        var used = layout.ObjectEnd;
        long total;
        long pool = 0;
        do
        {
            total = Math.Max(minimumBlocks, used + PoolBitmapBlocks + pool + 64 + (used / 32));
            _chunks = checked((int)((total + BlocksPerChunk - 1) / BlocksPerChunk));
            _infoBlocks = (_chunks + ChunksPerInfoBlock - 1) / ChunksPerInfoBlock;
            (pool, var needed) = (3L * (_chunks + _infoBlocks), pool);
            if (pool == needed)
            {
                break;
            }
        }
        while (true);

        _totalBlocks = total;
        _poolBitmapBase = layout.Allocate(PoolBitmapBlocks);
        _poolBase = layout.Allocate(pool);
    }

    public long TotalBlocks => _totalBlocks;

    /// <summary>Writes the pool and returns the space manager object, not yet sealed.</summary>
    public byte[] Write(ulong xid, ulong poolQueueOid, ulong mainQueueOid)
    {
        var poolUsed = 0;
        var infoAddresses = new List<ulong>();
        long free = 0;
        for (var infoBlock = 0; infoBlock < _infoBlocks; infoBlock++)
        {
            var first = infoBlock * ChunksPerInfoBlock;
            var count = Math.Min(ChunksPerInfoBlock, _chunks - first);
            var info = new byte[ApfsObject.BlockSize];
            BinaryPrimitives.WriteInt32LittleEndian(info.AsSpan(32), infoBlock);
            BinaryPrimitives.WriteInt32LittleEndian(info.AsSpan(36), count);
            for (var i = 0; i < count; i++)
            {
                var start = (long)(first + i) * BlocksPerChunk;
                var blocks = (int)Math.Min(BlocksPerChunk, _totalBlocks - start);
                var (bitmap, used) = ChunkBitmap(start, blocks);
                var entry = info.AsSpan(40 + (i * 32));
                BinaryPrimitives.WriteUInt64LittleEndian(entry, xid);
                BinaryPrimitives.WriteInt64LittleEndian(entry[8..], start);
                BinaryPrimitives.WriteInt32LittleEndian(entry[16..], blocks);
                BinaryPrimitives.WriteInt32LittleEndian(entry[20..], blocks - used);
                free += blocks - used;
                if (used > 0)
                {
                    BinaryPrimitives.WriteInt64LittleEndian(entry[24..], _poolBase + poolUsed);
                    _layout.Put(_poolBase + poolUsed++, bitmap);
                }
            }

            var block = _poolBase + poolUsed++;
            infoAddresses.Add((ulong)block);
            ApfsObject.Seal(info, (ulong)block, xid, ApfsObject.ChunkInfoBlock | ApfsObject.Physical);
            _layout.Put(block, info);
        }

        var poolBitmap = new byte[ApfsObject.BlockSize];
        Mark(poolBitmap, 0, poolUsed);
        _layout.Put(_poolBitmapBase, poolBitmap);
        return Structure(xid, free, infoAddresses, poolQueueOid, mainQueueOid);
    }

    private byte[] Structure(ulong xid, long free, List<ulong> infoAddresses, ulong poolQueueOid, ulong mainQueueOid)
    {
        const int TransactionOffset = StructSize;
        const int BitmapOffset = TransactionOffset + 8;
        const int FreeNextOffset = BitmapOffset + 8;
        const int AddressOffset = FreeNextOffset + (PoolBitmapBlocks * 2);
        var deviceEnd = AddressOffset + (infoAddresses.Count * 8);
        if (deviceEnd + 8 > ApfsObject.BlockSize)
        {
            throw new NotSupportedException("containers whose space manager needs a second block");
        }

        var head = new ByteBuilder().Zeros(ApfsObject.HeaderSize)
            .U32(ApfsObject.BlockSize).U32(BlocksPerChunk).U32(ChunksPerInfoBlock).U32(InfoBlocksPerAddressBlock)
            .U64((ulong)_totalBlocks).U64((ulong)_chunks).U32((uint)_infoBlocks).U32(0).U64((ulong)free).U32(AddressOffset).U32(0).U64(0)
            .U64(0).U64(0).U32(0).U32(0).U64(0).U32((uint)deviceEnd).U32(0).U64(0)
            .U32(Versioned).U32(TransactionMultiplier)
            .U64((ulong)(3 * (_chunks + _infoBlocks))).U32(1).U32(PoolBitmapBlocks)
            .U64((ulong)_poolBitmapBase).U64((ulong)_poolBase).U64(0).U64(0)
            .U64(0).U64(poolQueueOid).U64(0).U16(PoolQueueLimit(_chunks)).U16(0).U32(0).U64(0)
            .U64(0).U64(mainQueueOid).U64(0).U16(MainQueueLimit(_totalBlocks)).U16(0).U32(0).U64(0)
            .Zeros(40)
            .U16(1).U16(PoolBitmapBlocks - 1)
            .U32(TransactionOffset).U32(BitmapOffset).U32(FreeNextOffset)
            .U32(1).U32(StructSize)
            .ToArray();
        var block = new byte[ApfsObject.BlockSize];
        head.CopyTo(block, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(TransactionOffset), xid);

        // The first bitmap block of the ring is in use and is no link of the free list; the last is its end.
        for (var i = 0; i < PoolBitmapBlocks; i++)
        {
            var next = i is 0 or PoolBitmapBlocks - 1 ? 0xFFFF : i + 1;
            BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(FreeNextOffset + (i * 2)), (ushort)next);
        }

        for (var i = 0; i < infoAddresses.Count; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(AddressOffset + (i * 8)), infoAddresses[i]);
        }

        return block;
    }

    // Everything below the end of the layout is in use but what was left free on purpose.
    private (byte[] Bitmap, int Used) ChunkBitmap(long start, int blocks)
    {
        var bitmap = new byte[ApfsObject.BlockSize];
        var used = (int)Math.Clamp(_layout.End - start, 0, blocks);
        Mark(bitmap, 0, used);
        foreach (var (from, count) in _layout.Free)
        {
            for (var block = Math.Max(from, start); block < Math.Min(from + count, start + blocks); block++)
            {
                ref var bits = ref bitmap[(block - start) / 8];
                var bit = (byte)(1 << (int)((block - start) % 8));
                used -= (bits & bit) != 0 ? 1 : 0;
                bits &= (byte)~bit;
            }
        }

        return (bitmap, used);
    }

    private static void Mark(byte[] bitmap, int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            bitmap[i / 8] |= (byte)(1 << (i % 8));
        }
    }

    // The limits are functions of the container's size; apfsprogs documents them.
    private static int PoolQueueLimit(int chunks) => AtLeastThreeIfTwo((3 * (chunks + 751) / 1127) - 1);

    private static int MainQueueLimit(long blocks) => AtLeastThreeIfTwo(blocks switch
    {
        < 0x40000 => (int)(1 + ((blocks - 1) / 4544)),
        < 0x100000 => (int)(116 + ((blocks - 261281) / 2272)),
        _ => 512,
    });

    private static int AtLeastThreeIfTwo(int limit) => limit == 2 ? 3 : limit;
}
