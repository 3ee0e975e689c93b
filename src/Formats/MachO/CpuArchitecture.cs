using System.Globalization;

namespace IpswDiff.Formats.MachO;

/// <summary>
/// A processor that code is built for: CPU type and subtype. Equal values are one architecture; capabilities, which say how the same
/// processor is used, are left out. Facts: <c>mach/machine.h</c>.
/// </summary>
/// <param name="CpuType">CPU_TYPE_*.</param>
/// <param name="CpuSubtype">CPU_SUBTYPE_* without capability bits.</param>
public readonly record struct CpuArchitecture(uint CpuType, uint CpuSubtype)
{
    // The upper byte of cpusubtype holds capabilities: LIB64, or arm64e's pointer-authentication ABI version.
    private const uint CapabilityMask = 0xFF000000;
    private const uint Architecture64Bit = 0x01000000;
    private const char InNames = '.';
    private const char InFileNames = '_';

    /// <summary>The name, as <see cref="CpuNames.Name"/> has it.</summary>
    public string Name => CpuNames.Name(CpuType, CpuSubtype);

    /// <summary>Whether pointers have 64 bits.</summary>
    public bool Is64Bit => (CpuType & CapabilityMask) == Architecture64Bit;

    /// <summary>
    /// Whether functions sign their return addresses: arm64e and what came after it; of subtypes that have no name yet nobody knows that
    /// they do not.
    /// </summary>
    public bool SignsReturnAddresses => CpuType == CpuNames.Arm64 && CpuSubtype is not (CpuNames.Arm64All or CpuNames.Arm64V8 or CpuNames.Arm64X1);

    /// <summary>The architecture of a header, whose subtype has capability bits.</summary>
    /// <param name="cpuType">CPU_TYPE_*.</param>
    /// <param name="cpuSubtype">CPU_SUBTYPE_*.</param>
    public static CpuArchitecture Of(uint cpuType, uint cpuSubtype) => new(cpuType, cpuSubtype & ~CapabilityMask);

    /// <summary>
    /// Whether this architecture took the place of <paramref name="older"/>: what a system of before had for the one, a system of today has
    /// for the other (arm64e.x1 after arm64e, arm64.x1 after arm64).
    /// </summary>
    public bool Succeeds(CpuArchitecture older) => CpuType == CpuNames.Arm64 && older.CpuType == CpuNames.Arm64 && (older.CpuSubtype, CpuSubtype) is
        (CpuNames.Arm64E, CpuNames.Arm64EX1) or (CpuNames.Arm64All or CpuNames.Arm64V8, CpuNames.Arm64X1);

    /// <summary>The architecture of a name that stands in the name of a file (<c>arm64e_x1</c>), or null for one that is not known.</summary>
    public static CpuArchitecture? FromFileName(string name) => Find(name) ?? Find(name.Replace(InFileNames, InNames));

    /// <summary>The architecture of a name, <c>TYPE.subN</c> among them, or null for one that is not known.</summary>
    internal static CpuArchitecture? Find(string name)
    {
        if (CpuNames.Find(name) is { } known)
        {
            return known;
        }

        var mark = name.LastIndexOf(CpuNames.SubtypeMark, StringComparison.Ordinal);
        return mark > 0 && CpuNames.Find(name[..mark]) is { } type
            && uint.TryParse(name.AsSpan(mark + CpuNames.SubtypeMark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var subtype)
            ? new CpuArchitecture(type.CpuType, subtype)
            : null;
    }
}
