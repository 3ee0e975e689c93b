using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Apfs;

/// <summary>The fields of a container superblock (<c>nx_superblock_t</c>) that reading needs.</summary>
internal sealed record ApfsContainerSuperblock
{
    private const uint NotContiguous = 0x80000000;

    internal required int BlockSize { get; init; }

    internal required ulong BlockCount { get; init; }

    internal required Guid Uuid { get; init; }

    internal required ulong Transaction { get; init; }

    internal required uint DescriptorBlocks { get; init; }

    internal required ulong DescriptorBase { get; init; }

    internal required ulong ObjectMap { get; init; }

    internal required ulong[] FileSystems { get; init; }

    /// <summary>Bytes that <see cref="Matches"/> wants to see.</summary>
    internal const int HeadLength = MagicOffset + 4;

    private const int MagicOffset = 32;

    /// <summary>Whether a partition that begins with <paramref name="head"/> is a container.</summary>
    internal static bool Matches(ReadOnlySpan<byte> head) => head.Length >= HeadLength
        && BinaryPrimitives.ReadUInt32LittleEndian(head[MagicOffset..]) == ApfsConstants.ContainerMagic;

    /// <summary>
    /// The newest valid superblock: block 0 says where the checkpoint descriptors are; of the superblocks among them whose checksum is
    /// right, the one with the highest transaction counts.
    /// </summary>
    /// <exception cref="FirmwareFormatException">There is none.</exception>
    internal static ApfsContainerSuperblock ReadNewest(ByteSource source)
    {
        if (!ApfsContainer.Matches(source))
        {
            throw new FirmwareFormatException(ApfsConstants.Format, MagicOffset, "no NXSB: not an APFS container");
        }

        var first = Parse(source.ReadBytes(0, ApfsConstants.MinimumBlockSize), 0);
        if ((first.DescriptorBlocks & NotContiguous) != 0)
        {
            throw new FirmwareFormatException(ApfsConstants.Format, 104, "a checkpoint area in pieces is not supported");
        }

        var blockCount = source.Length / first.BlockSize;
        if (first.DescriptorBase >= (ulong)blockCount || first.DescriptorBlocks > (ulong)blockCount - first.DescriptorBase)
        {
            throw new FirmwareFormatException(
                ApfsConstants.Format, 104, $"the checkpoint area (blocks 0x{first.DescriptorBase:x}+0x{first.DescriptorBlocks:x}) leaves the image");
        }

        var newest = Fletcher64.IsValid(source.ReadBytes(0, first.BlockSize)) ? first : null;
        var block = new byte[first.BlockSize];
        for (var i = 0u; i < first.DescriptorBlocks; i++)
        {
            var offset = (long)(first.DescriptorBase + i) * first.BlockSize;
            source.ReadExactly(offset, block);
            if (!IsSuperblock(block, first.BlockSize) || !Fletcher64.IsValid(block))
            {
                continue;
            }

            var candidate = Parse(block, offset);
            if (newest is null || candidate.Transaction > newest.Transaction)
            {
                newest = candidate;
            }
        }

        return newest ?? throw new FirmwareFormatException(ApfsConstants.Format, 0, "no container superblock has a valid checksum");
    }

    private static bool IsSuperblock(ReadOnlySpan<byte> block, int blockSize) =>
        BinaryPrimitives.ReadUInt32LittleEndian(block[32..]) == ApfsConstants.ContainerMagic
        && (BinaryPrimitives.ReadUInt32LittleEndian(block[24..]) & ApfsConstants.ObjectTypeMask) == ApfsConstants.ObjectTypeContainer
        && BinaryPrimitives.ReadUInt32LittleEndian(block[36..]) == blockSize;

    private static ApfsContainerSuperblock Parse(ReadOnlySpan<byte> block, long offset)
    {
        var reader = new SpanReader(block, ApfsConstants.Format, offset);
        reader.Skip(16);
        var transaction = reader.ReadUInt64();
        reader.Seek(36);
        var blockSize = reader.ReadUInt32();
        if (blockSize is < ApfsConstants.MinimumBlockSize or > ApfsConstants.MaximumBlockSize || (blockSize & (blockSize - 1)) != 0)
        {
            throw reader.Fault($"a block size of {blockSize} is out of range");
        }

        var blockCount = reader.ReadUInt64();
        reader.Seek(72);
        var uuid = new Guid(reader.ReadBytes(16), bigEndian: true);
        reader.Seek(104);
        var descriptorBlocks = reader.ReadUInt32();
        reader.Skip(4);
        var descriptorBase = reader.ReadUInt64();
        reader.Seek(160);
        var objectMap = reader.ReadUInt64();
        reader.Seek(180);
        var fileSystems = new ulong[Math.Min(reader.ReadUInt32(), ApfsConstants.MaximumFileSystems)];
        for (var i = 0; i < fileSystems.Length; i++)
        {
            fileSystems[i] = reader.ReadUInt64();
        }

        return new ApfsContainerSuperblock
        {
            BlockSize = (int)blockSize,
            BlockCount = blockCount,
            Uuid = uuid,
            Transaction = transaction,
            DescriptorBlocks = descriptorBlocks,
            DescriptorBase = descriptorBase,
            ObjectMap = objectMap,
            FileSystems = fileSystems,
        };
    }
}
