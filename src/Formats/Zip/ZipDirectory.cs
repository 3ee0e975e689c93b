using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Zip;

/// <summary>Where the central directory lies, from the records at the end of the archive.</summary>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Count">The entries it should have; only the low 16 bits when <paramref name="IsZip64"/> is false.</param>
/// <param name="IsZip64">Whether Zip64 records told all this.</param>
internal readonly record struct ZipDirectory(long Offset, long Length, ulong Count, bool IsZip64)
{
    internal static ZipDirectory Find(ByteSource source)
    {
        var length = (int)Math.Min(source.Length, ZipConstants.EndLength + ZipConstants.MaxCommentLength);
        var tailStart = source.Length - length;
        var tail = source.ReadBytes(tailStart, length);
        var position = FindEnd(tail);
        if (position < 0)
        {
            throw new FirmwareFormatException(
                ZipConstants.Format, source.Length, "no end-of-central-directory record: the file is cut short or is no ZIP archive");
        }

        var endOffset = tailStart + position;
        var end = new SpanReader(tail.AsSpan(position), ZipConstants.Format, endOffset);
        end.Skip(4);
        uint disk = end.ReadUInt16();
        uint directoryDisk = end.ReadUInt16();
        end.Skip(2);
        ulong count = end.ReadUInt16();
        ulong size = end.ReadUInt32();
        ulong offset = end.ReadUInt32();
        var isZip64 = false;
        if ((count == ushort.MaxValue || size == uint.MaxValue || offset == uint.MaxValue || disk == ushort.MaxValue)
            && TryReadZip64(source, endOffset, out var record))
        {
            isZip64 = true;
            record.Skip(16);
            disk = record.ReadUInt32();
            directoryDisk = record.ReadUInt32();
            record.Skip(8);
            count = record.ReadUInt64();
            size = record.ReadUInt64();
            offset = record.ReadUInt64();
        }

        if (disk != 0 || directoryDisk != 0)
        {
            throw new FirmwareFormatException(ZipConstants.Format, endOffset, "one part of an archive that is split over several files; join them first");
        }

        if (size > (ulong)endOffset || offset > (ulong)endOffset - size)
        {
            throw new FirmwareFormatException(
                ZipConstants.Format, endOffset, $"a central directory of {size} bytes at 0x{offset:x} does not lie before its end record");
        }

        if (isZip64 && count > size / ZipConstants.CentralHeaderLength)
        {
            throw new FirmwareFormatException(ZipConstants.Format, endOffset, $"{count} members do not fit a central directory of {size} bytes");
        }

        return new ZipDirectory((long)offset, (long)size, count, isZip64);
    }

    // The record whose comment reaches exactly to the end of the file; the last one, for a comment may look like a record.
    private static int FindEnd(ReadOnlySpan<byte> tail)
    {
        Span<byte> signature = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(signature, ZipConstants.EndSignature);
        var searched = tail;
        while (true)
        {
            var position = searched.LastIndexOf(signature);
            if (position < 0)
            {
                return -1;
            }

            if (tail.Length - position >= ZipConstants.EndLength
                && BinaryPrimitives.ReadUInt16LittleEndian(tail[(position + 20)..]) == tail.Length - position - ZipConstants.EndLength)
            {
                return position;
            }

            searched = tail[..(position + 3)];
        }
    }

    private static bool TryReadZip64(ByteSource source, long endOffset, out SpanReader record)
    {
        record = default;
        var locatorOffset = endOffset - ZipConstants.Zip64LocatorLength;
        if (locatorOffset < 0)
        {
            return false;
        }

        var locator = new SpanReader(source.ReadBytes(locatorOffset, ZipConstants.Zip64LocatorLength), ZipConstants.Format, locatorOffset);
        if (locator.ReadUInt32() != ZipConstants.Zip64LocatorSignature)
        {
            return false;
        }

        locator.Skip(4);
        var offset = locator.ReadOffset64();
        if (offset > locatorOffset - ZipConstants.Zip64EndLength)
        {
            throw new FirmwareFormatException(ZipConstants.Format, locatorOffset, $"the Zip64 end record at 0x{offset:x} does not lie before its locator");
        }

        var bytes = source.ReadBytes(offset, ZipConstants.Zip64EndLength);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != ZipConstants.Zip64EndSignature)
        {
            throw new FirmwareFormatException(ZipConstants.Format, offset, "no Zip64 end record where its locator points");
        }

        // The caller skips signature, own size and versions, 16 bytes.
        record = new SpanReader(bytes, ZipConstants.Format, offset);
        return true;
    }
}
