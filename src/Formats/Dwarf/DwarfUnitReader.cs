using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Dwarf;

/// <summary>
/// Reads the entries of units, one unit at a time, and keeps those that belong to types. Functions, variables and code are passed
/// over; types within functions count as those of the scope around the function. For one thread.
/// </summary>
internal sealed class DwarfUnitReader(DwarfFile file)
{
    // A reader comes through a file about once, and again for what units of whole-program builds refer to in each other.
    private const long WorkPerByte = 64;
    private const long WorkSlack = 1L << 30;

    private readonly DwarfAbbreviationSection _abbreviations = new(file.Sections);
    private readonly List<Frame> _frames = [];
    private byte[] _buffer = [];
    private long _workLeft = (file.UnitBytes * WorkPerByte) + WorkSlack;

    internal DwarfNames Names { get; } = new(file.Sections);

    /// <summary>Reads a unit into <paramref name="types"/>, in place of what was there.</summary>
    /// <exception cref="FirmwareFormatException">The unit is damaged.</exception>
    internal void Read(DwarfUnit unit, DwarfUnitTypes types)
    {
        var length = (int)(unit.End - unit.Offset);
        _workLeft -= length;
        if (_workLeft < 0)
        {
            throw DwarfFormat.Fault(unit.Offset, "the units refer to each other beyond all reason");
        }

        if (_buffer.Length < length)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(length);
        }

