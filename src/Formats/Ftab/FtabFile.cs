using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Ftab;

/// <summary>
/// A table of firmware files for one coprocessor (<c>rkosftab</c>): GPU, baseband, wireless and other firmware. A header of 48 bytes
/// (boot nonce at 8, place of a ticket at 16, magic at 32, count at 40, version 0 at 44), then 16 bytes for each file: tag of four
/// characters, offset, size, reserved. Everything is little endian.
/// No specification is published. Facts: the tables of firmwares, and <c>pkg/ftab</c> of the open tool blacktop/ipsw.
/// </summary>
public sealed class FtabFile : IFormatReader<FtabFile>
{
    internal const string Format = "ftab";
    internal const int HeaderSize = 48;
    internal const int EntrySize = 16;
    internal const int MagicOffset = 32;

    // The longest known, of wireless chips, have about ninety.
    private const int MaxEntries = 4096;

    private FtabFile(ByteSource source, FtabEntry[] entries, ulong bootNonce, ByteSource? ticket)
    {
        Source = source;
        Entries = entries;
        BootNonce = bootNonce;
        Ticket = ticket;
    }

    /// <inheritdoc/>
    public static int HeadLength => MagicOffset + 8;

    /// <summary>The whole table.</summary>
    public ByteSource Source { get; }

    /// <summary>The files, in the table's order. A tag may stand twice.</summary>
    public IReadOnlyList<FtabEntry> Entries { get; }

    /// <summary>The boot nonce, zero in a firmware as it is delivered.</summary>
    public ulong BootNonce { get; }

    /// <summary>The ticket (an Image4 manifest) that is bound into the table, or null.</summary>
    public ByteSource? Ticket { get; }

    /// <summary>Whether a file that begins with <paramref name="head"/> is such a table.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) => head.Length >= HeadLength && head[MagicOffset..].StartsWith("rkosftab"u8);

    /// <summary>Reads the table; of the files nothing.</summary>
    /// <exception cref="FirmwareFormatException">It is no ftab, or damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static FtabFile Open(ByteSource source)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        header = header[..source.ReadUpTo(0, header)];
        return Matches(header) ? Read(source, header) : throw Fault(MagicOffset, "no magic (rkosftab)");
    }

    /// <summary>The first file with that tag, or null.</summary>
    public FtabEntry? Find(string tag) => Entries.FirstOrDefault(entry => entry.Tag == tag);

    internal static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);

    private static FtabFile Read(ByteSource source, ReadOnlySpan<byte> header)
    {
        var reader = new SpanReader(header, Format);
        reader.Skip(8);
        var nonce = reader.ReadUInt64();
        var ticket = OpenRange(source, 16, "the ticket", reader.ReadUInt32(), reader.ReadUInt32());
        reader.Seek(40);
        var count = reader.ReadUInt32();
        var version = reader.ReadUInt32();
        if (version != 0)
        {
            throw Fault(44, $"version {version} of the table is not known; 0 is");
        }

        if (count > MaxEntries || count > (source.Length - HeaderSize) / EntrySize)
        {
            throw Fault(40, $"{count} files do not fit in a table of {source.Length} bytes, or are more than the {MaxEntries} that are read");
        }

        var table = source.ReadBytes(HeaderSize, (int)count * EntrySize);
        var rows = new SpanReader(table, Format, HeaderSize);
        var entries = new FtabEntry[count];
        for (var i = 0; i < entries.Length; i++)
        {
            var at = rows.Offset;
            var tag = rows.ReadFixedAscii(4);
            var offset = rows.ReadUInt32();
            var size = rows.ReadUInt32();
            rows.Skip(4);
            entries[i] = new FtabEntry(tag, offset, OpenRange(source, at, $"file {i} ({tag})", offset, size) ?? source.Slice(0, 0));
        }

        return new FtabFile(source, entries, nonce, ticket);
    }

    private static ByteSource? OpenRange(ByteSource source, long at, string what, uint offset, uint size)
    {
        if (offset > source.Length - size)
        {
            throw Fault(at, $"{what}, {size} bytes at 0x{offset:x}, leaves the table, which ends at 0x{source.Length:x}; is it cut short?");
        }

        return size == 0 ? null : source.Slice(offset, size);
    }
}
