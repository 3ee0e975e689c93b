using System.Buffers.Binary;

namespace IpswDiff.Formats.HfsPlus;

/// <summary>One B-tree node over its bytes, which <see cref="HfsBTree"/> has checked when it read them.</summary>
internal readonly ref struct HfsNode(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    internal uint ForwardLink => BinaryPrimitives.ReadUInt32BigEndian(_bytes);

    internal uint BackwardLink => BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]);

    internal sbyte Kind => (sbyte)_bytes[8];

    internal int Height => _bytes[9];

    internal int Count => BinaryPrimitives.ReadUInt16BigEndian(_bytes[10..]);

    /// <summary>Where record <paramref name="index"/> begins; for the record after the last, where free space begins.</summary>
    internal int RecordOffset(int index) => BinaryPrimitives.ReadUInt16BigEndian(_bytes[(_bytes.Length - (2 * (index + 1)))..]);

    internal ReadOnlySpan<byte> Record(int index)
    {
        var start = RecordOffset(index);
        return _bytes[start..RecordOffset(index + 1)];
    }

    /// <summary>A record's key without its length.</summary>
    internal ReadOnlySpan<byte> Key(int index)
    {
        var record = Record(index);
        return record.Slice(2, BinaryPrimitives.ReadUInt16BigEndian(record));
    }

    /// <summary>What follows the key.</summary>
    internal ReadOnlySpan<byte> Data(int index)
    {
        var record = Record(index);
        return record[DataOffset(record)..];
    }

    /// <summary>The node that an index record points to.</summary>
    internal uint Child(int index) => BinaryPrimitives.ReadUInt32BigEndian(Data(index));

    /// <summary>Where data begins in a record: after the key, at an even offset.</summary>
    internal static int DataOffset(ReadOnlySpan<byte> record) => (2 + BinaryPrimitives.ReadUInt16BigEndian(record) + 1) & ~1;
}
