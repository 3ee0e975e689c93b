namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>
/// Says what the symbolic references in a mangled name refer to: a control character, then an offset of four bytes (0x01 to 0x17) or a
/// pointer of eight (0x18 to 0x1F); swift/docs/ABI/Mangling.rst, "Symbolic references".
/// </summary>
internal interface ISymbolicReferences
{
    /// <summary>The tree that a reference stands for, or null where it cannot be followed.</summary>
    /// <param name="arena">Where the tree is made.</param>
    /// <param name="kind">The control character.</param>
    /// <param name="offset">Where the operand lies in the name, in bytes.</param>
    public Node? Resolve(NodeArena arena, byte kind, int offset);
}
