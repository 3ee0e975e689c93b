using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Ar;

/// <summary>
/// An <c>ar</c> archive, as static libraries are: a magic, then for each member a header of 60 characters and its contents, padded to an
/// even offset. Opening reads all headers. Facts: <c>ar.h</c> and <c>mach-o/ranlib.h</c> of Apple's SDK, <c>ar(5)</c> of FreeBSD; long names
/// in the manner of BSD (<c>#1/length</c>, before the contents) and of System V (<c>/offset</c> into a member of names).
/// </summary>
public sealed class ArArchive : IFormatReader<ArArchive>
{
    /// <summary>The format's name in messages.</summary>
    public const string Format = "ar";

    private const int MagicSize = 8;
    private const int HeaderSize = 60;
    private const int NameSize = 16;
    private const int LongestName = 4096;
    private const int LargestNames = 64 << 20;

    // The largest static libraries have some ten thousand.
    private const int MostMembers = 1 << 20;

    private ArArchive(ByteSource source, List<ArMember> members, bool hasSymbolTable)
    {
        Source = source;
        Members = members;
        HasSymbolTable = hasSymbolTable;
    }

    /// <summary>The archive's bytes.</summary>
    public ByteSource Source { get; }

    /// <summary>The files in their order, without symbol tables and tables of names.</summary>
    public IReadOnlyList<ArMember> Members { get; }

    /// <summary>Whether a table of the symbols of all members is among them (<c>__.SYMDEF</c>).</summary>
    public bool HasSymbolTable { get; }

    private static ReadOnlySpan<byte> Magic => "!<arch>\n"u8;

    private static ReadOnlySpan<byte> ThinMagic => "!<thin>\n"u8;

    /// <inheritdoc/>
    public static int HeadLength => MagicSize;

    /// <summary>Whether a file that begins with <paramref name="head"/> is such an archive; wants eight bytes.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) => head.StartsWith(Magic) || head.StartsWith(ThinMagic);

    /// <summary>Opens an archive that fills <paramref name="source"/>.</summary>
    /// <exception cref="FirmwareFormatException">It is none, it holds references alone (thin), or it is damaged.</exception>
    public static ArArchive Open(ByteSource source)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        var magic = header[..source.ReadUpTo(0, header[..MagicSize])];
        if (!Matches(magic))
        {
            throw Fault(0, "no ar archive begins here");
        }

        if (magic.StartsWith(ThinMagic))
        {
            throw Fault(0, "a thin archive names its members and does not hold them");
        }

        var members = new List<ArMember>();
        var names = Array.Empty<byte>();
        var hasSymbolTable = false;
        for (long at = MagicSize; at < source.Length;)
        {
            // Between members lies at most one byte of padding, and after the last one often none.
            if (source.Length - at < HeaderSize)
            {
                throw Fault(at, "the header of a member is cut short");
            }

            source.ReadExactly(at, header);
            var (size, mode) = ReadNumbers(header, at, source.Length);
            var begin = at + HeaderSize;
            var name = ReadName(source, header, begin, size, names, out var inFront);
            switch (Kind(header, name))
            {
                case MemberKind.Symbols:
                    hasSymbolTable = true;
                    break;
                case MemberKind.Names when size <= LargestNames:
                    names = source.ReadBytes(begin, (int)size);
                    break;
                case MemberKind.Names:
                    throw Fault(at, $"{size} bytes of names");
                case MemberKind.File when members.Count >= MostMembers:
                    throw Fault(at, $"more than {MostMembers} members");
                default:
                    members.Add(new ArMember(name, begin + inFront, size - inFront, mode));
                    break;
            }

            at = begin + size + (size & 1);
        }

        return new ArArchive(source, members, hasSymbolTable);
    }

    /// <summary>The contents of a member of this archive.</summary>
    public ByteSource OpenMember(ArMember member) => Source.Slice(member.Offset, member.Size);

    private enum MemberKind
    {
        File,
        Symbols,
        Names,
    }

    private static MemberKind Kind(ReadOnlySpan<byte> header, string name)
    {
        var field = header[..NameSize].TrimEnd((byte)' ');
        return field.SequenceEqual("/"u8) || field.SequenceEqual("/SYM64/"u8) || name is "__.SYMDEF" or "__.SYMDEF SORTED" or "__.SYMDEF_64" or "__.SYMDEF_64 SORTED"
            ? MemberKind.Symbols
            : field.SequenceEqual("//"u8) ? MemberKind.Names : MemberKind.File;
    }

    private static (long Size, int Mode) ReadNumbers(ReadOnlySpan<byte> header, long at, long end)
    {
        if (!header[58..].SequenceEqual("`\n"u8))
        {
            throw Fault(at + 58, "the header of a member does not end as it must");
        }

        var size = ReadNumber(header.Slice(48, 10), 10, at + 48) ?? throw Fault(at + 48, "a member has no size");
        if (size > end - at - HeaderSize)
        {
            throw Fault(at + 48, $"a member of {size} bytes leaves the archive, which ends at 0x{end:x}");
        }

        return (size, (int)((ReadNumber(header.Slice(40, 8), 8, at + 40) ?? 0) & 0b111_111_111_111));
    }

    private static long? ReadNumber(ReadOnlySpan<byte> field, int numberBase, long at)
    {
        var digits = field.Trim((byte)' ');
        long value = 0;
        foreach (var digit in digits)
        {
            if (digit < '0' || digit - '0' >= numberBase)
            {
                throw Fault(at, $"'{Encoding.Latin1.GetString(digits)}' is no number");
            }

            value = (value * numberBase) + (digit - '0');
        }

        return digits.IsEmpty ? null : value;
    }

    private static string ReadName(ByteSource source, ReadOnlySpan<byte> header, long begin, long size, byte[] names, out int inFront)
    {
        inFront = 0;
        var field = header[..NameSize].TrimEnd((byte)' ');
        if (field.StartsWith("#1/"u8))
        {
            var length = ReadNumber(field[3..], 10, begin - HeaderSize) ?? 0;
            if (length > Math.Min(size, LongestName))
            {
                throw Fault(begin - HeaderSize, $"a name of {length} bytes in a member of {size}");
            }

            inFront = (int)length;
            return Encoding.UTF8.GetString(source.ReadBytes(begin, inFront).AsSpan().TrimEnd((byte)0));
        }

        if (field.Length > 1 && field[0] == '/' && char.IsAsciiDigit((char)field[1]))
        {
            var start = ReadNumber(field[1..], 10, begin - HeaderSize) ?? 0;
            if (start >= names.Length)
            {
                throw Fault(begin - HeaderSize, $"a name at {start} of {names.Length} bytes of names");
            }

            var name = names.AsSpan((int)start);
            var end = name.IndexOf((byte)'\n');
            return Encoding.UTF8.GetString((end < 0 ? name : name[..end]).TrimEnd((byte)'/'));
        }

        return Encoding.UTF8.GetString(field.Length > 1 && field[^1] == '/' ? field[..^1] : field);
    }

    private static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);
}
