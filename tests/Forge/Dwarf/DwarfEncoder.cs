using System.Globalization;

namespace IpswDiff.Forge.Dwarf;

/// <summary>Turns entries into bytes: chooses a form for every value, makes abbreviations, and fills in references at the end.</summary>
internal sealed class DwarfEncoder
{
    private const int RefUdataSize = 4;

    private readonly DwarfWriterOptions _options;
    private readonly ForgeRandom? _random;
    private readonly DwarfBytes _info = new();
    private readonly DwarfBytes _types = new();
    private readonly DwarfBytes _abbreviations = new();
    private readonly DwarfBytes _strings = new();
    private readonly DwarfBytes _lineStrings = new();
    private readonly DwarfBytes _offsets = new();
    private readonly Dictionary<string, ulong> _knownStrings = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ulong> _knownLineStrings = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ulong> _knownIndexes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ulong> _codes = new(StringComparer.Ordinal);
    private readonly List<Fixup> _fixups = [];

    internal DwarfEncoder(DwarfWriterOptions options, ForgeRandom? random)
    {
        _options = options;
        _random = random;
        if (options.Version >= 5)
        {
            // The length comes last; the rest of the header is version and padding.
            _offsets.Fixed(options.Is64Bit ? uint.MaxValue : 0, 4);
            _offsets.Fixed(0, options.Is64Bit ? 8 : 0);
            _offsets.Fixed(5, 2);
            _offsets.Fixed(0, 2);
        }
    }

    private int Wide => _options.Is64Bit ? 8 : 4;

    /// <summary>Says which unit entries are in; to be done for all before one is written.</summary>
    internal static void Assign(DwarfEntry entry, int unit)
    {
        entry.Unit = unit;
        entry.Children.ForEach(child => Assign(child, unit));
    }

    internal void WriteUnit(DwarfEntry root, ulong? signature, DwarfEntry? type)
    {
        var section = signature is not null && _options.Version < 5 ? _types : _info;
        var start = section.Length;
        var unit = root.Unit;
        if (_options.Version >= 5)
        {
            root.Number(0x72, _options.Is64Bit ? 16 : 8);
        }

        if (_options.Is64Bit)
        {
            section.Fixed(uint.MaxValue, 4);
        }

        var lengthAt = section.Length;
        section.Fixed(0, Wide);
        section.Fixed((ulong)_options.Version, 2);
        if (_options.Version >= 5)
        {
            section.Fixed(signature is null ? 1u : 2, 1);
            section.Fixed(8, 1);
            section.Fixed(0, Wide);
        }
        else
        {
            section.Fixed(0, Wide);
            section.Fixed(8, 1);
        }

        if (signature is not null)
        {
            section.Fixed(signature.Value, 8);
            _fixups.Add(new Fixup(section, section.Length, Wide, start, type!, false));
            section.Fixed(0, Wide);
        }

        WriteEntry(section, root, unit, start);
        section.Patch(lengthAt, (ulong)(section.Length - lengthAt - Wide), Wide);
    }

    internal DwarfSectionBytes Finish()
    {
        foreach (var fixup in _fixups)
        {
            var value = (ulong)(fixup.Target.Offset - fixup.Origin);
            if (fixup.IsUleb)
            {
                fixup.Section.PatchUleb(fixup.Position, value, fixup.Size);
            }
            else
            {
                fixup.Section.Patch(fixup.Position, value, fixup.Size);
            }
        }

        if (_options.Version >= 5)
        {
            var lengthEnd = _options.Is64Bit ? 12 : 4;
            _offsets.Patch(lengthEnd - Wide, (ulong)(_offsets.Length - lengthEnd), Wide);
        }

        _abbreviations.Fixed(0, 1);
        return new DwarfSectionBytes
        {
            Info = _info.ToArray(),
            Types = _types.ToArray(),
            Abbreviations = _abbreviations.ToArray(),
            Strings = _strings.ToArray(),
            LineStrings = _lineStrings.ToArray(),
            StringOffsets = _options.Version >= 5 ? _offsets.ToArray() : [],
        };
    }

