using System.Buffers.Binary;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Apfs;

/// <summary>Reads directory records (<c>j_drec_key_t</c>, <c>j_drec_hashed_key_t</c>, <c>j_drec_val_t</c>).</summary>
internal static class ApfsDirectory
{
    /// <summary>The name at the cursor, which stands on a directory record, and the inode it leads to.</summary>
    /// <exception cref="FirmwareFormatException">The record is damaged, or its name could not be one.</exception>
    internal static string ReadName(ApfsVolume volume, BTreeCursor cursor, out ulong fileId)
    {
        var key = cursor.RawKey;
        var hashed = volume.HasHashedNames;
        var start = hashed ? 12 : 10;
        var length = key.Length < start ? 0
            : hashed ? (int)(BinaryPrimitives.ReadUInt32LittleEndian(key[8..]) & 0x3FF)
            : BinaryPrimitives.ReadUInt16LittleEndian(key[8..]);
        var value = cursor.Value;
        if (length < 2 || start + length > key.Length || key[start + length - 1] != 0 || value.Length < 18)
        {
            throw new FirmwareFormatException(ApfsConstants.Format, -1, $"a record of directory {cursor.Key.Id} is damaged");
        }

        fileId = BinaryPrimitives.ReadUInt64LittleEndian(value);
        var name = key.Slice(start, length - 1);
        if (name.ContainsAny((byte)'/', (byte)0) || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
        {
            throw new FirmwareFormatException(ApfsConstants.Format, -1, $"directory {cursor.Key.Id} holds a name that no file can have");
        }

        return Encoding.UTF8.GetString(name);
    }

    /// <summary>Moves to the first record of a directory, or of those of its names with that hash; false where there is none.</summary>
    internal static bool SeekFirst(BTreeCursor cursor, ulong directory, ulong hash = 0) =>
        directory <= ApfsConstants.ObjectIdMask
        && cursor.Seek(BTreeKey.Record(directory, ApfsRecordType.DirectoryRecord, hash))
        && IsIn(cursor, directory);

    /// <summary>Moves to the next record; false where it is of another directory.</summary>
    internal static bool MoveNext(BTreeCursor cursor, ulong directory) => cursor.MoveNext() && IsIn(cursor, directory);

    private static bool IsIn(BTreeCursor cursor, ulong directory) =>
        cursor.Key.Primary == BTreeKey.Record(directory, ApfsRecordType.DirectoryRecord).Primary;
}
