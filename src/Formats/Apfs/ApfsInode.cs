using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Formats.Apfs;

/// <summary>An inode record (<c>j_inode_val_t</c>) with the data stream of its extended fields.</summary>
internal readonly struct ApfsInode
{
    private const int FixedSize = 92;
    private const int DataStreamSize = 40;

    private ApfsInode(ulong id, ReadOnlySpan<byte> value)
    {
        Id = id;
        Parent = BinaryPrimitives.ReadUInt64LittleEndian(value);
        PrivateId = BinaryPrimitives.ReadUInt64LittleEndian(value[8..]);
        InternalFlags = BinaryPrimitives.ReadUInt64LittleEndian(value[48..]);
        Flags = BinaryPrimitives.ReadUInt32LittleEndian(value[68..]);
        Owner = BinaryPrimitives.ReadUInt32LittleEndian(value[72..]);
        Group = BinaryPrimitives.ReadUInt32LittleEndian(value[76..]);
        Mode = BinaryPrimitives.ReadUInt16LittleEndian(value[80..]);
        UncompressedSize = BinaryPrimitives.ReadUInt64LittleEndian(value[84..]);
    }

    internal ulong Id { get; }

    internal ulong Parent { get; }

    /// <summary>The object whose extents are the file's contents: its own number, or another's for a clone.</summary>
    internal ulong PrivateId { get; }

    internal ulong InternalFlags { get; }

    internal uint Flags { get; }

    internal uint Owner { get; }

    internal uint Group { get; }

    internal ushort Mode { get; }

    internal ulong UncompressedSize { get; }

    /// <summary>Size of the data fork in bytes; 0 where there is none.</summary>
    internal long DataSize { get; private init; }

    /// <summary>Whether ranges without an extent are holes.</summary>
    internal bool IsSparse => (InternalFlags & ApfsConstants.InodeIsSparse) != 0;

    internal bool IsCompressed => (Flags & ApfsConstants.FlagCompressed) != 0;

    internal FileKind Kind => (Mode & 0xF000) switch
    {
        0x8000 => FileKind.File,
        0x4000 => FileKind.Directory,
        0xA000 => FileKind.Symlink,
        _ => FileKind.Special,
    };

    internal static ApfsInode Parse(ulong id, ReadOnlySpan<byte> value)
    {
        if (value.Length < FixedSize)
        {
            throw Fault(id, $"has a record of {value.Length} bytes");
        }

        return new ApfsInode(id, value) { DataSize = ReadDataSize(id, value[FixedSize..]) };
    }

    /// <summary>
    /// Extended fields: a count, the bytes they use, a table of type, flags and size, then the fields, each padded to eight bytes.
    /// </summary>
    private static long ReadDataSize(ulong id, ReadOnlySpan<byte> fields)
    {
        if (fields.Length < 4)
        {
            return 0;
        }

        var count = BinaryPrimitives.ReadUInt16LittleEndian(fields);
        var data = 4 + (count * 4);
        for (var i = 0; i < count; i++)
        {
            if (data > fields.Length)
            {
                throw Fault(id, "has extended fields that leave its record");
            }

            var entry = fields.Slice(4 + (i * 4), 4);
            var size = BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]);
            if (entry[0] == ApfsConstants.InodeExtendedDataStream)
            {
                if (size < DataStreamSize || data + DataStreamSize > fields.Length)
                {
                    throw Fault(id, "has a data stream field that leaves its record");
                }

                var length = BinaryPrimitives.ReadUInt64LittleEndian(fields[data..]);
                return length <= long.MaxValue ? (long)length : throw Fault(id, $"claims 0x{length:x} bytes");
            }

            data += (size + 7) & ~7;
        }

        return 0;
    }

    private static FirmwareFormatException Fault(ulong id, string reason) => new(ApfsConstants.Format, -1, $"inode {id} {reason}");
}
