using System.IO.Hashing;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Zip;

/// <summary>Reads the entries of the central directory and checks that the members lie apart from one another.</summary>
internal static class ZipDirectoryReader
{
    // Some two million members; beyond this the directory itself is an attack.
    private const long MaxDirectoryLength = 256L << 20;

    internal static ZipMember[] Read(ByteSource source)
    {
        var directory = ZipDirectory.Find(source);
        if (directory.Length > MaxDirectoryLength)
        {
            throw new FirmwareFormatException(
                ZipConstants.Format, directory.Offset, $"a central directory of {directory.Length} bytes, more than the {MaxDirectoryLength} that are read");
        }

        var reader = new SpanReader(source.ReadBytes(directory.Offset, (int)directory.Length), ZipConstants.Format, directory.Offset);
        var members = new List<ZipMember>();
        while (reader.Remaining > 0)
        {
            members.Add(ReadEntry(ref reader));
        }

        var counted = directory.IsZip64 ? (ulong)members.Count : (ulong)members.Count & ushort.MaxValue;
        if (counted != directory.Count)
        {
            throw new FirmwareFormatException(
                ZipConstants.Format, directory.Offset, $"{directory.Count} members are announced, the central directory has {members.Count}");
        }

        return Bound(members, directory.Offset);
    }

    private static ZipMember ReadEntry(ref SpanReader reader)
    {
        var start = reader.Offset;
        if (reader.ReadUInt32() != ZipConstants.CentralHeaderSignature)
        {
            throw new FirmwareFormatException(ZipConstants.Format, start, "no central-directory entry where one is wanted");
        }

        var madeBy = reader.ReadUInt16();
        reader.Skip(2);
        var flags = reader.ReadUInt16();
        var method = reader.ReadUInt16();
        reader.Skip(4);
        var crc = reader.ReadUInt32();
        ulong compressed = reader.ReadUInt32();
        ulong size = reader.ReadUInt32();
        var nameLength = reader.ReadUInt16();
        var extraLength = reader.ReadUInt16();
        var commentLength = reader.ReadUInt16();
        reader.Skip(4);
        var attributes = reader.ReadUInt32();
        ulong offset = reader.ReadUInt32();
        var nameBytes = reader.ReadBytes(nameLength);
        var extra = new SpanReader(reader.ReadBytes(extraLength), ZipConstants.Format, start + ZipConstants.CentralHeaderLength + nameLength);
        reader.Skip(commentLength);

        var name = ZipNames.Decode(nameBytes, (flags & ZipConstants.FlagUtf8) != 0);
        ReadExtra(extra, nameBytes, ref name, ref size, ref compressed, ref offset);
        if (size > long.MaxValue || compressed > long.MaxValue || offset > long.MaxValue)
        {
            throw new FirmwareFormatException(ZipConstants.Format, start, $"{name}: a size or offset is out of range");
        }

        int? mode = madeBy >> 8 is ZipConstants.HostUnix or ZipConstants.HostDarwin && attributes >> 16 != 0 ? (int)(attributes >> 16) : null;
        return new ZipMember
        {
            Name = name,
            CompressedSize = (long)compressed,
            Size = (long)size,
            Crc32 = crc,
            Method = (ZipMethod)method,
            LocalHeaderOffset = (long)offset,
            UnixMode = mode,
            IsDirectory = name.EndsWith('/') || (mode & ZipConstants.UnixTypeMask) == ZipConstants.UnixDirectory,
            IsEncrypted = (flags & (ZipConstants.FlagEncrypted | ZipConstants.FlagStrongEncryption)) != 0,
        };
    }

    // Extra fields: those of Zip64 stand for the 32-bit fields that are all ones, in this order; Info-ZIP's give the name in UTF-8.
    private static void ReadExtra(
        SpanReader extra, ReadOnlySpan<byte> nameBytes, ref string name, ref ulong size, ref ulong compressed, ref ulong offset)
    {
        while (extra.Remaining >= 4)
        {
            var id = extra.ReadUInt16();
            var length = extra.ReadUInt16();
            if (length > extra.Remaining)
            {
                // Padding that aligning tools leave behind looks like this; it ends the fields.
                return;
            }

            var fieldOffset = extra.Offset;
            var field = new SpanReader(extra.ReadBytes(length), ZipConstants.Format, fieldOffset);
            if (id == ZipConstants.ExtraZip64)
            {
                size = size == uint.MaxValue ? field.ReadUInt64() : size;
                compressed = compressed == uint.MaxValue ? field.ReadUInt64() : compressed;
                offset = offset == uint.MaxValue ? field.ReadUInt64() : offset;
            }
            else if (id == ZipConstants.ExtraUnicodePath && length > 5 && field.ReadByte() == 1 && field.ReadUInt32() == Crc32.HashToUInt32(nameBytes))
            {
                name = ZipNames.Decode(field.ReadBytes(field.Remaining), isUtf8: true);
            }
        }
    }

    // Members in the order of their places: each must leave the next one's header and the directory alone. That also stops the kind
    // of bomb that names one compressed stream thousands of times.
    private static ZipMember[] Bound(List<ZipMember> members, long directoryOffset)
    {
        var order = members.Select(static (member, index) => (member.LocalHeaderOffset, Index: index)).ToArray();
        Array.Sort(order);
        var bounded = new ZipMember[members.Count];
        for (var i = 0; i < order.Length; i++)
        {
            var member = members[order[i].Index];
            var end = i + 1 < order.Length ? order[i + 1].LocalHeaderOffset : directoryOffset;
            end = Math.Min(end, directoryOffset);
            if (member.LocalHeaderOffset > end - ZipConstants.LocalHeaderLength
                || member.CompressedSize > end - member.LocalHeaderOffset - ZipConstants.LocalHeaderLength)
            {
                throw new FirmwareFormatException(
                    ZipConstants.Format,
                    member.LocalHeaderOffset,
                    $"{member.Name}: {member.CompressedSize} bytes overlap what begins at 0x{end:x}");
            }

            bounded[order[i].Index] = member with { End = end };
        }

        return bounded;
    }
}
