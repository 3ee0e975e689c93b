using System.Buffers.Binary;
using System.Text;

namespace IpswDiff.Forge.SharedCache.Dylibs;

/// <summary>What a cache's builder must know of a finished dylib: segments, sections, symbols and where its pointers are.</summary>
internal sealed class MachOInput
{
    private readonly byte[] _bytes;

    internal MachOInput(byte[] bytes)
    {
        _bytes = bytes;
        if (bytes.Length < 32 || U32(0) != 0xFEEDFACF || U32(4) != 0x0100000C || U32(12) != 6)
        {
            throw new ArgumentException("this is no thin dylib for arm64 or arm64e", nameof(bytes));
        }

        var at = 32;
        for (var i = 0; i < U32(16); i++)
        {
            var size = (int)U32(at + 4);
            Commands.Add(bytes[at..(at + size)]);
            ReadCommand(U32(at), at);
            at += size;
        }

        // Fixups count in segments, so these come first.
        if (_chainedFixups > 0)
        {
            ReadChainedFixups(_chainedFixups);
        }

        if (_rebase.Size > 0)
        {
            ReadRebase(_rebase.Offset, _rebase.Offset + _rebase.Size);
        }
    }

    internal List<byte[]> Commands { get; } = [];

    /// <summary>All but __LINKEDIT.</summary>
    internal List<(string Name, ulong Address, ulong Size, long FileOffset, long FileSize)> Segments { get; } = [];

    internal List<(string Name, ulong Address, ulong Size, bool IsCode, bool IsZeroFill)> Sections { get; } = [];

    /// <summary>Symbols by index; those of debuggers belong to no group.</summary>
    internal List<(string Name, byte Type, byte Section, ushort Description, ulong Value, int Group)> Symbols { get; } = [];

    internal List<uint> IndirectSymbols { get; } = [];

    internal byte[] FunctionStarts { get; private set; } = [];

    internal Guid Uuid { get; private set; }

    internal string InstallName { get; private set; } = string.Empty;

    /// <summary>Where pointers are and where they point; null for those to other libraries.</summary>
    internal List<(ulong Address, ulong? Target, PointerSignature Signature)> Pointers { get; } = [];

    private int _chainedFixups;
    private (int Offset, int Size) _rebase;

    internal int FindSegment(ulong address) => Segments.FindIndex(segment => address >= segment.Address && address - segment.Address < segment.Size);

    internal ReadOnlySpan<byte> SegmentBytes(int index) => _bytes.AsSpan((int)Segments[index].FileOffset, (int)Math.Min((ulong)Segments[index].FileSize, Segments[index].Size));

