namespace IpswDiff.Formats.MachO;

/// <summary>Processors (<c>CPU_TYPE_*</c> of <c>mach/machine.h</c>).</summary>
public enum CpuType : uint
{
    /// <summary>32-bit Intel.</summary>
    X86 = 7,

    /// <summary>32-bit Arm.</summary>
    Arm = 12,

    /// <summary>32-bit PowerPC.</summary>
    PowerPC = 18,

    /// <summary>64-bit Intel.</summary>
    X8664 = Abi64 | X86,

    /// <summary>64-bit Arm.</summary>
    Arm64 = Abi64 | Arm,

    /// <summary>64-bit Arm with pointers of 32 bits, of watches.</summary>
    Arm6432 = Abi6432 | Arm,

    /// <summary>64-bit PowerPC.</summary>
    PowerPC64 = Abi64 | PowerPC,

    /// <summary>The bit of 64-bit processors (<c>CPU_ARCH_ABI64</c>).</summary>
    Abi64 = 0x01000000,

    /// <summary>The bit of 64-bit processors with pointers of 32 bits (<c>CPU_ARCH_ABI64_32</c>).</summary>
    Abi6432 = 0x02000000,
}

/// <summary>Kinds of 64-bit Arm processors (<c>CPU_SUBTYPE_ARM64*</c> of <c>mach/machine.h</c>), without capability bits.</summary>
public enum Arm64Subtype : uint
{
    /// <summary>Any.</summary>
    All = 0,

    /// <summary>Armv8; the same as <see cref="All"/> to the loader.</summary>
    V8 = 1,

    /// <summary>arm64e, with signed pointers.</summary>
    E = 2,

    /// <summary>arm64.x1.</summary>
    X1 = 3,

    /// <summary>arm64e.x1.</summary>
    EX1 = 12,
}
