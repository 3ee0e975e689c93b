using System.Globalization;

namespace IpswDiff.Formats.MachO;

/// <summary>Processor names as <c>arch(3)</c> and <c>lipo</c> print them, from <c>mach/machine.h</c>.</summary>
public static class CpuNames
{
    internal const uint X86 = (uint)CpuType.X86;
    internal const uint X8664 = (uint)CpuType.X8664;
    internal const uint Arm = (uint)CpuType.Arm;
    internal const uint Arm64 = (uint)CpuType.Arm64;
    internal const uint Arm6432 = (uint)CpuType.Arm6432;
    internal const uint PowerPC = (uint)CpuType.PowerPC;
    internal const uint PowerPC64 = (uint)CpuType.PowerPC64;

    internal const uint Arm64All = (uint)Arm64Subtype.All;
    internal const uint Arm64V8 = (uint)Arm64Subtype.V8;
    internal const uint Arm64E = (uint)Arm64Subtype.E;
    internal const uint Arm64X1 = (uint)Arm64Subtype.X1;
    internal const uint Arm64EX1 = (uint)Arm64Subtype.EX1;

    /// <summary>Stands before the number of a subtype without a name.</summary>
    internal const string SubtypeMark = ".sub";

    // The first of a type is the plain one, by whose name the type itself is called. The generic subtype and ARMv8 are one to the loader.
    private static readonly (CpuArchitecture Arch, string Name)[] Known =
    [
        (new(X86, 3), "i386"),
        (new(X86, 4), "i486"),
        (new(X86, 5), "i586"),
        (new(X86, 22), "i686"),
        (new(X8664, 3), "x86_64"),
        (new(X8664, 8), "x86_64h"),
        (new(Arm, 0), "arm"),
        (new(Arm, 5), "armv4t"),
        (new(Arm, 6), "armv6"),
        (new(Arm, 7), "armv5"),
        (new(Arm, 8), "xscale"),
        (new(Arm, 9), "armv7"),
        (new(Arm, 10), "armv7f"),
        (new(Arm, 11), "armv7s"),
        (new(Arm, 12), "armv7k"),
        (new(Arm, 13), "armv8"),
        (new(Arm, 14), "armv6m"),
        (new(Arm, 15), "armv7m"),
        (new(Arm, 16), "armv7em"),
        (new(Arm64, Arm64All), "arm64"),
        (new(Arm64, Arm64V8), "arm64"),
        (new(Arm64, Arm64E), "arm64e"),
        (new(Arm64, Arm64X1), "arm64.x1"),
        (new(Arm64, Arm64EX1), "arm64e.x1"),
        (new(Arm6432, 1), "arm64_32"),
        (new(Arm6432, 0), "arm64_32"),
        (new(PowerPC, 0), "ppc"),
        (new(PowerPC, 1), "ppc"),
        (new(PowerPC, 3), "ppc"),
        (new(PowerPC, 4), "ppc"),
        (new(PowerPC, 5), "ppc"),
        (new(PowerPC, 6), "ppc"),
        (new(PowerPC, 7), "ppc"),
        (new(PowerPC, 9), "ppc"),
        (new(PowerPC, 10), "ppc"),
        (new(PowerPC, 11), "ppc"),
        (new(PowerPC, 100), "ppc"),
        (new(PowerPC64, 0), "ppc64"),
        (new(PowerPC64, 100), "ppc64"),
    ];

    /// <summary>
    /// The name; <c>TYPE.subN</c> for a subtype that has none, so that no two are called the same; <c>cpu0x…</c> with the hexadecimal type
    /// for a processor that has none.
    /// </summary>
    /// <param name="cpuType">CPU_TYPE_*.</param>
    /// <param name="cpuSubtype">CPU_SUBTYPE_*, capability bits included.</param>
    public static string Name(uint cpuType, uint cpuSubtype)
    {
        var arch = CpuArchitecture.Of(cpuType, cpuSubtype);
        string? type = null;
        foreach (var (known, name) in Known)
        {
            if (known == arch)
            {
                return name;
            }

            type ??= known.CpuType == arch.CpuType ? name : null;
        }

        // Of a type that nobody knows the generic subtype is the type itself.
        return type is null && arch.CpuSubtype == 0
            ? string.Create(CultureInfo.InvariantCulture, $"cpu0x{cpuType:x}")
            : string.Create(CultureInfo.InvariantCulture, $"{type ?? $"cpu0x{cpuType:x}"}{SubtypeMark}{arch.CpuSubtype}");
    }

    /// <summary>The architecture of a name, or null for one that is not known.</summary>
    internal static CpuArchitecture? Find(string name)
    {
        foreach (var (arch, known) in Known)
        {
            if (known == name)
            {
                return arch;
            }
        }

        return null;
    }
}
