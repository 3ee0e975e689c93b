using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>Instructions that are told apart from the addresses in them.</summary>
internal enum InstructionSet
{
    /// <summary>None: code is compared by its size or its bytes.</summary>
    Other,

    /// <summary>A64: arm64, arm64e and arm64_32.</summary>
    Arm64,

    /// <summary>x86-64.</summary>
    X86,
}

/// <summary>Which instructions an image is made of.</summary>
internal static class Instructions
{
    private const uint CpuArm64 = 0x0100000C;
    private const uint CpuArm6432 = 0x0200000C;
    private const uint CpuX8664 = 0x01000007;

    public static InstructionSet Of(MachOImage image) => image switch
    {
        { BigEndian: true } => InstructionSet.Other,
        { CpuType: CpuArm64 or CpuArm6432 } => InstructionSet.Arm64,
        { CpuType: CpuX8664 } => InstructionSet.X86,
        _ => InstructionSet.Other,
    };
}
