using System.Buffers.Binary;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Apfs;

/// <summary>A snapshot of a volume.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Transaction">The transaction it keeps.</param>
/// <param name="CreatedNanoseconds">When it was made, in nanoseconds since 1970 (UTC).</param>
public sealed record ApfsSnapshot(string Name, ulong Transaction, ulong CreatedNanoseconds)
{
    private const int FixedSize = 50;

    /// <summary>Block of the copy of the volume's superblock.</summary>
    internal ulong Superblock { get; private init; }

    /// <summary>The snapshots in a snapshot metadata tree (<c>j_snap_metadata_val_t</c>), oldest first.</summary>
    internal static List<ApfsSnapshot> ReadAll(BTree tree)
    {
        var snapshots = new List<ApfsSnapshot>();
        var cursor = tree.Cursor();
        for (var found = cursor.Seek(default); found; found = cursor.MoveNext())
        {
            if (cursor.Key.Type == ApfsRecordType.SnapshotMetadata)
            {
                snapshots.Add(Parse(cursor.Key.Id, cursor.Value));
            }
        }

        return snapshots;
    }

    private static ApfsSnapshot Parse(ulong transaction, ReadOnlySpan<byte> value)
    {
        var length = value.Length >= FixedSize ? BinaryPrimitives.ReadUInt16LittleEndian(value[48..]) : 0;
        if (length == 0 || length > value.Length - FixedSize)
        {
            throw new FirmwareFormatException(ApfsConstants.Format, -1, $"the record of snapshot {transaction} is damaged");
        }

        var name = value.Slice(FixedSize, length);
        var end = name.IndexOf((byte)0);
        return new ApfsSnapshot(
            Encoding.UTF8.GetString(end < 0 ? name : name[..end]), transaction, BinaryPrimitives.ReadUInt64LittleEndian(value[16..]))
        {
            Superblock = BinaryPrimitives.ReadUInt64LittleEndian(value[8..]),
        };
    }
}