    private uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));

    private ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(at));

    private ushort U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(at));

    private string Text(int at) => Encoding.UTF8.GetString(_bytes.AsSpan(at, _bytes.AsSpan(at).IndexOf((byte)0)));

    private void ReadCommand(uint command, int at)
    {
        switch (command)
        {
            case 0x19:
                ReadSegment(at);
                break;
            case 0xD:
                InstallName = Text(at + (int)U32(at + 8));
                break;
            case 0x1B:
                Uuid = new Guid(_bytes.AsSpan(at + 8, 16), bigEndian: true);
                break;
            case 2:
                ReadSymbols((int)U32(at + 8), (int)U32(at + 12), (int)U32(at + 16));
                break;
            case 0xB:
                for (var i = 0; i < U32(at + 60); i++)
                {
                    IndirectSymbols.Add(U32((int)U32(at + 56) + (i * 4)));
                }

                break;
            case 0x26:
                FunctionStarts = _bytes[(int)U32(at + 8)..(int)(U32(at + 8) + U32(at + 12))];
                break;
            case 0x80000034:
                _chainedFixups = (int)U32(at + 8);
                break;
            case 0x22 or 0x80000022:
                _rebase = ((int)U32(at + 8), (int)U32(at + 12));
                break;
        }
    }

    private void ReadSegment(int at)
    {
        var name = Encoding.ASCII.GetString(_bytes.AsSpan(at + 8, 16)).TrimEnd('\0');
        if (name == "__LINKEDIT")
        {
            return;
        }

        if (Segments.Count == 0 && name != "__TEXT")
        {
            throw new ArgumentException("__TEXT is not the first segment");
        }

        Segments.Add((name, U64(at + 24), U64(at + 32), (long)U64(at + 40), (long)U64(at + 48)));
        for (var i = 0; i < U32(at + 64); i++)
        {
            var section = at + 72 + (i * 80);
            var flags = U32(section + 64);
            var sectionName = Encoding.ASCII.GetString(_bytes.AsSpan(section, 16)).TrimEnd('\0');
            Sections.Add((sectionName, U64(section + 32), U64(section + 40), (flags & 0x80000400) != 0, (flags & 0xFF) is 1 or 0xC or 0x12));
        }
    }

    private void ReadSymbols(int symbols, int count, int names)
    {
        for (var at = symbols; at < symbols + (count * 16); at += 16)
        {
            var type = _bytes[at + 4];
            var group = (type & 0xE0) != 0 ? -1 : (type & 1) == 0 ? 0 : (type & 0x0E) != 0 ? 1 : 2;
            Symbols.Add((Text(names + (int)U32(at)), type, _bytes[at + 5], U16(at + 6), U64(at + 8), group));
        }
    }

    private void ReadChainedFixups(int header)
    {
        var starts = header + (int)U32(header + 4);
        for (var s = 0; s < U32(starts); s++)
        {
            var offset = (int)U32(starts + 4 + (s * 4));
            if (offset == 0)
            {
                continue;
            }

            var info = starts + offset;
            var segment = Segments[s];
            for (var page = 0; page < U16(info + 20); page++)
            {
                var start = U16(info + 22 + (page * 2));
                if (start != 0xFFFF)
                {
                    ReadChain(segment.Address, (int)segment.FileOffset, (page * U16(info + 4)) + start, U16(info + 6));
                }
            }
        }
    }

    private void ReadChain(ulong address, int fileOffset, int at, int format)
    {
        var first = Segments[0].Address;
        for (ulong next = 1; next != 0;)
        {
            var raw = U64(fileOffset + at);
            ulong? target;
            var signature = default(PointerSignature);
            int stride;
            switch (format)
            {
                case 2 or 6:
                    (next, stride) = ((raw >> 51) & 0xFFF, 4);
                    target = raw >> 63 != 0 ? null : ((raw & 0xF_FFFF_FFFF) + (format == 6 ? first : 0)) | ((raw >> 36 & 0xFF) << 56);
                    break;
                case 1 or 9 or 12:
                    (next, stride) = ((raw >> 51) & 0x7FF, 8);
                    var isSigned = raw >> 63 != 0;
                    signature = isSigned ? new PointerSignature(true, (ushort)(raw >> 32), (raw >> 48 & 1) != 0, (raw >> 50 & 1) != 0) : default;
                    target = (raw >> 62 & 1) != 0 ? null
                        : isSigned ? first + (uint)raw
                        : ((raw & 0x7FF_FFFF_FFFF) + (format == 1 ? 0 : first)) | ((raw >> 43 & 0xFF) << 56);
                    break;
                default:
                    throw new ArgumentException($"fixups of format {format} are not known");
            }

            Pointers.Add((address + (ulong)at, target, signature));
            at += (int)next * stride;
        }
    }

    /// <summary>The opcodes of LC_DYLD_INFO, from <c>mach-o/loader.h</c>.</summary>
    private void ReadRebase(int at, int end)
    {
        var (segment, offset) = (0, 0UL);
        while (at < end)
        {
            var (opcode, immediate) = (_bytes[at] & 0xF0, (ulong)(_bytes[at] & 0x0F));
            at++;
            switch (opcode)
            {
                case 0x00:
                    return;
                case 0x10:
                    break;
                case 0x20:
                    (segment, offset) = ((int)immediate, Uleb(ref at));
                    break;
                case 0x30:
                    offset += Uleb(ref at);
                    break;
                case 0x40:
                    offset += immediate * 8;
                    break;
                case 0x50:
                    Rebase(immediate, 0);
                    break;
                case 0x60:
                    Rebase(Uleb(ref at), 0);
                    break;
                case 0x70:
                    Rebase(1, Uleb(ref at));
                    break;
                case 0x80:
                    var count = Uleb(ref at);
                    Rebase(count, Uleb(ref at));
                    break;
                default:
                    throw new ArgumentException($"rebase opcode 0x{opcode:x} is not known");
            }
        }

        void Rebase(ulong count, ulong skip)
        {
            for (; count > 0; count--)
            {
                Pointers.Add((Segments[segment].Address + offset, U64((int)((ulong)Segments[segment].FileOffset + offset)), default));
                offset += 8 + skip;
            }
        }
    }

    private ulong Uleb(ref int at)
    {
        var (value, shift) = (0UL, 0);
        byte next;
        do
        {
            next = _bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            shift += 7;
        }
        while (next >= 0x80);

        return value;
    }
}
