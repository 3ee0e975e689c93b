using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO;

/// <summary>
/// The names that stubs and symbol pointers of an image stand for (LC_DYSYMTAB's table of indirect symbols). Facts:
/// Apple's
/// <c>mach-o/loader.h</c>, <c>dysymtab_command</c> and section types. Immutable and thread-safe.
/// </summary>
public sealed class IndirectSymbols
{
    private const int TableOffset = 56;
    private const int CommandSize = 80;
    private const uint Most = 1 << 26;
    private const uint Local = 0x80000000;
    private const uint Absolute = 0x40000000;

    private readonly MachOImage _image;
    private readonly uint[] _entries;

    private IndirectSymbols(MachOImage image, uint[] entries) => (_image, _entries) = (image, entries);

    /// <summary>How many entries there are.</summary>
    public int Count => _entries.Length;

    /// <summary>The table of an image; without entries where it has none.</summary>
    /// <exception cref="FirmwareFormatException">The table leaves the file.</exception>
    public static IndirectSymbols Read(MachOImage image)
    {
        foreach (var command in image.LoadCommands)
        {
            if (command.Kind != LoadCommandKind.Dysymtab || command.Size < CommandSize)
            {
                continue;
            }

            var reader = new SpanReader(image.GetCommandBytes(command)[TableOffset..], MachOFormat.Name,
                command.Offset, image.BigEndian);
            var (offset, count) = (reader.ReadUInt32(), reader.ReadUInt32());
            if (count == 0)
            {
                break;
            }

            if (count > Most)
            {
                throw MachOFormat.Fault(offset, $"{count} indirect symbols are out of all proportion");
            }

            var bytes = image.OpenLinkedit(offset, count * 4L).ReadBytes(0, (int)count * 4);
            var entries = new uint[count];
            for (var i = 0; i < entries.Length; i++)
            {
                var entry = bytes.AsSpan(i * 4);
                entries[i] = image.BigEndian ? BinaryPrimitives.ReadUInt32BigEndian(entry)
                    : BinaryPrimitives.ReadUInt32LittleEndian(entry);
            }

            return new IndirectSymbols(image, entries);
        }

        return new IndirectSymbols(image, []);
    }

    /// <summary>Whether the parts of <paramref name="section"/> stand for symbols each.</summary>
    public static bool Has(MachOSection section) =>
        section.Type is SectionType.SymbolStubs or SectionType.NonLazySymbolPointers
        or SectionType.LazySymbolPointers or SectionType.LazyDylibSymbolPointers
            or SectionType.ThreadLocalVariablePointers;

    /// <summary>
    /// The place in the symbol table of the symbol that the stub or pointer at <paramref name="address"/> stands
    /// for; null where it
    /// stands for none, or for something of the image itself.
    /// </summary>
    public uint? Find(MachOSection section, ulong address)
    {
        var size = section.Type == SectionType.SymbolStubs ? section.Reserved2 : _image.Is64Bit ? 8u : 4u;
        if (!Has(section) || size == 0 || !section.Contains(address))
        {
            return null;
        }

        var index = section.Reserved1 + ((address - section.Address) / size);
        return index < (ulong)_entries.Length && (_entries[index] & (Local | Absolute)) == 0 ? _entries[index] : null;
    }

    /// <summary>
    /// The names of all symbols that stubs and pointers stand for, by their place in the symbol table.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The symbol table is damaged.</exception>
    public void VisitNames(SymbolVisitor visit)
    {
        if (_image.Symbols is not { } symbols)
        {
            return;
        }

        uint[] ordinals = [.. _entries.Where(entry => (entry & (Local | Absolute)) == 0
            && entry < symbols.Count).Distinct().Order()];
        if (ordinals.Length == 0)
        {
            return;
        }

        var scan = symbols.Scan(ordinals);
        try
        {
            while (scan.MoveNext())
            {
                visit(scan.Ordinal, scan.Current);
            }
        }
        finally
        {
            scan.Dispose();
        }
    }

    /// <summary>Takes a symbol; its name is valid until it returns.</summary>
    public delegate void SymbolVisitor(uint ordinal, in MachOSymbol symbol);
}
