using System.Buffers.Binary;

namespace IpswDiff.Forge.Apfs;

/// <summary>The header of an APFS object (Apple File System Reference, "Objects": <c>obj_phys_t</c>) and its checksum.</summary>
internal static class ApfsObject
{
    public const int BlockSize = 4096;
    public const int HeaderSize = 32;

    public const uint NxSuperblock = 0x01;
    public const uint BTree = 0x02;
    public const uint BTreeNode = 0x03;
    public const uint SpaceManager = 0x05;
    public const uint ChunkInfoBlock = 0x07;
    public const uint FreeQueue = 0x09;
    public const uint ObjectMap = 0x0B;
    public const uint CheckpointMap = 0x0C;
    public const uint Volume = 0x0D;
    public const uint FsTree = 0x0E;
    public const uint BlockRefTree = 0x0F;
    public const uint SnapMetaTree = 0x10;
    public const uint Reaper = 0x11;
    public const uint OmapSnapshot = 0x13;
    public const uint IntegrityMeta = 0x1E;
    public const uint FextTree = 0x1F;

    public const uint Virtual = 0;
    public const uint Physical = 0x40000000;
    public const uint Ephemeral = 0x80000000;

    /// <summary>Writes the header and then the checksum over the rest of the block.</summary>
    public static void Seal(Span<byte> block, ulong oid, ulong xid, uint type, uint subtype = 0)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(block[8..], oid);
        BinaryPrimitives.WriteUInt64LittleEndian(block[16..], xid);
        BinaryPrimitives.WriteUInt32LittleEndian(block[24..], type);
        BinaryPrimitives.WriteUInt32LittleEndian(block[28..], subtype);
        BinaryPrimitives.WriteUInt64LittleEndian(block, Fletcher64(block[8..]));
    }

    /// <summary>The Fletcher checksum of objects: two sums modulo 2^32 - 1 over 32-bit words, stored so that the block sums to zero.</summary>
    public static ulong Fletcher64(ReadOnlySpan<byte> bytes)
    {
        const ulong Modulus = 0xFFFFFFFF;
        ulong first = 0;
        ulong second = 0;
        for (; bytes.Length >= 4; bytes = bytes[4..])
        {
            // A block has 1022 words at most, so neither sum can overflow 64 bits before the reduction.
            first += BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            second += first;
        }

        first %= Modulus;
        second %= Modulus;
        var low = Modulus - ((first + second) % Modulus);
        var high = Modulus - ((first + low) % Modulus);
        return (high << 32) | low;
    }
}
