using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Apfs;

/// <summary>The blocks of a container, with what every object in them has in common.</summary>
internal sealed class ApfsBlocks
{
    internal ApfsBlocks(ByteSource source, int blockSize, ulong blockCount, bool verify)
    {
        Source = source;
        BlockSize = blockSize;
        BlockCount = Math.Min(blockCount, (ulong)(source.Length / blockSize));
        Verify = verify;
    }

    internal ByteSource Source { get; }

    internal int BlockSize { get; }

    /// <summary>Blocks that the container has and the image holds.</summary>
    internal ulong BlockCount { get; }

    /// <summary>Whether the checksum of every object is checked when it is read.</summary>
    internal bool Verify { get; }

    /// <summary>The same blocks, with the checksum of every object checked.</summary>
    internal ApfsBlocks WithVerification() => new(Source, BlockSize, BlockCount, verify: true);

    /// <summary>The byte offset of a block, checked to lie inside the image together with the blocks after it.</summary>
    /// <exception cref="FirmwareFormatException">It does not.</exception>
    internal long OffsetOf(ulong address, ulong count, string what)
    {
        if (address >= BlockCount || count > BlockCount - address)
        {
            throw new FirmwareFormatException(
                ApfsConstants.Format,
                -1,
                $"{what} lies at blocks 0x{address:x}+0x{count:x}, outside the container's 0x{BlockCount:x}: damaged, or the image was cut short");
        }

        return (long)address * BlockSize;
    }

    /// <summary>Reads an object of one block and checks its type.</summary>
    /// <exception cref="FirmwareFormatException">It lies outside, has another type, or its checksum is wrong.</exception>
    internal byte[] ReadObject(ulong address, uint type, string what)
    {
        var offset = OffsetOf(address, 1, what);
        var block = Source.ReadBytes(offset, BlockSize);
        var actual = BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(24)) & ApfsConstants.ObjectTypeMask;
        if (actual != type)
        {
            throw new FirmwareFormatException(ApfsConstants.Format, offset, $"{what} has object type 0x{actual:x} instead of 0x{type:x}");
        }

        return Fletcher64.IsValid(block)
            ? block
            : throw new FirmwareFormatException(ApfsConstants.Format, offset, $"the checksum of {what} is wrong");
    }
}
