using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Dwarf;

/// <summary>One attribute of an abbreviation.</summary>
/// <param name="Attribute">What is said.</param>
/// <param name="Form">How it is written.</param>
/// <param name="Constant">The value itself where the form is DW_FORM_implicit_const.</param>
/// <param name="Size">Bytes of a value, or <see cref="DwarfForms.Variable"/>.</param>
/// <param name="IsUsed">Whether it says something of a type.</param>
internal readonly record struct DwarfAttributeForm(DwarfAttribute Attribute, DwarfForm Form, long Constant, int Size, bool IsUsed);

/// <summary>How the entries with one code are laid out (DWARF 5, section 7.5.3).</summary>
internal sealed class DwarfAbbreviation(DwarfTag tag, bool hasChildren, DwarfAttributeForm[] attributes, int fixedSize)
{
    internal DwarfTag Tag { get; } = tag;

    internal bool HasChildren { get; } = hasChildren;

    internal DwarfAttributeForm[] Attributes { get; } = attributes;

    /// <summary>Bytes of all attributes together, or <see cref="DwarfForms.Variable"/>.</summary>
    internal int FixedSize { get; } = fixedSize;
}

/// <summary>The abbreviations of a unit by their codes.</summary>
internal sealed class DwarfAbbreviations
{
    private const int MaxAttributes = 128;

    // Codes count from one in practice; a table with wilder ones is looked up by hash.
    private readonly List<DwarfAbbreviation?> _byCode = [null];
    private readonly Dictionary<ulong, DwarfAbbreviation> _others = [];

    /// <summary>Bytes that the table has in its section.</summary>
    internal int Length { get; private set; }

    /// <summary>Reads the table at <paramref name="offset"/>, with sizes as they are in <paramref name="unit"/>.</summary>
    /// <exception cref="FirmwareFormatException">The table leaves the section, a code stands twice, or a form is not known.</exception>
    internal static DwarfAbbreviations Read(ReadOnlySpan<byte> section, long offset, DwarfUnit unit, bool bigEndian)
    {
        if (offset < 0 || offset > section.Length)
        {
            throw DwarfFormat.Fault(unit.Offset, $"the unit's abbreviations begin at 0x{offset:x}, outside the 0x{section.Length:x} bytes of their section");
        }

        var table = new DwarfAbbreviations();
        var cursor = new DwarfCursor(section[(int)offset..], offset, bigEndian);
        var attributes = new List<DwarfAttributeForm>();
        for (var code = cursor.Uleb(); code != 0; code = cursor.Position < cursor.Length ? cursor.Uleb() : 0)
        {
            var tag = cursor.Uleb();
            var hasChildren = cursor.Fixed(1) != 0;
            attributes.Clear();
            var size = ReadAttributes(ref cursor, unit, attributes);
            table.Add(code, new DwarfAbbreviation(tag > ushort.MaxValue ? DwarfTag.None : (DwarfTag)tag, hasChildren, [.. attributes], size), cursor.Offset);
        }

        table.Length = cursor.Position;
        return table;
    }

    internal DwarfAbbreviation? Find(ulong code) =>
        code < (ulong)_byCode.Count ? _byCode[(int)code] : _others.GetValueOrDefault(code);

    private static int ReadAttributes(ref DwarfCursor cursor, DwarfUnit unit, List<DwarfAttributeForm> attributes)
    {
        var total = 0;
        while (true)
        {
            var attribute = cursor.Uleb();
            var form = cursor.Uleb();
            if (attribute == 0 && form == 0)
            {
                return total;
            }

            if (attribute > ushort.MaxValue || form > ushort.MaxValue)
            {
                throw DwarfFormat.Fault(cursor.Offset, $"attribute 0x{attribute:x} of form 0x{form:x} is out of range");
            }

            // Attributes may take no room, so that an entry of one byte could ask for any amount of work.
            if (attributes.Count == MaxAttributes)
            {
                throw DwarfFormat.Fault(cursor.Offset, $"an abbreviation has more than {MaxAttributes} attributes");
            }

            var constant = (DwarfForm)form == DwarfForm.ImplicitConst ? cursor.Sleb() : 0;
            var size = DwarfForms.SizeOf((DwarfForm)form, unit, cursor.Offset);
            attributes.Add(new DwarfAttributeForm((DwarfAttribute)attribute, (DwarfForm)form, constant, size, DwarfAttributeReader.Uses((DwarfAttribute)attribute)));
            total = total == DwarfForms.Variable || size == DwarfForms.Variable ? DwarfForms.Variable : total + size;
        }
    }

    private void Add(ulong code, DwarfAbbreviation abbreviation, long offset)
    {
        if (Find(code) is not null)
        {
            throw DwarfFormat.Fault(offset, $"abbreviation {code} stands twice in its table");
        }

        if (code == (ulong)_byCode.Count)
        {
            _byCode.Add(abbreviation);
        }
        else
        {
            _others.Add(code, abbreviation);
        }
    }
}

/// <summary>The tables of a file. The section is held; of its tables the last ones in use are. For one thread.</summary>
internal sealed class DwarfAbbreviationSection
{
    private const int MaxSection = 256 << 20;
    private const int MaxTables = 64;

    // Each unit reads its table about once. Tables that begin everywhere in one another are an attack on whoever reads them.
    private const long WorkPerByte = 256;
    private const long WorkSlack = 16 << 20;

    private readonly Dictionary<(long Offset, int Version, int AddressSize, bool Is64Bit), DwarfAbbreviations> _tables = [];
    private readonly byte[] _section;
    private readonly bool _bigEndian;
    private long _workLeft;

    /// <exception cref="FirmwareFormatException">The section is larger than any that is true.</exception>
    internal DwarfAbbreviationSection(DwarfSections sections)
    {
        var source = sections.Abbreviations;
        if (source.Length > MaxSection)
        {
            throw DwarfFormat.Fault(-1, $"an abbreviation section of 0x{source.Length:x} bytes is larger than the {MaxSection >> 20} MiB that are read");
        }

        _section = source.ReadBytes(0, (int)source.Length);
        _bigEndian = sections.BigEndian;
        _workLeft = (source.Length * WorkPerByte) + WorkSlack;
    }

    /// <summary>The table of a unit.</summary>
    /// <exception cref="FirmwareFormatException">The table is damaged.</exception>
    internal DwarfAbbreviations TableOf(DwarfUnit unit)
    {
        // The size of a form depends on these.
        var key = (unit.AbbreviationsOffset, unit.Version, unit.AddressSize, unit.Is64Bit);
        if (!_tables.TryGetValue(key, out var table))
        {
            if (_workLeft < 0)
            {
                throw DwarfFormat.Fault(unit.Offset, "the units' abbreviation tables overlap beyond all reason");
            }

            table = DwarfAbbreviations.Read(_section, unit.AbbreviationsOffset, unit, _bigEndian);
            _workLeft -= table.Length;
            if (_tables.Count == MaxTables)
            {
                _tables.Clear();
            }

            _tables.Add(key, table);
        }

        return table;
    }
}
