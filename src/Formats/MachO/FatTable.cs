using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO;

/// <summary>The table of a fat (universal) file. Facts: <c>mach-o/fat.h</c>.</summary>
internal static class FatTable
{
    internal const int HeaderSize = 8;
    private const int Entry32Size = 20;
    private const int Entry64Size = 32;

    /// <summary>Whether a file begins like a fat one; wants <see cref="HeaderSize"/> bytes.</summary>
    internal static bool Matches(ReadOnlySpan<byte> head) => head.Length >= HeaderSize
        && BinaryPrimitives.ReadUInt32BigEndian(head) is MachOFormat.FatMagic32 or MachOFormat.FatMagic64
        && BinaryPrimitives.ReadUInt32BigEndian(head[4..]) is > 0 and <= MachOFormat.MaxFatSlices;

    /// <summary>The slices of a file that <see cref="Matches"/>, each within the file.</summary>
    /// <exception cref="FirmwareFormatException">The table is cut short, or a slice leaves the file.</exception>
    internal static FatEntry[] Read(ByteSource source)
    {
        var entries = ReadStated(source);
        for (var i = 0; i < entries.Length; i++)
        {
            Check(source, entries[i], i);
        }

        return entries;
    }

    /// <summary>The slices of a file that <see cref="Matches"/>, wherever the table says that they are.</summary>
    /// <exception cref="FirmwareFormatException">The table is cut short.</exception>
    internal static FatEntry[] ReadStated(ByteSource source)
    {
        Span<byte> head = stackalloc byte[HeaderSize];
        source.ReadExactly(0, head);
        var is64 = BinaryPrimitives.ReadUInt32BigEndian(head) == MachOFormat.FatMagic64;
        var entries = new FatEntry[(int)BinaryPrimitives.ReadUInt32BigEndian(head[4..])];
        Span<byte> table = stackalloc byte[Entry64Size * (int)MachOFormat.MaxFatSlices];
        table = table[..((is64 ? Entry64Size : Entry32Size) * entries.Length)];
        if (source.Length < HeaderSize + table.Length)
        {
            throw MachOFormat.Fault(4, $"{entries.Length} fat slices do not fit in a file of {source.Length} bytes");
        }

        source.ReadExactly(HeaderSize, table);
        var reader = new SpanReader(table, MachOFormat.Name, HeaderSize, bigEndian: true);
        foreach (ref var entry in entries.AsSpan())
        {
            var at = reader.Offset;
            var arch = CpuNames.Name(reader.ReadUInt32(), reader.ReadUInt32());
            var offset = is64 ? reader.ReadUInt64() : reader.ReadUInt32();
            var size = is64 ? reader.ReadUInt64() : reader.ReadUInt32();
            reader.Skip(is64 ? 8 : 4);

            // What no file can have stays out of every file.
            entry = new FatEntry(arch, (long)Math.Min(offset, long.MaxValue), (long)Math.Min(size, long.MaxValue), at, HeaderSize + table.Length);
        }

        return entries;
    }

    /// <summary>Refuses a slice that leaves its file.</summary>
    /// <exception cref="FirmwareFormatException">It does.</exception>
    internal static void Check(ByteSource source, FatEntry entry, int index)
    {
        if (entry.Offset > source.Length - entry.Size || entry.Offset < entry.TableEnd)
        {
            throw MachOFormat.Fault(
                entry.At,
                $"slice {index} ({entry.Arch}), 0x{entry.Size:x} bytes at 0x{entry.Offset:x}, does not lie between the fat header and the file's end at 0x{source.Length:x}");
        }
    }
}

/// <summary>A slice of a fat file.</summary>
/// <param name="Arch">The name of its processor.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Size">Bytes.</param>
/// <param name="At">Where its entry stands in the table.</param>
/// <param name="TableEnd">Where the table ends; slices begin behind it.</param>
internal readonly record struct FatEntry(string Arch, long Offset, long Size, long At, int TableEnd);
