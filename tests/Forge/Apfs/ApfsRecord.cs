using System.Buffers.Binary;
using System.Text;

namespace IpswDiff.Forge.Apfs;

/// <summary>The record types of a file-system tree (Apple File System Reference, <c>j_obj_types</c>).</summary>
internal enum ApfsRecordType
{
    SnapMetadata = 1,
    Extent = 2,
    Inode = 3,
    ExtendedAttribute = 4,
    SiblingLink = 5,
    DstreamId = 6,
    FileExtent = 8,
    DirectoryRecord = 9,
    SnapName = 11,
    SiblingMap = 12,
    FileInfo = 13,
}

/// <summary>A key and its value with what orders it: object, type, then a number (hash, offset, sibling), then a name bytewise.</summary>
internal sealed class ApfsRecord(ulong id, ApfsRecordType type, ulong number, byte[] name, byte[] key, byte[] value) : IComparable<ApfsRecord>
{
    public byte[] Key { get; } = key;

    public byte[] Value { get; } = value;

    /// <summary>A key that is an object and a type only.</summary>
    public static ApfsRecord Plain(ulong id, ApfsRecordType type, byte[] value) => new(id, type, 0, [], Header(id, type).ToArray(), value);

    /// <summary>A key with a 64-bit number after the header.</summary>
    public static ApfsRecord Numbered(ulong id, ApfsRecordType type, ulong number, byte[] value)
        => new(id, type, number, [], Header(id, type).U64(number).ToArray(), value);

    /// <summary>A key with a 16-bit length and a name after the header.</summary>
    public static ApfsRecord Named(ulong id, ApfsRecordType type, string name, byte[] value)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        return new(id, type, 0, bytes, Header(id, type).U16(bytes.Length + 1).Text(name).ToArray(), value);
    }

    /// <summary>A directory record's key with the hash of the name.</summary>
    public static ApfsRecord Hashed(ulong id, string name, uint hash, byte[] value)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        var key = Header(id, ApfsRecordType.DirectoryRecord).U32(hash | (uint)(bytes.Length + 1)).Text(name).ToArray();
        return new(id, ApfsRecordType.DirectoryRecord, hash, bytes, key, value);
    }

    /// <summary>A record of a tree whose keys are fixed 64-bit numbers: one (snapshots) or two (object maps, file extents).</summary>
    public static ApfsRecord Fixed(ulong first, ulong? second, byte[] value)
    {
        var key = new byte[second is null ? 8 : 16];
        BinaryPrimitives.WriteUInt64LittleEndian(key, first);
        if (second is { } number)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(key.AsSpan(8), number);
        }

        return new(first, 0, second ?? 0, [], key, value);
    }

    public int CompareTo(ApfsRecord? other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var order = Id.CompareTo(other.Id);
        order = order != 0 ? order : Type.CompareTo(other.Type);
        order = order != 0 ? order : Number.CompareTo(other.Number);
        return order != 0 ? order : Name.AsSpan().SequenceCompareTo(other.Name);
    }

    private ulong Id { get; } = id;

    private ApfsRecordType Type { get; } = type;

    private ulong Number { get; } = number;

    private byte[] Name { get; } = name;

    private static ByteBuilder Header(ulong id, ApfsRecordType type) => new ByteBuilder().U64(id | ((ulong)type << 60));
}
