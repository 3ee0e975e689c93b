namespace IpswDiff.Formats.MachO;

/// <summary>Processor names as <c>arch(3)</c> and <c>lipo</c> print them, from <c>mach/machine.h</c>.</summary>
public static class CpuNames
{
    internal const uint X86 = 7;
    internal const uint X8664 = 0x01000007;
    internal const uint Arm = 12;
    internal const uint Arm64 = 0x0100000C;
    internal const uint Arm6432 = 0x0200000C;
    internal const uint PowerPC = 18;
    internal const uint PowerPC64 = 0x01000012;

    // The upper byte of cpusubtype holds capabilities: LIB64, or arm64e's pointer-authentication ABI version.
    private const uint CapabilityMask = 0xFF000000;

    /// <summary>The name, or <c>cpu0x…</c> with the hexadecimal type for a processor that has none here.</summary>
    /// <param name="cpuType">CPU_TYPE_*.</param>
    /// <param name="cpuSubtype">CPU_SUBTYPE_*, capability bits included.</param>
    public static string Name(uint cpuType, uint cpuSubtype) => (cpuType, cpuSubtype & ~CapabilityMask) switch
    {
        (X86, _) => "i386",
        (X8664, 8) => "x86_64h",
        (X8664, _) => "x86_64",
        (Arm, 5) => "armv4t",
        (Arm, 6) => "armv6",
        (Arm, 7) => "armv5",
        (Arm, 8) => "xscale",
        (Arm, 9) => "armv7",
        (Arm, 10) => "armv7f",
        (Arm, 11) => "armv7s",
        (Arm, 12) => "armv7k",
        (Arm, 13) => "armv8",
        (Arm, 14) => "armv6m",
        (Arm, 15) => "armv7m",
        (Arm, 16) => "armv7em",
        (Arm, _) => "arm",
        (Arm64, 2) => "arm64e",
        (Arm64, _) => "arm64",
        (Arm6432, _) => "arm64_32",
        (PowerPC, _) => "ppc",
        (PowerPC64, _) => "ppc64",
        _ => $"cpu0x{cpuType:x}",
    };
}
