using System.Buffers.Binary;
using IpswDiff.Formats.Apfs;

namespace IpswDiff.Formats.Tests.Apfs;

/// <summary>Changes single blocks of a container and gives them a right checksum again, so that the change itself is what a reader meets.</summary>
internal static class ForgedBlocks
{
    internal const int BlockSize = 4096;

    /// <summary>The last block whose magic, after the object header, is that.</summary>
    internal static int Find(byte[] container, ReadOnlySpan<byte> magic)
    {
        for (var block = (container.Length / BlockSize) - 1; block >= 0; block--)
        {
            if (container.AsSpan((block * BlockSize) + 32).StartsWith(magic))
            {
                return block;
            }
        }

        throw new ArgumentException("no such block");
    }

    internal static bool IsVolume(byte[] container, int block) => container.AsSpan((block * BlockSize) + 32).StartsWith("APSB"u8);

    /// <summary>All B-tree nodes of a subtype, with their levels.</summary>
    internal static IEnumerable<(int Block, int Level)> Nodes(byte[] container, uint subtype)
    {
        for (var block = 0; block < container.Length / BlockSize; block++)
        {
            var bytes = container.AsSpan(block * BlockSize, BlockSize);
            var type = BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]) & 0xFFFF;
            if (type is 2 or 3 && BinaryPrimitives.ReadUInt32LittleEndian(bytes[28..]) == subtype)
            {
                yield return (block, BinaryPrimitives.ReadUInt16LittleEndian(bytes[34..]));
            }
        }
    }

    internal static void Patch(byte[] container, int block, Action<byte[]> change)
    {
        var bytes = container.AsSpan(block * BlockSize, BlockSize).ToArray();
        change(bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Fletcher64.Compute(bytes.AsSpan(8)));
        bytes.CopyTo(container, block * BlockSize);
    }
}
