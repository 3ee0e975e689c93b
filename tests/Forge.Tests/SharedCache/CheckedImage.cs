using System.Buffers.Binary;
using System.Text;

namespace IpswDiff.Forge.Tests.SharedCache;

/// <summary>An image of a checked cache.</summary>
internal sealed class CheckedImage
{
    private readonly CacheChecker _cache;
    private readonly bool _wide;
    private int _symtab;
    private int _dysymtab;
    private int _functionStarts;

    internal CheckedImage(CacheChecker cache, string path, ulong address)
    {
        _cache = cache;
        _wide = cache.Is64Bit;
        Path = path;
        Address = address;
        var header = cache.Memory(address, 32);
        Assert.Equal(_wide ? 0xFEEDFACF : 0xFEEDFACE, (uint)CacheChecker.U32(header, 0));
        Assert.NotEqual(0, CacheChecker.U32(header, 24) & int.MinValue);
        HeaderSize = _wide ? 32 : 28;
        Commands = cache.Memory(address, HeaderSize + CacheChecker.U32(header, 20)).ToArray();
        var at = HeaderSize;
        for (var i = 0; i < CacheChecker.U32(header, 16); i++)
        {
            var size = CacheChecker.U32(Commands, at + 4);
            ReadCommand(CacheChecker.U32(Commands, at), at);
            at += size;
        }

        Assert.Equal(Commands.Length, at);
    }

    internal string Path { get; }

    internal ulong Address { get; }

    internal int HeaderSize { get; }

    internal byte[] Commands { get; }

    internal Guid Uuid { get; private set; }

    internal List<CheckedSegment> Segments { get; } = [];

    internal List<CheckedSection> Sections { get; } = [];

    internal List<string> Dylibs { get; } = [];

    internal List<CheckedSymbol> Symbols { get; } = [];

    internal List<CheckedSymbol> Locals { get; } = [];

    internal List<ulong> Functions { get; } = [];

    internal ReadOnlySpan<byte> Section(string name)
    {
        var section = Sections.Single(section => section.Name == name);
        return _cache.Memory(section.Address, section.Size);
    }

    internal IEnumerable<string> Strings(string name)
    {
        var bytes = Section(name).ToArray();
        return Encoding.UTF8.GetString(bytes)[..^1].Split('\0');
    }

    /// <summary>The image as a file of its own: its segments one after the other, and link-edit data of only its own symbols.</summary>
    internal byte[] Extract()
    {
        var commands = (byte[])Commands.Clone();
        var parts = new List<byte[]>();
        var offset = 0L;
        foreach (var segment in Segments.Where(static segment => segment.Name != "__LINKEDIT"))
        {
            var bytes = _cache.Memory(segment.Address, segment.Size).ToArray();
            Array.Resize(ref bytes, (bytes.Length + 0x3FFF) & ~0x3FFF);
            Put(segment.CommandOffset + 8 + 16 + (_wide ? 16 : 8), offset);
            foreach (var section in Sections.Where(section => section.Segment == segment.Name && (section.Flags & 0xFF) != 1))
            {
                BinaryPrimitives.WriteUInt32LittleEndian(commands.AsSpan(section.CommandOffset + 32 + (_wide ? 16 : 8)), (uint)(offset + (long)(section.Address - segment.Address)));
            }

            parts.Add(bytes);
            offset += bytes.Length;
        }

        var symbols = new byte[Symbols.Count * (_wide ? 16 : 12)];
        var names = new List<byte> { 0 };
        var all = Commands.AsSpan(_symtab);
        var file = _cache.Locate(Segments.Single(static segment => segment.Name == "__LINKEDIT").Address).File;
        file.AsSpan(CacheChecker.U32(all, 8), symbols.Length).CopyTo(symbols);
        for (var i = 0; i < Symbols.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(symbols.AsSpan(i * (_wide ? 16 : 12)), names.Count);
            names.AddRange(Encoding.UTF8.GetBytes(Symbols[i].Name));
            names.Add(0);
        }

        var starts = file.AsSpan(CacheChecker.U32(Commands, _functionStarts + 8), CacheChecker.U32(Commands, _functionStarts + 12)).ToArray();
        var indirect = file.AsSpan(CacheChecker.U32(Commands, _dysymtab + 56), CacheChecker.U32(Commands, _dysymtab + 60) * 4).ToArray();
        var linkedit = Segments.Single(static segment => segment.Name == "__LINKEDIT");
        Put(linkedit.CommandOffset + 8 + 16 + (_wide ? 16 : 8), offset);
        var size = starts.Length + symbols.Length + indirect.Length + names.Count;
        Put(linkedit.CommandOffset + 8 + 16 + (_wide ? 24 : 12), size);
        Put(linkedit.CommandOffset + 8 + 16 + (_wide ? 8 : 4), (size + 0x3FFF) & ~0x3FFF);
        foreach (var (field, part) in new[] { (_functionStarts + 8, starts), (_symtab + 8, symbols), (_dysymtab + 56, indirect), (_symtab + 16, names.ToArray()) })
        {
            BinaryPrimitives.WriteUInt32LittleEndian(commands.AsSpan(field), (uint)offset);
            parts.Add(part);
            offset += part.Length;
        }

        BinaryPrimitives.WriteInt32LittleEndian(commands.AsSpan(_symtab + 20), names.Count);

        // The flag says that the segments are in a cache; here they are not.
        commands[27] &= 0x7F;
        commands.CopyTo(parts[0], 0);
        return [.. parts.SelectMany(static part => part)];

        void Put(int at, long value)
        {
            if (_wide)
            {
                BinaryPrimitives.WriteInt64LittleEndian(commands.AsSpan(at), value);
            }
            else
            {
                BinaryPrimitives.WriteInt32LittleEndian(commands.AsSpan(at), (int)value);
            }
        }
    }