        file.SectionOf(unit).ReadExactly(unit.Offset, _buffer.AsSpan(0, length));
        types.Begin(unit);
        ReadEntries(_buffer.AsSpan(0, length), unit, types);
        types.Complete();
    }

    private void ReadEntries(ReadOnlySpan<byte> bytes, DwarfUnit unit, DwarfUnitTypes types)
    {
        var table = _abbreviations.TableOf(unit);
        var cursor = new DwarfCursor(bytes, unit.Offset, file.Sections.BigEndian);
        cursor.Skip((ulong)(unit.EntriesOffset - unit.Offset));

        // Where a unit does not say, its table follows the first header of the section.
        var offsetsBase = unit.Version >= 5 ? unit.Is64Bit ? 16L : 8 : 0;
        _frames.Clear();
        while (cursor.Position < bytes.Length)
        {
            var at = cursor.Position;
            var code = cursor.Uleb();
            if (code == 0)
            {
                if (_frames.Count == 0 || !Pop(types))
                {
                    break;
                }

                continue;
            }

            var abbreviation = table.Find(code) ?? throw DwarfFormat.Fault(unit.Offset + at, $"there is no abbreviation {code} in the unit's table");
            if (_frames.Count == 0)
            {
                offsetsBase = ReadOffsetsBase(cursor, abbreviation, unit, offsetsBase);
            }

            var node = Enter(ref cursor, abbreviation, unit, types, at, offsetsBase);
            if (abbreviation.HasChildren)
            {
                Push(node, types, unit.Offset + at);
            }
            else if (_frames.Count == 0)
            {
                break;
            }
        }

        while (_frames.Count > 0)
        {
            Pop(types);
        }
    }

    // The unit's own entry says where its string offsets begin, maybe after the first attribute that needs to know.
    private long ReadOffsetsBase(DwarfCursor cursor, DwarfAbbreviation abbreviation, DwarfUnit unit, long offsetsBase)
    {
        foreach (var attribute in abbreviation.Attributes)
        {
            if (attribute.Attribute != DwarfAttribute.StrOffsetsBase)
            {
                DwarfForms.Skip(ref cursor, attribute.Form, unit);
                continue;
            }

            var stated = DwarfForms.Constant(ref cursor, attribute.Form, attribute.Constant, unit) ?? offsetsBase;
            return stated >= 0 && stated <= file.Sections.StringOffsets.Length
                ? stated
                : throw DwarfFormat.Fault(
                    unit.Offset, $"the unit's string offsets begin at 0x{stated:x}, outside the 0x{file.Sections.StringOffsets.Length:x} bytes of their section");
        }

        return offsetsBase;
    }

    /// <summary>Reads the attributes of an entry; its node, or -1 where it does not belong to a type.</summary>
    private int Enter(ref DwarfCursor cursor, DwarfAbbreviation abbreviation, DwarfUnit unit, DwarfUnitTypes types, int at, long offsetsBase)
    {
        if (!IsWanted(abbreviation.Tag, types))
        {
            SkipAttributes(ref cursor, abbreviation, unit);
            return -1;
        }

        ref var node = ref types.Add();
        node.Offset = at;
        node.Tag = abbreviation.Tag;
        node.Parent = _frames.Count == 0 ? -1 : _frames[^1].Scope;
        node.End = types.Count;
        DwarfAttributeReader.Read(ref cursor, abbreviation, unit, ref node, Names, offsetsBase);
        return types.Count - 1;
    }

    private bool IsWanted(DwarfTag tag, DwarfUnitTypes types)
    {
        switch (tag)
        {
            case DwarfTag.StructureType or DwarfTag.UnionType or DwarfTag.ClassType or DwarfTag.InterfaceType or DwarfTag.EnumerationType
                or DwarfTag.Typedef or DwarfTag.BaseType or DwarfTag.UnspecifiedType or DwarfTag.PointerType or DwarfTag.ReferenceType
                or DwarfTag.RvalueReferenceType or DwarfTag.PtrToMemberType or DwarfTag.ConstType or DwarfTag.VolatileType
                or DwarfTag.RestrictType or DwarfTag.AtomicType or DwarfTag.PackedType or DwarfTag.SharedType or DwarfTag.ImmutableType
                or DwarfTag.LlvmPtrauthType or DwarfTag.ArrayType or DwarfTag.SubroutineType or DwarfTag.Namespace:
                return true;
            case DwarfTag.CompileUnit or DwarfTag.PartialUnit or DwarfTag.TypeUnit or DwarfTag.SkeletonUnit:
                return _frames.Count == 0;
        }

        if (_frames.Count == 0 || !_frames[^1].IsNode)
        {
            return _frames.Count == 0;
        }

        ref readonly var parent = ref types[_frames[^1].Scope];
        return tag switch
        {
            DwarfTag.Member or DwarfTag.Inheritance or DwarfTag.Variable => parent.IsAggregate,
            DwarfTag.Subprogram => parent.IsAggregate,
            DwarfTag.Enumerator => parent.Tag == DwarfTag.EnumerationType,
            DwarfTag.SubrangeType => parent.Tag == DwarfTag.ArrayType,
            DwarfTag.FormalParameter or DwarfTag.UnspecifiedParameters =>
                parent.Tag == DwarfTag.SubroutineType || (parent.Tag == DwarfTag.Subprogram && parent.Has(DwarfNodeFlags.Virtual)),
            _ => false,
        };
    }

    private static void SkipAttributes(ref DwarfCursor cursor, DwarfAbbreviation abbreviation, DwarfUnit unit)
    {
        if (abbreviation.FixedSize != DwarfForms.Variable)
        {
            cursor.Skip((ulong)abbreviation.FixedSize);
            return;
        }

        foreach (ref readonly var attribute in abbreviation.Attributes.AsSpan())
        {
            DwarfForms.Skip(ref cursor, in attribute, unit);
        }
    }

    private void Push(int node, DwarfUnitTypes types, long offset)
    {
        if (_frames.Count == DwarfFormat.MaxDepth)
        {
            throw DwarfFormat.Fault(offset, $"entries lie in one another more than {DwarfFormat.MaxDepth} deep");
        }

        var isNode = node >= 0;
        _frames.Add(new Frame(isNode ? node : _frames.Count == 0 ? 0 : _frames[^1].Scope, isNode));
    }

    /// <summary>Leaves an entry; false where it was the unit's own.</summary>
    private bool Pop(DwarfUnitTypes types)
    {
        var frame = _frames[^1];
        _frames.RemoveAt(_frames.Count - 1);
        if (frame.IsNode)
        {
            types.Edit(frame.Scope).End = types.Count;
        }

        return _frames.Count > 0;
    }

    /// <summary>An entry that is being read.</summary>
    /// <param name="Scope">The node that what lies in it belongs to.</param>
    /// <param name="IsNode">Whether that node is the entry itself.</param>
    private readonly record struct Frame(int Scope, bool IsNode);
}
