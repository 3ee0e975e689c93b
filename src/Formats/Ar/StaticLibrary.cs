using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Ar;

/// <summary>A static library: an <c>ar</c> archive of object files, or a fat file with such an archive for each processor.</summary>
public sealed class StaticLibrary : IFormatReader<StaticLibrary>
{
    private StaticLibrary(bool isFat, IReadOnlyList<StaticLibrarySlice> slices)
    {
        IsFat = isFat;
        Slices = slices;
    }

    /// <summary>Whether the file has a fat header.</summary>
    public bool IsFat { get; }

    /// <summary>The archives in the order of the fat header; the only one of a thin file.</summary>
    public IReadOnlyList<StaticLibrarySlice> Slices { get; }

    /// <inheritdoc/>
    public static int HeadLength => FatTable.HeaderSize;

    /// <summary>
    /// Whether a file that begins with <paramref name="head"/> is an archive. A fat file is told by its first slice, for which see
    /// <see cref="Matches(ByteSource)"/>.
    /// </summary>
    public static bool Matches(ReadOnlySpan<byte> head) => ArArchive.Matches(head);

    /// <summary>Whether <paramref name="source"/> begins as an archive, or as a fat file whose first slice does.</summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    /// <exception cref="IOException">The storage failed.</exception>
    public static bool Matches(ByteSource source)
    {
        Span<byte> head = stackalloc byte[FatTable.HeaderSize];
        return Matches(source, head[..source.ReadUpTo(0, head)]);
    }

    /// <summary>As the other, with the first bytes of <paramref name="source"/> at hand.</summary>
    internal static bool Matches(ByteSource source, ReadOnlySpan<byte> head) => ArArchive.Matches(head)
        || (FatTable.Matches(head) && FirstSlice(source) is { } first && ArArchive.Matches(source.Slice(first.Offset, first.Size)));

    /// <summary>Opens a library: reads the headers of all members.</summary>
    /// <exception cref="FirmwareFormatException">It is none, a slice is no archive, or it is damaged.</exception>
    public static StaticLibrary Open(ByteSource source)
    {
        if (ArArchive.Matches(source))
        {
            var archive = ArArchive.Open(source);
            return new StaticLibrary(isFat: false, [new StaticLibrarySlice(ArchOf(archive), 0, archive)]);
        }

        Span<byte> head = stackalloc byte[FatTable.HeaderSize];
        if (!FatTable.Matches(head[..source.ReadUpTo(0, head)]))
        {
            throw new FirmwareFormatException(ArArchive.Format, 0, "neither an ar archive nor a fat file begins here");
        }

        return new StaticLibrary(isFat: true, [.. FatTable.Read(source).Select((entry, index) => OpenSlice(source, entry, index))]);
    }

    private static StaticLibrarySlice OpenSlice(ByteSource source, FatEntry entry, int index)
    {
        var slice = source.Slice(entry.Offset, entry.Size);
        if (!ArArchive.Matches(slice))
        {
            throw new FirmwareFormatException(
                ArArchive.Format, entry.Offset, $"slice {index} ({entry.Arch}) is no archive, though another slice of this fat file is one");
        }

        try
        {
            return new StaticLibrarySlice(entry.Arch, entry.Offset, ArArchive.Open(slice));
        }
        catch (FirmwareFormatException fault) when (fault.Format == ArArchive.Format)
        {
            throw new FirmwareFormatException(
                ArArchive.Format, entry.Offset + Math.Max(0, fault.Offset), $"slice {index} ({entry.Arch}): {fault.Reason}", fault);
        }
    }

    private static FatEntry? FirstSlice(ByteSource source)
    {
        try
        {
            return FatTable.Read(source)[0];
        }
        catch (FirmwareFormatException)
        {
            // Whoever opens the file says what is damaged; here it is only asked what it is.
            return null;
        }
    }

    // The processor of the first object file; archives of bitcode have none.
    private static string ArchOf(ArArchive archive)
    {
        Span<byte> head = stackalloc byte[12];
        foreach (var member in archive.Members)
        {
            if (archive.OpenMember(member).ReadUpTo(0, head) == head.Length
                && ImageParser.IsMagic(BinaryPrimitives.ReadUInt32BigEndian(head), out _, out var isBigEndian))
            {
                return isBigEndian
                    ? CpuNames.Name(BinaryPrimitives.ReadUInt32BigEndian(head[4..]), BinaryPrimitives.ReadUInt32BigEndian(head[8..]))
                    : CpuNames.Name(BinaryPrimitives.ReadUInt32LittleEndian(head[4..]), BinaryPrimitives.ReadUInt32LittleEndian(head[8..]));
            }
        }

        return string.Empty;
    }
}

/// <summary>The archive for one processor.</summary>
/// <param name="Arch">The processor's name; empty where no member says it.</param>
/// <param name="Offset">Where the archive begins in the file.</param>
/// <param name="Archive">Its members.</param>
public sealed record StaticLibrarySlice(string Arch, long Offset, ArArchive Archive);
