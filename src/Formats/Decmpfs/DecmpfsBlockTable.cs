using System.Buffers.Binary;
using System.Runtime.InteropServices;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Decmpfs;

/// <summary>Where a block is stored.</summary>
internal readonly record struct DecmpfsBlock(long Offset, int Length);

/// <summary>
/// The table of blocks at the front of a compressed file's resource fork. zlib has a classic resource fork (header big endian, its only
/// resource a count and pairs of offset and length, little endian); the newer codecs have plain offsets, one more than blocks.
/// </summary>
internal static class DecmpfsBlockTable
{
    private const uint ClassicDataOffset = 0x100;

    internal static DecmpfsBlock[] Read(ByteSource fork, DecmpfsType type, long size)
    {
        var count = ((size - 1) / DecmpfsFile.BlockSize) + 1;
        Span<byte> start = stackalloc byte[4];
        fork.ReadExactly(0, start);
        var isClassic = type == DecmpfsType.ZlibResource
            || (type == DecmpfsType.PlainResource && BinaryPrimitives.ReadUInt32BigEndian(start) == ClassicDataOffset);
        return isClassic ? ReadClassic(fork, count) : ReadOffsets(fork, count);
    }

    private static DecmpfsBlock[] ReadClassic(ByteSource fork, long count)
    {
        Span<byte> word = stackalloc byte[4];
        fork.ReadExactly(0, word);
        var data = BinaryPrimitives.ReadUInt32BigEndian(word) + 4L;
        fork.ReadExactly(data, word);
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(word);
        if (stored < count || count > (fork.Length - data - 4) / 8)
        {
            throw new FirmwareFormatException(DecmpfsHeader.Format, data, $"the table has {stored} blocks, but the file needs {count}");
        }

        var pairs = MemoryMarshal.Cast<byte, uint>(fork.ReadBytes(data + 4, (int)(count * 8)));
        var blocks = new DecmpfsBlock[count];
        for (var i = 0; i < blocks.Length; i++)
        {
            blocks[i] = Check(fork, data + Little(pairs[2 * i]), Little(pairs[(2 * i) + 1]));
        }

        return blocks;
    }

    private static DecmpfsBlock[] ReadOffsets(ByteSource fork, long count)
    {
        if (count + 1 > fork.Length / 4)
        {
            throw new FirmwareFormatException(DecmpfsHeader.Format, 0, $"a resource fork of {fork.Length} bytes cannot hold {count} blocks");
        }

        var offsets = MemoryMarshal.Cast<byte, uint>(fork.ReadBytes(0, (int)((count + 1) * 4)));
        var blocks = new DecmpfsBlock[count];
        for (var i = 0; i < blocks.Length; i++)
        {
            var offset = Little(offsets[i]);
            blocks[i] = Check(fork, offset, Little(offsets[i + 1]) - (long)offset);
        }

        return blocks;
    }

    private static DecmpfsBlock Check(ByteSource fork, long offset, long length) =>
        length is > 0 and <= int.MaxValue && offset <= fork.Length - length
            ? new DecmpfsBlock(offset, (int)length)
            : throw new FirmwareFormatException(DecmpfsHeader.Format, offset, $"a block of {length} bytes leaves the resource fork");

    private static uint Little(uint value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
}
