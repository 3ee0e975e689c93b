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
    public static InstructionSet Of(MachOImage image) => image switch
    {
        { BigEndian: true } => InstructionSet.Other,
        { CpuType: CpuType.Arm64 or CpuType.Arm6432 } => InstructionSet.Arm64,
        { CpuType: CpuType.X8664 } => InstructionSet.X86,
        _ => InstructionSet.Other,
    };
}
