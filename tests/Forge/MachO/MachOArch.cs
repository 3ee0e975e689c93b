namespace IpswDiff.Forge.MachO;

/// <summary>A processor to build for: CPU type and subtype with capability bits, layout of its images.</summary>
public sealed record MachOArch(string Name, uint CpuType, uint CpuSubtype, bool Is64Bit, int PageSize, bool BigEndian = false)
{
    public static MachOArch Arm64 { get; } = new("arm64", 0x0100000C, 0, true, 0x4000);

    /// <summary>With the capability bits of the versioned pointer-authentication ABI.</summary>
    public static MachOArch Arm64e { get; } = new("arm64e", 0x0100000C, 0x80000002, true, 0x4000);

    /// <summary>Of OS 27, with the capability bits of arm64e.</summary>
    public static MachOArch Arm64EX1 { get; } = new("arm64e.x1", 0x0100000C, 0x8000000C, true, 0x4000);

    public static MachOArch Arm64X1 { get; } = new("arm64.x1", 0x0100000C, 3, true, 0x4000);

    /// <summary>A subtype of arm64 that nobody has a name for.</summary>
    public static MachOArch Arm64Sub(uint subtype) => new($"arm64.sub{subtype}", 0x0100000C, subtype, true, 0x4000);

    public static MachOArch Arm6432 { get; } = new("arm64_32", 0x0200000C, 1, false, 0x4000);

    public static MachOArch Armv7 { get; } = new("armv7", 12, 9, false, 0x4000);

    public static MachOArch Armv7k { get; } = new("armv7k", 12, 12, false, 0x4000);

    public static MachOArch X8664 { get; } = new("x86_64", 0x01000007, 3, true, 0x1000);

    public static MachOArch X8664h { get; } = new("x86_64h", 0x01000007, 8, true, 0x1000);

    public static MachOArch I386 { get; } = new("i386", 7, 3, false, 0x1000);

    public static MachOArch PowerPC { get; } = new("ppc", 18, 0, false, 0x1000, BigEndian: true);
}
