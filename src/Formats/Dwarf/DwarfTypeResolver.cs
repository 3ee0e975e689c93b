using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Dwarf;

/// <summary>
/// Follows references between types, into other units too. Units that others refer to are kept under a limit, the one used longest ago
/// out first. For one thread.
/// </summary>
internal sealed class DwarfTypeResolver(DwarfFile file, long cacheBytes)
{
    private const int MaxScopes = 256;

    private readonly DwarfUnitReader _reader = new(file);
    private readonly DwarfUnitTypes _current = new();
    private readonly Dictionary<int, LinkedListNode<DwarfUnitTypes>> _kept = [];
    private readonly LinkedList<DwarfUnitTypes> _byUse = new();
    private DwarfUnitTypes? _scanned;
    private long _keptBytes;

    internal DwarfNames Names => _reader.Names;

    internal bool BigEndian => file.Sections.BigEndian;

    /// <summary>Reads a unit that is gone through from front to back; the one before it is no longer held.</summary>
    /// <exception cref="FirmwareFormatException">The unit is damaged.</exception>
    internal DwarfUnitTypes Scan(DwarfUnit unit)
    {
        _scanned = null;
        _reader.Read(unit, _current);
        return _scanned = _current;
    }

    /// <summary>A unit that is looked into.</summary>
    /// <exception cref="FirmwareFormatException">The unit is damaged.</exception>
    internal DwarfUnitTypes Load(DwarfUnit unit)
    {
        if (_scanned is { } scanned && scanned.Unit.Index == unit.Index)
        {
            return scanned;
        }

        if (_kept.TryGetValue(unit.Index, out var entry))
        {
            _byUse.Remove(entry);
            _byUse.AddFirst(entry);
            return entry.Value;
        }

        var types = new DwarfUnitTypes();
        _reader.Read(unit, types);
        types.Trim();
        _kept.Add(unit.Index, _byUse.AddFirst(types));
        _keptBytes += types.Bytes;
        while (_keptBytes > cacheBytes && _byUse.Count > 1)
        {
            var last = _byUse.Last!.Value;
            _byUse.RemoveLast();
            _kept.Remove(last.Unit.Index);
            _keptBytes -= last.Bytes;
        }

        return types;
    }

    /// <summary>What a node refers to.</summary>
    /// <exception cref="FirmwareFormatException">It refers to a place outside all units.</exception>
    internal DwarfTypeRef Follow(DwarfUnitTypes unit, int index)
    {
        ref readonly var node = ref unit[index];
        var target = Target(unit, in node);

        // A declaration may name the type unit that has the definition.
        if (target.Unit is not { } found)
        {
            return target;
        }

        const DwarfNodeFlags Skeleton = DwarfNodeFlags.Declaration | DwarfNodeFlags.RefersToSignature;
        ref readonly var declaration = ref found[target.Node];
        return (declaration.Flags & Skeleton) == Skeleton && Target(found, in declaration) is { Unit: not null } definition ? definition : target;
    }

    /// <summary>The class that a pointer to a member points into.</summary>
    internal static DwarfTypeRef ClassOf(DwarfUnitTypes unit, int index)
    {
        ref readonly var node = ref unit[index];
        return node.Has(DwarfNodeFlags.HasOrigin) && unit.Find(node.Value) is >= 0 and var found ? new DwarfTypeRef(unit, found) : DwarfTypeRef.Unknown;
    }

    /// <summary>The node that has a type's name and stands where it was declared: itself, or the declaration it completes.</summary>
    internal static int NamedNode(DwarfUnitTypes unit, int index)
    {
        ref readonly var node = ref unit[index];
        return node.Name == 0 && node.Has(DwarfNodeFlags.HasOrigin) && node.Tag != DwarfTag.PtrToMemberType && unit.Find(node.Value) is >= 0 and var found
            ? found
            : index;
    }

