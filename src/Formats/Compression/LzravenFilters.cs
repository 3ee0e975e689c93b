using System.Buffers.Binary;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// Makes the addresses in a block of machine code relative again. Positions count from the beginning of the whole output. Facts:
/// <see cref="Lzraven"/>; encodings of <c>BL</c> and <c>ADRP</c> from the Arm architecture manual, <c>E8</c> and <c>E9</c> from Intel's.
/// </summary>
internal static class LzravenFilters
{
    private const int X86Instruction = 5;

    // BL has six bits of opcode and 26 of a distance in words; the filter takes those that reach less than 32 MiB.
    private const uint CallMask = 0xfc00_0000;
    private const uint Call = 0x9400_0000;
    private const uint CallDistance = 0x00ff_ffff;
    private const uint CallSign = 0x0080_0000;
    private const uint CallExtension = 0x0300_0000;

    // ADRP has two low bits of its page distance at 29 and nineteen high ones at 5; the filter takes those of less than 512 MiB.
    private const uint PageMask = 0x9f00_0000;
    private const uint Page = 0x9000_0000;
    private const uint PageRegister = 0x9000_001f;
    private const uint PageSign = 0x0080_0000;

    /// <summary>Undoes the filter of <c>CALL</c> and <c>JMP</c>, whose absolute targets lie there in big-endian order.</summary>
    internal static void UndoX86(Span<byte> output, int begin, int end)
    {
        const uint Sign = 0x0100_0000;
        var at = begin;
        while (end - at >= X86Instruction)
        {
            if ((output[at++] & 0xfe) != 0xe8)
            {
                continue;
            }

            var operand = output.Slice(at, 4);
            if (operand[3] is not (0 or 0xff))
            {
                at += 3;
                continue;
            }

            var target = (uint)((operand[3] & 1) << 24 | operand[0] << 16 | operand[1] << 8 | operand[2]);
            var distance = (target - (uint)at) & (Sign | (Sign - 1));
            BinaryPrimitives.WriteUInt32LittleEndian(operand, distance - ((distance & Sign) << 1));
            at += 4;
        }
    }

    /// <summary>Undoes the filter of <c>BL</c> and <c>ADRP</c>; <paramref name="begin"/> is where the first instruction lies.</summary>
    internal static void UndoArm64(Span<byte> output, int begin, int end)
    {
        for (var at = begin; end - at >= 4; at += 4)
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(output[at..]);
            if ((word & CallMask) == Call)
            {
                if (((word + CallSign) & CallExtension) == 0)
                {
                    var distance = (word - ((uint)at >> 2)) & CallDistance;
                    BinaryPrimitives.WriteUInt32LittleEndian(
                        output[at..], Call | distance | ((distance & CallSign) != 0 ? CallExtension : 0));
                }
            }
            else if ((word & PageMask) == Page && ((word + (PageSign >> 1)) & PageSign) == 0)
            {
                // The filter wrote the pages with their two highest bits at 29 and the lowest eighteen at 5.
                var pages = ((word >> 11) & 0x1c_0000) | ((word >> 5) & 0x3_ffff);
                pages -= (uint)at >> 12;
                BinaryPrimitives.WriteUInt32LittleEndian(
                    output[at..], (word & PageRegister) | (pages << 29) | ((pages << 4) & PageSign) | ((pages << 3) & 0x7f_ffe0));
            }
        }
    }
}
