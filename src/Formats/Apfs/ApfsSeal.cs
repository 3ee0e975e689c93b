using System.Buffers.Binary;
using System.Security.Cryptography;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Apfs;

/// <summary>
/// The seal of a volume: every node of its file-system tree is hashed into its parent, and the root into the integrity metadata
/// (<c>integrity_meta_phys_t</c>).
/// </summary>
internal static class ApfsSeal
{
    private const int FlagsOffset = 36;
    private const int HashTypeOffset = 40;
    private const int RootHashOffset = 44;
    private const uint Broken = 0x01;

    /// <summary>Checks the root of the tree against the seal.</summary>
    /// <exception cref="FirmwareFormatException">The seal is damaged or broken, or the hash is not the root's.</exception>
    internal static void Verify(ApfsBlocks blocks, ulong address, BTreeNode root)
    {
        var block = blocks.ReadObject(address, ApfsConstants.ObjectTypeIntegrityMeta, "the seal").AsSpan();
        var offset = (long)address * blocks.BlockSize;
        var flags = BinaryPrimitives.ReadUInt32LittleEndian(block[FlagsOffset..]);
        var type = BinaryPrimitives.ReadUInt32LittleEndian(block[HashTypeOffset..]);
        var place = BinaryPrimitives.ReadUInt32LittleEndian(block[RootHashOffset..]);
        var length = type switch
        {
            1 or 2 => SHA256.HashSizeInBytes,
            3 => SHA384.HashSizeInBytes,
            4 => SHA512.HashSizeInBytes,
            _ => throw new FirmwareFormatException(ApfsConstants.Format, offset, $"hash type {type} of the seal is not known"),
        };
        if ((flags & Broken) != 0)
        {
            throw new FirmwareFormatException(ApfsConstants.Format, offset, "the seal is marked as broken");
        }

        if (type == 2)
        {
            throw new FirmwareFormatException(ApfsConstants.Format, offset, "a seal of SHA-512/256 cannot be checked here");
        }

        if (place > block.Length - length)
        {
            throw new FirmwareFormatException(ApfsConstants.Format, offset, $"the root hash at 0x{place:x} leaves the seal");
        }

        CheckHash(root, block.Slice((int)place, length));
    }

    /// <summary>Checks a node against the hash that its parent or the seal has of it; the length tells the algorithm.</summary>
    /// <exception cref="FirmwareFormatException">The hash is not the node's.</exception>
    internal static void CheckHash(BTreeNode node, ReadOnlySpan<byte> expected)
    {
        Span<byte> actual = stackalloc byte[SHA512.HashSizeInBytes];
        var length = expected.Length switch
        {
            SHA256.HashSizeInBytes => SHA256.HashData(node.Data, actual),
            SHA384.HashSizeInBytes => SHA384.HashData(node.Data, actual),
            SHA512.HashSizeInBytes => SHA512.HashData(node.Data, actual),
            _ => throw node.Fault($"a hash of {expected.Length} bytes is of no known algorithm"),
        };
        if (!actual[..length].SequenceEqual(expected))
        {
            throw node.Fault("the hash of a node of a sealed volume is wrong: the seal is broken");
        }
    }
}