    /// <summary>The scopes around a node that have names, the innermost first; 0 stands for a namespace without one.</summary>
    /// <returns>How many of <paramref name="scopes"/> were filled.</returns>
    /// <exception cref="FirmwareFormatException">There are more than anybody writes.</exception>
    internal static int Scopes(DwarfUnitTypes unit, int index, Span<int> scopes)
    {
        var count = 0;
        for (int at = unit[index].Parent, steps = 0; at > 0; steps++)
        {
            var named = NamedNode(unit, at);
            ref readonly var scope = ref unit[named];
            if (steps == MaxScopes)
            {
                throw DwarfFormat.Fault(unit.Unit.Offset + unit[index].Offset, $"a type lies within more than {MaxScopes} others");
            }

            if (scope.IsScope && (scope.Name != 0 || scope.Tag == DwarfTag.Namespace))
            {
                scopes[count++] = scope.Name;
            }

            at = scope.Parent;
        }

        return count;
    }

    /// <summary>Scopes that <see cref="Scopes"/> finds at most.</summary>
    internal const int ScopeLimit = MaxScopes;

    /// <summary>Bytes of a type, or -1 where they are not known.</summary>
    /// <exception cref="FirmwareFormatException">A reference leaves all units, or types refer to each other in a circle.</exception>
    internal long SizeOf(DwarfTypeRef type)
    {
        var factor = 1L;
        for (var depth = 0; type.Unit is { } unit; depth++)
        {
            ref readonly var node = ref unit[type.Node];
            if (depth == DwarfFormat.MaxTypeDepth)
            {
                throw TooDeep(unit, type.Node);
            }

            switch (node.Tag)
            {
                case DwarfTag.PointerType or DwarfTag.ReferenceType or DwarfTag.RvalueReferenceType:
                    return Times(factor, node.ByteSize >= 0 ? node.ByteSize : unit.Unit.AddressSize);
                case DwarfTag.ArrayType when node.ByteSize < 0:
                    factor = Times(factor, Elements(unit, type.Node));
                    break;
                case DwarfTag.Typedef or DwarfTag.ConstType or DwarfTag.VolatileType or DwarfTag.RestrictType or DwarfTag.AtomicType
                    or DwarfTag.PackedType or DwarfTag.SharedType or DwarfTag.ImmutableType or DwarfTag.LlvmPtrauthType:
                case DwarfTag.EnumerationType when node.ByteSize < 0:
                    break;
                default:
                    return Times(factor, node.ByteSize);
            }

            type = Follow(unit, type.Node);
        }

        return -1;
    }

    internal static FirmwareFormatException TooDeep(DwarfUnitTypes unit, int node) => DwarfFormat.Fault(
        unit.Unit.Offset + unit[node].Offset, $"types refer to each other more than {DwarfFormat.MaxTypeDepth} deep; is it a circle?");

    private static long Elements(DwarfUnitTypes unit, int array)
    {
        var count = 1L;
        for (var i = array + 1; i < unit[array].End; i = unit[i].End)
        {
            if (unit[i].Tag == DwarfTag.SubrangeType)
            {
                count = Times(count, unit[i].Value);
            }
        }

        return count;
    }

    private static long Times(long left, long right) =>
        left < 0 || right < 0 || Math.BigMul(left, right, out var product) != 0 || product < 0 ? -1 : product;

    private DwarfTypeRef Target(DwarfUnitTypes unit, in DwarfNode node)
    {
        if (node.Has(DwarfNodeFlags.RefersToNode))
        {
            return new DwarfTypeRef(unit, (int)node.Reference);
        }

        if (node.Has(DwarfNodeFlags.RefersToSignature))
        {
            return file.FindSignature((ulong)node.Reference) is { } typeUnit ? At(typeUnit, typeUnit.Offset + typeUnit.TypeOffset) : DwarfTypeRef.Unknown;
        }

        if (!node.Has(DwarfNodeFlags.RefersToInfo | DwarfNodeFlags.RefersToTypes))
        {
            return DwarfTypeRef.Void;
        }

        var target = file.FindUnit(node.Reference, node.Has(DwarfNodeFlags.RefersToTypes))
            ?? throw DwarfFormat.Fault(unit.Unit.Offset + node.Offset, $"a reference to 0x{node.Reference:x} leads outside all units");
        return At(target, node.Reference);
    }

    private DwarfTypeRef At(DwarfUnit unit, long offset)
    {
        var types = Load(unit);
        return types.Find(offset) is >= 0 and var node ? new DwarfTypeRef(types, node) : DwarfTypeRef.Unknown;
    }
}
