namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// How an x86-64 instruction that has a 32-bit distance refers to the place it leads to. Facts: Intel 64 and IA-32
/// Architectures
/// Software Developer's Manual, volume 2, appendix A.
/// </summary>
internal static class X86Reference
{
    /// <summary>Bytes that <paramref name="code"/> loads; 0 where that is not plain.</summary>
    internal static int WidthOf(ReadOnlySpan<byte> code)
    {
        var (at, prefix, isWide) = (0, 0, false);
        for (; at < code.Length - 2 && code[at] is 0x66 or 0xF2 or 0xF3 or (>= 0x40 and <= 0x4F); at++)
        {
            isWide |= code[at] is >= 0x48 and <= 0x4F;
            prefix = code[at] < 0x50 ? prefix : code[at];
        }

        return (code[at], code[at + 1], prefix) switch
        {
            // Scalars of SSE: moves and arithmetic from 0F 51 to 0F 5F, compares with flags.
            (0x0F, 0x10 or 0x51 or (>= 0x58 and <= 0x5F), 0xF2) => 8,
            (0x0F, 0x10 or 0x51 or (>= 0x58 and <= 0x5F), 0xF3) => 4,
            (0x0F, 0x2E or 0x2F, 0x66) => 8,
            (0x0F, 0x2E or 0x2F, 0) => 4,
            (0x0F, 0x28 or 0x6F or (>= 0x54 and <= 0x5F), 0 or 0x66) => 16,
            (0x8B, _, 0) => isWide ? 8 : 4,
            _ => 0,
        };
    }

    /// <summary>How <paramref name="code"/>, an instruction in full, uses the place its distance leads to.</summary>
    internal static ReferenceForm FormOf(ReadOnlySpan<byte> code)
    {
        var at = 0;
        while (at < code.Length - 1 && code[at] is 0xF0 or 0xF2 or 0xF3 or 0x2E or 0x36 or 0x3E or 0x26 or 0x64
            or 0x65 or 0x66 or 0x67 or (>= 0x40 and <= 0x4F))
        {
            at++;
        }

        return code[at] switch
        {
            0xE8 or 0xE9 => ReferenceForm.Branch,
            0x0F when at + 1 < code.Length && (code[at + 1] & 0xF0) == 0x80 => ReferenceForm.Branch,
            0x0F when at + 1 < code.Length && code[at + 1] is 0x11 or 0x13 or 0x17 or 0x29 or 0x7E or 0x7F or 0xD6 =>
                ReferenceForm.Store,
            0x8D => ReferenceForm.Address,
            0x88 or 0x89 or 0xC6 or 0xC7 => ReferenceForm.Store,
            _ => ReferenceForm.Load,
        };
    }
}
