namespace IpswDiff.Formats.Dwarf;

/// <summary>What stands in the definition of a type.</summary>
public enum DwarfMemberRole
{
    /// <summary>Nothing that the layout depends on.</summary>
    None,

    /// <summary>A field, named or not.</summary>
    Field,

    /// <summary>A base class.</summary>
    Base,

    /// <summary>A variable of the class, which takes no room in its objects.</summary>
    StaticField,

    /// <summary>A virtual method, which takes a place in the class's table.</summary>
    Method,

    /// <summary>A constant of an enumeration.</summary>
    Enumerator,
}

/// <summary>Where a member lies. What is not known or does not apply is -1.</summary>
/// <param name="Offset">Bytes from the beginning of the aggregate to the member, or to the unit of storage of a bit-field.</param>
/// <param name="Size">Bytes of the member or of that unit.</param>
/// <param name="BitOffset">Of a bit-field its first bit, from the least significant one of the unit.</param>
/// <param name="BitSize">Of a bit-field its bits.</param>
internal readonly record struct DwarfPlace(long Offset, long Size, int BitOffset, int BitSize);

/// <summary>Roles and places of members, the same from every version of the format.</summary>
internal static class DwarfMembers
{
    internal static DwarfMemberRole RoleOf(ref readonly DwarfNode node) => node.Tag switch
    {
        DwarfTag.Member when node.Has(DwarfNodeFlags.External | DwarfNodeFlags.Declaration) => DwarfMemberRole.StaticField,
        DwarfTag.Member => DwarfMemberRole.Field,
        DwarfTag.Variable => DwarfMemberRole.StaticField,
        DwarfTag.Inheritance => DwarfMemberRole.Base,
        DwarfTag.Enumerator => DwarfMemberRole.Enumerator,

        // What the compiler adds of itself depends on what a source file makes of the class.
        DwarfTag.Subprogram when node.Has(DwarfNodeFlags.Virtual) && !node.Has(DwarfNodeFlags.Artificial) => DwarfMemberRole.Method,
        _ => DwarfMemberRole.None,
    };

    internal static DwarfPlace PlaceOf(DwarfTypeResolver resolver, DwarfUnitTypes unit, int index, DwarfMemberRole role)
    {
        ref readonly var node = ref unit[index];
        if (role == DwarfMemberRole.StaticField)
        {
            return new DwarfPlace(-1, -1, -1, -1);
        }

        var size = resolver.SizeOf(resolver.Follow(unit, index));
        var offset = node.Has(DwarfNodeFlags.ComputedPlace) ? -1 : Math.Max(0, node.Value);
        return node.BitSize < 0 ? new DwarfPlace(offset, size, -1, -1) : BitsOf(in node, offset, size, resolver.BigEndian);
    }

    // DWARF 4 counts bits from the beginning of the aggregate; before, they counted from the top of a unit of storage. Both become bits
    // of the unit of the declared type that the field begins in.
    private static DwarfPlace BitsOf(ref readonly DwarfNode node, long offset, long size, bool bigEndian)
    {
        var storage = node.ByteSize >= 0 ? node.ByteSize : size;
        if (size is <= 0 or > 64 || storage is <= 0 or > 64 || offset is < 0 or > long.MaxValue / 16 || node.BitOffset > long.MaxValue / 2)
        {
            return new DwarfPlace(offset, size, -1, node.BitSize);
        }

        var first = Math.Max(0, node.BitOffset);
        if (node.Has(DwarfNodeFlags.BitsFromTop) && !bigEndian)
        {
            first = (storage * 8) - node.BitOffset - node.BitSize;
        }

        first += offset * 8;
        if (first < 0)
        {
            return new DwarfPlace(offset, size, -1, node.BitSize);
        }

        var unitBits = size * 8;
        return new DwarfPlace(first / unitBits * size, size, (int)(first % unitBits), node.BitSize);
    }
}
