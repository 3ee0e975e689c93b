namespace IpswDiff.Formats.Dwarf;

/// <summary>A type of a unit, or one of the two things that stand where a type could.</summary>
/// <param name="Unit">The unit it lies in; null for the two.</param>
/// <param name="Node">Its node.</param>
internal readonly record struct DwarfTypeRef(DwarfUnitTypes? Unit, int Node)
{
    private const int VoidNode = -1;
    private const int UnknownNode = -2;

    /// <summary>No type is stated, which means <c>void</c>.</summary>
    internal static DwarfTypeRef Void { get; } = new(null, VoidNode);

    /// <summary>What is referred to is in another file, or is no type that C or C++ has.</summary>
    internal static DwarfTypeRef Unknown { get; } = new(null, UnknownNode);

    internal bool IsVoid => Node == VoidNode;

    internal bool IsUnknown => Node == UnknownNode;
}
