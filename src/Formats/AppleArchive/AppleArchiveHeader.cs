using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.AppleArchive;

/// <summary>
/// The header of one entry: fields of a three-letter key and a character for the value's type. Blobs lie behind the header, in the
/// order of their fields. Facts: <c>AADefs.h</c>; the encoding of values from 0xilis/libNeoAppleArchive, <c>NeoAAFieldType.md</c>.
/// </summary>
internal ref struct AppleArchiveHeader
{
    private const int MostFields = 1024;

    // Three letters, first one highest.
    private const int TypeKey = 0x545950;
    private const int OperationKey = 0x594F50;
    private const int UidKey = 0x554944;
    private const int GidKey = 0x474944;
    private const int ModeKey = 0x4D4F44;
    private const int SizeKey = 0x53495A;
    private const int HardLinkKey = 0x484C43;
    private const int CloneKey = 0x434C43;
    private const int SameDataKey = 0x534C43;

    internal byte Type;
    internal byte Operation;
    internal bool HasPath;
    internal bool HasData;
    internal ReadOnlySpan<byte> Path;
    internal ReadOnlySpan<byte> Link;
    internal ReadOnlySpan<byte> Sha1;
    internal ReadOnlySpan<byte> Sha256;
    internal uint? Uid;
    internal uint? Gid;
    internal int? Mode;

    /// <summary>The size that the <c>SIZ</c> field gives, where there is one.</summary>
    internal long? Size;
    internal ulong? HardLinkCluster;
    internal ulong? CloneCluster;
    internal ulong? SameDataCluster;

    /// <summary>Where contents and extended attributes begin, from the end of the header, and their lengths.</summary>
    internal long DataOffset;
    internal long DataSize;
    internal long AttributesOffset;
    internal long AttributesSize;

    /// <summary>Bytes of all blobs together.</summary>
    internal long BlobsSize;

    /// <summary>Reads the fields, which follow magic and size.</summary>
    /// <param name="fields">The header from its seventh byte on.</param>
    /// <param name="origin">Where that byte lies, for messages.</param>
    /// <exception cref="FirmwareFormatException">A field is damaged or of an unknown type, or there is no entry type.</exception>
    internal static AppleArchiveHeader Read(ReadOnlySpan<byte> fields, long origin)
    {
        var header = default(AppleArchiveHeader);
        var reader = new SpanReader(fields, AppleArchiveFormat.Name, origin);
        for (var count = 0; reader.Remaining > 0; count++)
        {
            if (count == MostFields)
            {
                throw reader.Fault($"an entry with more than {MostFields} fields");
            }

            header.ReadField(ref reader);
        }

        return header.Type != 0 ? header : throw new FirmwareFormatException(AppleArchiveFormat.Name, origin, "an entry without a type (TYP)");
    }

    private void ReadField(ref SpanReader reader)
    {
        var key = reader.ReadBytes(3);
        var type = reader.ReadByte();
        switch (type)
        {
            case (byte)'*':
                break;
            case (byte)'1':
                SetNumber(key, reader.ReadByte());
                break;
            case (byte)'2':
                SetNumber(key, reader.ReadUInt16());
                break;
            case (byte)'4':
                SetNumber(key, reader.ReadUInt32());
                break;
            case (byte)'8':
                SetNumber(key, reader.ReadUInt64());
                break;
            case (byte)'P':
                SetText(key, reader.ReadBytes(reader.ReadUInt16()));
                break;
            case (byte)'F' or (byte)'G' or (byte)'H' or (byte)'I' or (byte)'J':
                SetHash(key, reader.ReadBytes(type switch { (byte)'F' => 4, (byte)'G' => 20, (byte)'H' => 32, (byte)'I' => 48, _ => 64 }));
                break;
            case (byte)'S':
                reader.Skip(8);
                break;
            case (byte)'T':
                reader.Skip(12);
                break;
            case (byte)'A':
                SetBlob(key, reader.ReadUInt16(), in reader);
                break;
            case (byte)'B':
                SetBlob(key, reader.ReadUInt32(), in reader);
                break;
            case (byte)'C':
                SetBlob(key, reader.ReadOffset64(), in reader);
                break;
            default:
                throw reader.Fault($"a field of the unknown type 0x{type:x2}");
        }
    }

    private void SetNumber(ReadOnlySpan<byte> key, ulong value)
    {
        switch (Key(key))
        {
            case TypeKey:
                Type = (byte)value;
                break;
            case OperationKey:
                Operation = (byte)value;
                break;
            case UidKey:
                Uid = (uint)value;
                break;
            case GidKey:
                Gid = (uint)value;
                break;
            case ModeKey:
                Mode = (int)(value & 0xFFF);
                break;
            case SizeKey:
                Size = (long)Math.Min(value, long.MaxValue);
                break;
            case HardLinkKey:
                HardLinkCluster = value;
                break;
            case CloneKey:
                CloneCluster = value;
                break;
            case SameDataKey:
                SameDataCluster = value;
                break;
        }
    }

    private void SetText(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("PAT"u8))
        {
            Path = value;
            HasPath = true;
        }
        else if (key.SequenceEqual("LNK"u8))
        {
            Link = value;
        }
    }

    private void SetHash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("SH2"u8) && value.Length == 32)
        {
            Sha256 = value;
        }
        else if (key.SequenceEqual("SH1"u8) && value.Length == 20)
        {
            Sha1 = value;
        }
    }

    private void SetBlob(ReadOnlySpan<byte> key, long size, in SpanReader reader)
    {
        if (size > long.MaxValue - BlobsSize)
        {
            throw reader.Fault("blobs of more than 2^63 bytes");
        }

        if (key.SequenceEqual("DAT"u8))
        {
            (HasData, DataOffset, DataSize) = (true, BlobsSize, size);
        }
        else if (key.SequenceEqual("XAT"u8))
        {
            (AttributesOffset, AttributesSize) = (BlobsSize, size);
        }

        BlobsSize += size;
    }

    private static int Key(ReadOnlySpan<byte> key) => (key[0] << 16) | (key[1] << 8) | key[2];

    /// <summary>The size of a whole header, from its first six bytes.</summary>
    /// <exception cref="FirmwareFormatException">No header begins here.</exception>
    internal static int ReadSize(ReadOnlySpan<byte> prefix, long offset)
    {
        if (!AppleArchiveFormat.HasMagic(prefix))
        {
            throw new FirmwareFormatException(AppleArchiveFormat.Name, offset, "no entry begins where one must (neither AA01 nor YAA1)");
        }

        var size = BinaryPrimitives.ReadUInt16LittleEndian(prefix[4..]);
        return size > AppleArchiveFormat.PrefixSize
            ? size
            : throw new FirmwareFormatException(AppleArchiveFormat.Name, offset, $"a header of {size} bytes holds no field");
    }
}