    private void WriteEntry(DwarfBytes section, DwarfEntry entry, int unit, int unitStart)
    {
        entry.Offset = section.Length;
        var forms = entry.Attributes.ConvertAll(value => (Value: value, Form: FormOf(entry, value, unit, section)));
        section.Uleb(CodeOf(entry, forms));
        foreach (var (value, form) in forms)
        {
            WriteValue(section, value, form, unitStart);
        }

        if (entry.Children.Count > 0)
        {
            foreach (var child in entry.Children)
            {
                WriteEntry(section, child, unit, unitStart);
            }

            section.Fixed(0, 1);
        }
    }

    private ulong CodeOf(DwarfEntry entry, List<(DwarfAttributeValue Value, int Form)> forms)
    {
        var key = string.Create(
            CultureInfo.InvariantCulture,
            $"{entry.Tag} {entry.Children.Count > 0} {string.Join(' ', forms.Select(static pair => $"{pair.Value.Attribute}:{pair.Form}:{(pair.Form == 0x21 ? pair.Value.Number : 0)}"))}");
        if (_codes.TryGetValue(key, out var code))
        {
            return code;
        }

        // Compilers count from one; nothing says that others do.
        code = (ulong)_codes.Count + 1;
        code = _random is not null && code > 20 ? (code * 37) + 5000 : code;
        _codes.Add(key, code);
        _abbreviations.Uleb(code);
        _abbreviations.Uleb((ulong)entry.Tag);
        _abbreviations.Fixed(entry.Children.Count > 0 ? 1u : 0, 1);
        foreach (var (value, form) in forms)
        {
            _abbreviations.Uleb((ulong)value.Attribute);
            _abbreviations.Uleb((ulong)form);
            if (form == 0x21)
            {
                _abbreviations.Sleb(value.Number);
            }
        }

        _abbreviations.Fixed(0, 2);
        return code;
    }

    private int FormOf(DwarfEntry entry, DwarfAttributeValue value, int unit, DwarfBytes section)
    {
        switch (value.Kind)
        {
            case DwarfValueKind.Raw:
                return (int)value.Number;
            case DwarfValueKind.Flag:
                return _options.Version >= 4 ? Pick(0x19, 0x0C) : 0x0C;
            case DwarfValueKind.Text:
                return _options.Version >= 5 ? Pick(0x1A, 0x08, 0x0E, 0x1F, 0x25, 0x26, 0x27, 0x28) switch { 0x25 when IndexOf(value.Text!) > 255 => 0x26, var form => form } : Pick(0x0E, 0x08);
            case DwarfValueKind.Signature:
                return 0x20;
            case DwarfValueKind.Reference:
                return value.Target!.Unit != unit ? 0x10 : section == _types || section.Length > 20_000 ? Pick(0x13, 0x14, 0x15) : Pick(0x13, 0x12, 0x14, 0x15, _options.Version > 2 ? 0x10 : 0x13);
            default:
                return FormOfNumber(entry, value);
        }
    }

    private int FormOfNumber(DwarfEntry entry, DwarfAttributeValue value)
    {
        const int Enumerator = 0x28;
        const int MemberLocation = 0x38;
        const int StrOffsetsBase = 0x72;
        var number = value.Number;
        var smallest = number is >= 0 and < 0x100 ? 0x0B : number is >= 0 and < 0x10000 ? 0x05 : number is >= 0 and <= uint.MaxValue ? 0x06 : 0x07;
        if (value.Attribute == StrOffsetsBase)
        {
            return 0x17;
        }

        if (entry.Tag == Enumerator)
        {
            return number < 0 ? _options.Version >= 5 ? Pick(0x0D, 0x21) : 0x0D : Pick(0x0F, 0x0D);
        }

        if (value.Attribute == MemberLocation && _options.Version < 4)
        {
            // What has four or eight bytes here was the offset of a list of places in those days.
            return Pick(0x0A, 0x0F, number < 0x10000 ? smallest : 0x0F);
        }

        var expression = value.Attribute == MemberLocation ? 0x18 : 0x0F;
        return _options.Version >= 5 ? Pick(smallest, 0x0F, 0x0D, 0x07, 0x21, expression) : Pick(smallest, 0x0F, 0x0D, 0x07, expression);
    }

