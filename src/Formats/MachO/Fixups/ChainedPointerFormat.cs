namespace IpswDiff.Formats.MachO.Fixups;

/// <summary>How the pointers of a segment are packed into chains (<c>DYLD_CHAINED_PTR_*</c> of <c>mach-o/fixup-chains.h</c>).</summary>
public enum ChainedPointerFormat : ushort
{
    /// <summary>No chain: pointers stand as they are.</summary>
    None = 0,

    /// <summary>Signed pointers, targets are addresses.</summary>
    Arm64e = 1,

    /// <summary>64 bits, targets are addresses.</summary>
    Pointer64 = 2,

    /// <summary>32 bits, targets are addresses.</summary>
    Pointer32 = 3,

    /// <summary>64 bits, targets count from the image's base.</summary>
    Pointer64Offset = 6,

    /// <summary>Signed pointers of kernels, targets count from the image's base.</summary>
    Arm64eKernel = 7,

    /// <summary>Signed pointers of programs, targets count from the image's base.</summary>
    Arm64eUserland = 9,

    /// <summary>Signed pointers of firmware, targets are addresses.</summary>
    Arm64eFirmware = 10,

    /// <summary>As <see cref="Arm64eUserland"/>, with 24 bits for the import.</summary>
    Arm64eUserland24 = 12,
}

/// <summary>How the imports of chained fix-ups are stored (<c>DYLD_CHAINED_IMPORT*</c> of <c>mach-o/fixup-chains.h</c>).</summary>
public enum ChainedImportFormat : uint
{
    /// <summary>Four bytes: library, flags and name.</summary>
    Import = 1,

    /// <summary>Eight bytes: the same with an addend.</summary>
    ImportAddend = 2,

    /// <summary>Sixteen bytes: the same, each wider.</summary>
    ImportAddend64 = 3,
}
