namespace IpswDiff.Forge.MachO;

/// <summary>A symbol to write.</summary>
/// <param name="Name">Its name, the leading underscore included.</param>
/// <param name="Type"><c>n_type</c>.</param>
/// <param name="Section">The section it lies in, or null.</param>
/// <param name="Value">Offset in the section, or the value itself without one.</param>
/// <param name="Description"><c>n_desc</c>.</param>
public sealed record MachOSymbolPlan(string Name, byte Type, MachOSectionPlan? Section, ulong Value, ushort Description)
{
    public const byte Undefined = 0x01;
    public const byte External = 0x0F;
    public const byte Local = 0x0E;
    public const byte PrivateExternal = 0x1E;
    public const byte StabObjectFile = 0x66;
    public const byte StabFunction = 0x24;

    /// <summary>In <c>n_desc</c>: another image's definition may take the place of this one.</summary>
    public const ushort WeakDefinition = 0x80;

    /// <summary>The order LC_DYSYMTAB wants: locals (debugger's entries among them), externals, undefined.</summary>
    internal int Group => (Type & 0xE0) != 0 || (Type & 0x01) == 0 ? 0 : (Type & 0x0E) != 0 ? 1 : 2;
}
