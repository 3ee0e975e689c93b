using System.Buffers.Binary;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Apfs;

/// <summary>An extended-attribute record (<c>j_xattr_val_t</c>): the value itself, or the data stream that holds it.</summary>
internal readonly struct ApfsXattr
{
    private readonly ReadOnlyMemory<byte> _embedded;

    private ApfsXattr(ushort flags, ReadOnlyMemory<byte> embedded, ulong streamId, long length)
    {
        Flags = flags;
        _embedded = embedded;
        StreamId = streamId;
        Length = length;
    }

    internal ushort Flags { get; }

    /// <summary>The data stream that holds the value; 0 where the record does.</summary>
    internal ulong StreamId { get; }

    /// <summary>Bytes of the value.</summary>
    internal long Length { get; }

    /// <summary>The attribute's name, out of a record's key, without its final NUL.</summary>
    internal static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> key)
    {
        if (key.Length < 11)
        {
            throw new FirmwareFormatException(ApfsConstants.Format, -1, "an extended attribute has no name");
        }

        var length = BinaryPrimitives.ReadUInt16LittleEndian(key[8..]);
        var name = key[10..];
        name = length <= name.Length ? name[..length] : name;
        var end = name.IndexOf((byte)0);
        return end < 0 ? name : name[..end];
    }

    internal static ApfsXattr Parse(ReadOnlyMemory<byte> record)
    {
        var value = record.Span;
        if (value.Length < 4)
        {
            throw Fault($"has a record of {value.Length} bytes");
        }

        var flags = BinaryPrimitives.ReadUInt16LittleEndian(value);
        var length = BinaryPrimitives.ReadUInt16LittleEndian(value[2..]);
        if ((flags & ApfsConstants.XattrDataStream) == 0)
        {
            return length <= value.Length - 4
                ? new ApfsXattr(flags, record.Slice(4, length), 0, length)
                : throw Fault($"of {length} bytes leaves its record");
        }

        if (value.Length < 4 + 16)
        {
            throw Fault("has no room for its data stream");
        }

        var size = BinaryPrimitives.ReadUInt64LittleEndian(value[12..]);
        return size <= long.MaxValue
            ? new ApfsXattr(flags, default, BinaryPrimitives.ReadUInt64LittleEndian(value[4..]), (long)size)
            : throw Fault($"claims 0x{size:x} bytes");
    }

    internal ByteSource Open(ApfsVolume volume) => (Flags & ApfsConstants.XattrDataStream) == 0
        ? new MemoryByteSource(_embedded)
        : ApfsExtents.Open(volume, StreamId, Length, isSparse: false);

    /// <summary>The value as text up to its first NUL: a symlink's target.</summary>
    internal string ReadText(ApfsVolume volume, int maximum)
    {
        var source = Open(volume);
        if (source.Length > maximum)
        {
            throw Fault($"of {source.Length} bytes is too long for what it is");
        }

        var bytes = source.ReadBytes(0, (int)source.Length).AsSpan();
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private static FirmwareFormatException Fault(string reason) => new(ApfsConstants.Format, -1, $"an extended attribute {reason}");
}
