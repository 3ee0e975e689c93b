using System.Buffers.Binary;
using System.IO.Hashing;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Dwarf;

/// <summary>
/// Hashes of types that are the same in every unit and every file: of a type as others refer to it (its kind and name, or its contents
/// where it has no name), and of a definition with all that its text says. For one thread.
/// </summary>
internal sealed class DwarfTypeHasher(DwarfTypeResolver resolver)
{
    private byte[] _buffer = new byte[4096];
    private int _length;
    private int _depth;

    /// <summary>The hash of a definition: equal where its text is equal.</summary>
    /// <exception cref="FirmwareFormatException">Types refer to each other in a circle, or to nothing.</exception>
    internal UInt128 HashDefinition(DwarfUnitTypes unit, int node)
    {
        _length = 0;
        _depth = 0;
        AddName(unit, node);
        AddContents(unit, node);
        return XxHash128.HashToUInt128(_buffer.AsSpan(0, _length));
    }

    private void AddReference(DwarfTypeRef type)
    {
        if (type.Unit is not { } unit)
        {
            Add((long)type.Node);
            return;
        }

        var known = unit.ReferenceHash(type.Node);
        if (known == default)
        {
            if (++_depth > DwarfFormat.MaxTypeDepth)
            {
                throw DwarfTypeResolver.TooDeep(unit, type.Node);
            }

            var start = _length;
            AddType(unit, type.Node);
            known = XxHash128.HashToUInt128(_buffer.AsSpan(start, _length - start));
            _length = start;
            _depth--;
            unit.ReferenceHash(type.Node) = known;
        }

        Add(known);
    }

    private void AddType(DwarfUnitTypes unit, int index)
    {
        ref readonly var node = ref unit[index];
        switch (node.Tag)
        {
            case DwarfTag.BaseType or DwarfTag.UnspecifiedType or DwarfTag.Typedef:
                AddName(unit, index);
                break;
            case DwarfTag.StructureType or DwarfTag.UnionType or DwarfTag.ClassType or DwarfTag.InterfaceType or DwarfTag.EnumerationType:
                AddName(unit, index);
                if (unit[DwarfTypeResolver.NamedNode(unit, index)].Name == 0)
                {
                    AddContents(unit, index);
                }

                break;
            case DwarfTag.PtrToMemberType:
                Add((long)node.Tag);
                AddReference(DwarfTypeResolver.ClassOf(unit, index));
                AddReference(resolver.Follow(unit, index));
                break;
            case DwarfTag.LlvmPtrauthType:
                Add((long)node.Tag);
                Add(node.Value);
                AddReference(resolver.Follow(unit, index));
                break;
            case DwarfTag.ArrayType:
                Add((long)node.Tag);
                Add(node.Has(DwarfNodeFlags.Vector) ? resolver.SizeOf(new DwarfTypeRef(unit, index)) : -2);
                AddReference(resolver.Follow(unit, index));
                for (var i = index + 1; i < node.End; i = unit[i].End)
                {
                    Add(unit[i].Tag == DwarfTag.SubrangeType ? unit[i].Value : -3);
                }

                break;
            case DwarfTag.SubroutineType:
                Add((long)node.Tag);
                AddSignature(unit, index);
                break;
            case DwarfTag.PackedType or DwarfTag.SharedType or DwarfTag.ImmutableType:
                AddReference(resolver.Follow(unit, index));
                break;
            case DwarfTag.PointerType or DwarfTag.ReferenceType or DwarfTag.RvalueReferenceType or DwarfTag.ConstType or DwarfTag.VolatileType
                or DwarfTag.RestrictType or DwarfTag.AtomicType:
                Add((long)node.Tag);
                AddReference(resolver.Follow(unit, index));
                break;
            default:
                Add((long)DwarfTypeRef.Unknown.Node);
                break;
        }
    }

    private void AddSignature(DwarfUnitTypes unit, int index)
    {
        AddReference(resolver.Follow(unit, index));
        for (var i = index + 1; i < unit[index].End; i = unit[i].End)
        {
            ref readonly var parameter = ref unit[i];
            if (parameter.Tag == DwarfTag.UnspecifiedParameters)
            {
                Add(-3L);
            }
            else if (parameter.Tag == DwarfTag.FormalParameter && !parameter.Has(DwarfNodeFlags.Artificial))
            {
                AddReference(resolver.Follow(unit, i));
            }
        }
    }

    private void AddName(DwarfUnitTypes unit, int index)
    {
        Span<int> scopes = stackalloc int[DwarfTypeResolver.ScopeLimit];
        var named = DwarfTypeResolver.NamedNode(unit, index);
        ref readonly var node = ref unit[named];
        Add(node.Tag is DwarfTag.InterfaceType ? (long)DwarfTag.ClassType : (long)unit[index].Tag);
        Add(resolver.Names.HashOf(node.Name));
        if (node.Name == 0)
        {
            return;
        }

        foreach (var scope in scopes[..DwarfTypeResolver.Scopes(unit, named, scopes)])
        {
            Add(resolver.Names.HashOf(scope));
        }
    }

    private void AddContents(DwarfUnitTypes unit, int index)
    {
        ref readonly var node = ref unit[index];
        if (node.Tag == DwarfTag.Typedef)
        {
            AddReference(resolver.Follow(unit, index));
            return;
        }

        Add(node.ByteSize);
        if (node.Tag == DwarfTag.EnumerationType)
        {
            Add(node.Has(DwarfNodeFlags.EnumClass) ? 1L : 0);
            AddReference(resolver.Follow(unit, index));
        }

        for (var i = index + 1; i < node.End; i = unit[i].End)
        {
            switch (DwarfMembers.RoleOf(in unit[i]))
            {
                case DwarfMemberRole.Enumerator:
                    Add(resolver.Names.HashOf(unit[i].Name));
                    Add(unit[i].Value);
                    Add(unit[i].Has(DwarfNodeFlags.Unsigned) && unit[i].Value < 0 ? 1L : 0);
                    break;
                case DwarfMemberRole.Method:
                    Add((long)DwarfMemberRole.Method);
                    Add(resolver.Names.HashOf(unit[i].Name));
                    Add(unit[i].Value);
                    AddSignature(unit, i);
                    break;
                case DwarfMemberRole.None:
                    break;
                case var role:
                    var place = DwarfMembers.PlaceOf(resolver, unit, i, role);
                    Add((long)role);
                    Add(resolver.Names.HashOf(unit[i].Name));
                    AddReference(resolver.Follow(unit, i));
                    Add(place.Offset);
                    Add(place.Size);
                    Add(((long)place.BitOffset << 32) | (uint)place.BitSize);
                    break;
            }
        }
    }

    private void Add(long value)
    {
        Grow(8);
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(_length), value);
        _length += 8;
    }

    private void Add(UInt128 value)
    {
        Grow(16);
        BinaryPrimitives.WriteUInt128LittleEndian(_buffer.AsSpan(_length), value);
        _length += 16;
    }

    private void Grow(int count)
    {
        if (_buffer.Length - _length < count)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
    }
}
