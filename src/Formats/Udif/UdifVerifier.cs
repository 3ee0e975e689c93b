using System.Buffers.Binary;
using System.IO.Hashing;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Udif;

/// <summary>
/// Recomputes the CRC-32s of an image: of the stored data fork, of every table's decoded sectors, and of the tables' CRCs (big endian,
/// in order), which is the master checksum.
/// </summary>
internal static class UdifVerifier
{
    private const int BufferSize = 1 << 20;

    internal static void Verify(
        ByteSource disk, ByteSource file, KolyTrailer trailer, UdifTable[] tables, UdifChunk[] chunks, CancellationToken cancellationToken)
    {
        if (trailer.DataForkChecksum.IsCrc32)
        {
            var crc = new Crc32();
            Append(crc, file, trailer.DataForkOffset, trailer.DataForkLength, cancellationToken);
            Compare("data fork", trailer.DataForkOffset, trailer.DataForkChecksum.Value, crc.GetCurrentHashAsUInt32());
        }

        var master = new Crc32();
        Span<byte> word = stackalloc byte[4];
        foreach (var table in tables)
        {
            if (!table.Checksum.IsCrc32)
            {
                return;
            }

            var crc = new Crc32();
            foreach (var chunk in InTable(chunks, table))
            {
                Append(crc, disk, chunk.Start, chunk.Length, cancellationToken);
            }

            Compare($"blkx table {table.Id} ({table.Name})", table.Start, table.Checksum.Value, crc.GetCurrentHashAsUInt32());
            BinaryPrimitives.WriteUInt32BigEndian(word, table.Checksum.Value);
            master.Append(word);
        }

        if (trailer.MasterChecksum.IsCrc32)
        {
            Compare("image (master checksum)", file.Length - KolyTrailer.Size, trailer.MasterChecksum.Value, master.GetCurrentHashAsUInt32());
        }
    }

    /// <summary>What the CRC of a table covers: sectors that were never written are left out of it.</summary>
    private static IEnumerable<UdifChunk> InTable(UdifChunk[] chunks, UdifTable table) =>
        chunks.Where(chunk => chunk.Start >= table.Start && chunk.End <= table.Start + table.Length && chunk.Kind != UdifChunkKind.Ignore);

    private static void Append(Crc32 crc, ByteSource source, long offset, long length, CancellationToken cancellationToken)
    {
        var buffer = BoundedArrayPool<byte>.Shared.Rent((int)Math.Min(BufferSize, Math.Max(1, length)));
        try
        {
            while (length > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var count = (int)Math.Min(buffer.Length, length);
                source.ReadAhead(offset, Math.Min(length, 4L * BufferSize));
                source.ReadExactly(offset, buffer.AsSpan(0, count));
                crc.Append(buffer.AsSpan(0, count));
                offset += count;
                length -= count;
            }
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Compare(string what, long offset, uint expected, uint actual)
    {
        if (expected != actual)
        {
            throw new FirmwareFormatException(
                UdifImage.Format, offset, $"the CRC-32 of the {what} is {actual:x8}, but the image says {expected:x8}: the image is damaged");
        }
    }
}
