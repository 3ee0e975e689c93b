using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO.Fixups;

/// <summary>
/// Which pointers of an image LC_DYLD_INFO binds to symbols of Objective-C and Swift in other images. Facts: BIND_OPCODE_* of Apple's
/// <c>mach-o/loader.h</c>.
/// </summary>
internal static class BindOpcodes
{
    private const int LargestTable = 64 << 20;
    private const long MostBinds = 1 << 22;

    private static readonly Dictionary<ulong, string> None = [];

    /// <summary>Bound pointers by address; only those to symbols that metadata refer to.</summary>
    /// <exception cref="FirmwareFormatException">The opcodes are damaged.</exception>
    internal static IReadOnlyDictionary<ulong, string> Read(MachOImage image)
    {
        foreach (var command in image.LoadCommands)
        {
            if (command.Kind is LoadCommandKind.DyldInfo or LoadCommandKind.DyldInfoOnly)
            {
                var reader = new SpanReader(image.GetCommandBytes(command), MachOFormat.Name, command.Offset, image.BigEndian);
                reader.Skip(16);
                long offset = reader.ReadUInt32();
                long size = reader.ReadUInt32();
                if (size > LargestTable)
                {
                    throw MachOFormat.Fault(offset, $"bind opcodes of {size} bytes are out of all proportion");
                }

                return size == 0 ? None : Run(image, image.OpenLinkedit(offset, size).ReadBytes(0, (int)size), offset);
            }
        }

        return None;
    }

    private static Dictionary<ulong, string> Run(MachOImage image, byte[] opcodes, long origin)
    {
        var binds = new Dictionary<ulong, string>();
        var reader = new SpanReader(opcodes, MachOFormat.Name, origin);
        string? symbol = null;
        ulong address = 0;
        var pointerSize = image.Is64Bit ? 8UL : 4UL;
        var budget = MostBinds;
        while (reader.Remaining > 0)
        {
            var opcode = reader.ReadByte();
            var immediate = opcode & 0x0F;
            switch (opcode & 0xF0)
            {
                case 0x00:
                    return binds;
                case 0x10 or 0x30 or 0x50:
                    break;
                case 0x20:
                    ReadUleb(ref reader);
                    break;
                case 0x40:
                    symbol = ReadSymbol(ref reader, opcodes);
                    break;
                case 0x60:
                    // The addend is signed, but it takes the same bytes.
                    ReadUleb(ref reader);
                    break;
                case 0x70:
                    if (immediate >= image.Segments.Count)
                    {
                        throw reader.Fault($"bind opcodes name segment {immediate} of {image.Segments.Count}");
                    }

                    address = unchecked(image.Segments[immediate].Address + ReadUleb(ref reader));
                    break;
                case 0x80:
                    address = unchecked(address + ReadUleb(ref reader));
                    break;
                case 0x90:
                    Bind(1, 0);
                    break;
                case 0xA0:
                    Bind(1, ReadUleb(ref reader));
                    break;
                case 0xB0:
                    Bind(1, (ulong)immediate * pointerSize);
                    break;
                case 0xC0:
                    var count = ReadUleb(ref reader);
                    Bind(count, ReadUleb(ref reader));
                    break;
                default:
                    throw reader.Fault($"bind opcode 0x{opcode:x2} is not known");
            }
        }

        return binds;

        void Bind(ulong count, ulong skip)
        {
            if (count > (ulong)budget)
            {
                throw MachOFormat.Fault(origin, $"the bind opcodes bind more than {MostBinds} pointers");
            }

            budget -= (long)count;
            for (; count > 0; count--)
            {
                if (symbol is not null)
                {
                    binds[address] = symbol;
                }

                address = unchecked(address + pointerSize + skip);
            }
        }
    }

    /// <summary>A symbol's name; null where it is none of a class, a protocol or a type of Swift.</summary>
    private static string? ReadSymbol(ref SpanReader reader, byte[] opcodes)
    {
        var name = opcodes.AsSpan(reader.Position);
        var end = name.IndexOf((byte)0);
        if (end < 0)
        {
            throw reader.Fault("the name of a bound symbol has no end");
        }

        reader.Skip(end + 1);
        return name.StartsWith("_OBJC_"u8) || name.StartsWith("__OBJC_"u8) || name.StartsWith("_$s"u8) ? Encoding.UTF8.GetString(name[..end]) : null;
    }

    private static ulong ReadUleb(ref SpanReader reader)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = reader.ReadByte();
            if (shift > 63)
            {
                throw reader.Fault("a number of more than 64 bits");
            }

            value |= (ulong)(next & 0x7F) << shift;
            if ((next & 0x80) == 0)
            {
                return value;
            }
        }
    }
}