    private void ReadCommand(int command, int at)
    {
        switch (command)
        {
            case 0x19 or 1:
                ReadSegment(at);
                break;
            case 0x1B:
                Uuid = new Guid(Commands.AsSpan(at + 8, 16), bigEndian: true);
                break;
            case 0xC:
                Dylibs.Add(CacheChecker.Text(Commands.AsSpan(at + 24)));
                break;
            case 0xD:
                Assert.Equal(Path, CacheChecker.Text(Commands.AsSpan(at + 24)));
                break;
            case 0xB:
                _dysymtab = at;
                break;
            case 2:
                _symtab = at;
                ReadSymbols(at);
                break;
            case 0x26:
                _functionStarts = at;
                ReadFunctions(at);
                break;
        }
    }

    private void ReadSegment(int at)
    {
        var bytes = Commands.AsSpan(at);
        long Word(int index) => _wide ? (long)CacheChecker.U64(Commands, at + 24 + (index * 8)) : (uint)CacheChecker.U32(Commands, at + 24 + (index * 4));
        var segment = new CheckedSegment(CacheChecker.Text(bytes[8..24]), (ulong)Word(0), Word(1), Word(2), Word(3), at);
        Segments.Add(segment);

        // The file offset counts in the file that has the address.
        Assert.Equal(_cache.Locate(segment.Address).Offset, segment.FileOffset);
        _cache.Memory(segment.Address, segment.Size);
        var start = at + (_wide ? 72 : 56);
        for (var i = 0; i < CacheChecker.U32(bytes, _wide ? 64 : 48); i++, start += _wide ? 80 : 68)
        {
            var section = Commands.AsSpan(start);
            var address = _wide ? CacheChecker.U64(section, 32) : (uint)CacheChecker.U32(section, 32);
            var size = _wide ? (long)CacheChecker.U64(section, 40) : CacheChecker.U32(section, 36);
            var tail = section[(_wide ? 48 : 40)..];
            Sections.Add(new CheckedSection(
                CacheChecker.Text(section[16..32]), CacheChecker.Text(section[..16]), address, size, (uint)CacheChecker.U32(tail, 0), (uint)CacheChecker.U32(tail, 16), start));
            Assert.True(address >= segment.Address && address + (ulong)size <= segment.Address + (ulong)segment.Size, "a section leaves its segment");
            if (size > 0 && (CacheChecker.U32(tail, 16) & 0xFF) != 1)
            {
                Assert.Equal(segment.FileOffset + (long)(address - segment.Address), (uint)CacheChecker.U32(tail, 0));
            }
        }
    }

    private ReadOnlySpan<byte> Linkedit(int offset, int size)
    {
        var segment = Segments.Single(static segment => segment.Name == "__LINKEDIT");
        Assert.True(offset >= segment.FileOffset && offset + size <= segment.FileOffset + segment.FileSize, "link-edit data outside __LINKEDIT");
        return _cache.Memory(segment.Address + (ulong)(offset - segment.FileOffset), size);
    }

    private void ReadSymbols(int at)
    {
        var count = CacheChecker.U32(Commands, at + 12);
        var names = Linkedit(CacheChecker.U32(Commands, at + 16), CacheChecker.U32(Commands, at + 20));
        var entry = _wide ? 16 : 12;
        var entries = Linkedit(CacheChecker.U32(Commands, at + 8), count * entry);
        for (var i = 0; i < count; i++)
        {
            Symbols.Add(CheckedSymbol.Read(entries[(i * entry)..], names, _wide));
        }
    }

    private void ReadFunctions(int at)
    {
        var bytes = Linkedit(CacheChecker.U32(Commands, at + 8), CacheChecker.U32(Commands, at + 12));
        var address = Address;
        var (value, shift) = (0UL, 0);
        foreach (var b in bytes)
        {
            value |= (ulong)(b & 0x7F) << shift;
            shift += 7;
            if ((b & 0x80) == 0)
            {
                if (value == 0)
                {
                    return;
                }

                address += value;
                Functions.Add(address);
                (value, shift) = (0, 0);
            }
        }
    }
}

internal sealed record CheckedSymbol(string Name, byte Type, byte Section, ulong Value)
{
    internal static CheckedSymbol Read(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> names, bool wide) => new(
        CacheChecker.Text(names[CacheChecker.U32(entry, 0)..]), entry[4], entry[5], wide ? CacheChecker.U64(entry, 8) : (uint)CacheChecker.U32(entry, 8));
}

internal sealed record CheckedSegment(string Name, ulong Address, long Size, long FileOffset, long FileSize, int CommandOffset);

internal sealed record CheckedSection(string Segment, string Name, ulong Address, long Size, uint Offset, uint Flags, int CommandOffset);