    private void WriteValue(DwarfBytes section, DwarfAttributeValue value, int form, int unitStart)
    {
        switch (form)
        {
            case var _ when value.Kind == DwarfValueKind.Raw:
                section.Bytes(value.Bytes);
                break;
            case 0x0C:
                section.Fixed(1, 1);
                break;
            case 0x19 or 0x21:
                break;
            case 0x08:
                section.Text(value.Text!);
                break;
            case 0x0E:
                section.Fixed(Place(_strings, _knownStrings, value.Text!), Wide);
                break;
            case 0x1F:
                section.Fixed(Place(_lineStrings, _knownLineStrings, value.Text!), Wide);
                break;
            case 0x1A:
                section.Uleb(IndexOf(value.Text!));
                break;
            case >= 0x25 and <= 0x28:
                section.Fixed(IndexOf(value.Text!), form - 0x24);
                break;
            case 0x20:
                section.Fixed((ulong)value.Number, 8);
                break;
            case 0x10:
                Refer(section, value.Target!, Wide, 0);
                break;
            case 0x12 or 0x13 or 0x14:
                Refer(section, value.Target!, 2 << (form - 0x12), unitStart);
                break;
            case 0x15:
                _fixups.Add(new Fixup(section, section.Length, RefUdataSize, unitStart, value.Target!, true));
                section.Uleb(0, RefUdataSize);
                break;
            case 0x0B:
                section.Fixed((ulong)value.Number, 1);
                break;
            case 0x05:
                section.Fixed((ulong)value.Number, 2);
                break;
            case 0x06:
                section.Fixed((ulong)value.Number, 4);
                break;
            case 0x07:
                section.Fixed((ulong)value.Number, 8);
                break;
            case 0x17:
                section.Fixed((ulong)value.Number, Wide);
                break;
            case 0x0D:
                section.Sleb(value.Number);
                break;
            case 0x0F:
                section.Uleb((ulong)value.Number);
                break;
            case 0x18 or 0x0A:
                // DW_OP_plus_uconst, in five bytes.
                section.Fixed(6, 1);
                section.Fixed(0x23, 1);
                section.Uleb((ulong)value.Number, 5);
                break;
            default:
                throw new InvalidOperationException($"form 0x{form:x}");
        }
    }

    private void Refer(DwarfBytes section, DwarfEntry target, int size, long origin)
    {
        _fixups.Add(new Fixup(section, section.Length, size, origin, target, false));
        section.Fixed(0, size);
    }

    private ulong IndexOf(string text)
    {
        if (!_knownIndexes.TryGetValue(text, out var index))
        {
            index = (ulong)_knownIndexes.Count;
            _knownIndexes.Add(text, index);
            _offsets.Fixed(Place(_strings, _knownStrings, text), Wide);
        }

        return index;
    }

    private static ulong Place(DwarfBytes section, Dictionary<string, ulong> known, string text)
    {
        if (!known.TryGetValue(text, out var place))
        {
            place = (ulong)section.Length;
            known.Add(text, place);
            section.Text(text);
        }

        return place;
    }

    private int Pick(int usual, params ReadOnlySpan<int> others)
    {
        if (_random is null)
        {
            return usual;
        }

        var choice = _random.Next(others.Length + 1);
        return choice == 0 ? usual : others[choice - 1];
    }

    private sealed record Fixup(DwarfBytes Section, int Position, int Size, long Origin, DwarfEntry Target, bool IsUleb);
}
