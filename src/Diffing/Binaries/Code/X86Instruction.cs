using System.Buffers.Binary;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// How long an x86-64 instruction is, and where the 32-bit distance stands that leads from it to code or data, if it has one. Facts:
/// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2: chapter 2 (formats), appendix A (opcode maps).
/// </summary>
/// <param name="Length">Bytes; 1 for bytes that begin no instruction.</param>
/// <param name="Distance">Where the distance stands in the instruction; 0 for none.</param>
/// <param name="IsKnown">Whether the bytes are an instruction.</param>
internal readonly record struct X86Instruction(int Length, int Distance, bool IsKnown)
{
    /// <summary>The longest instruction that a processor takes.</summary>
    internal const int MaxLength = 15;

    private const byte Bad = 0x80;
    private const byte ModRm = 0x01;
    private const byte Imm8 = 0x02;
    private const byte Imm16 = 0x04;

    // Four bytes, or two with an operand-size prefix.
    private const byte ImmZ = 0x08;
    private const byte Relative32 = 0x10;

    // Decoded by hand: prefixes, escapes, and immediates of changing width.
    private const byte Special = 0x20;

    private static readonly byte[] OneByte = MakeOneByte();
    private static readonly byte[] TwoByte = MakeTwoByte();

    private static X86Instruction Unknown => new(1, 0, false);

    /// <summary>Decodes the instruction that <paramref name="code"/> begins with, in 64-bit mode.</summary>
    internal static X86Instruction Decode(ReadOnlySpan<byte> code)
    {
        var at = 0;
        var (isShort, isNarrow, isWide, isEscaped) = (false, false, false, false);
        while (at < code.Length && at < MaxLength && IsPrefix(code[at]))
        {
            isShort |= code[at] == 0x66;
            isNarrow |= code[at] == 0x67;
            at++;
        }

        if (at < code.Length && (code[at] & 0xF0) == 0x40)
        {
            isWide = (code[at++] & 8) != 0;
        }
        else if (at + 1 < code.Length && code[at] == 0xD5)
        {
            // REX2, whose highest bit stands for 0F.
            isWide = (code[at + 1] & 8) != 0;
            isEscaped = (code[at + 1] & 0x80) != 0;
            at += 2;
        }

        if (at >= code.Length)
        {
            return Unknown;
        }

        var opcode = code[at++];
        var kind = isEscaped ? TwoByte[opcode] : OneByte[opcode];
        if ((kind & Special) != 0)
        {
            switch (opcode)
            {
                case 0x0F:
                    kind = ReadEscaped(code, ref at);
                    break;
                case 0xC4 or 0xC5 or 0x62:
                    kind = ReadVector(opcode, code, ref at);
                    break;
                case >= 0xA0 and <= 0xA3:
                    return Finish(code, at + (isNarrow ? 4 : 8), 0);
                case >= 0xB8 and <= 0xBF:
                    return Finish(code, at + (isWide ? 8 : isShort ? 2 : 4), 0);
                case 0xC8:
                    return Finish(code, at + 3, 0);
                default:
                    // test of group 3 has an immediate, its other instructions have none.
                    var hasImmediate = at < code.Length && (code[at] & 0x30) == 0;
                    kind = (byte)(ModRm | (!hasImmediate ? 0 : opcode == 0xF6 ? Imm8 : ImmZ));
                    break;
            }
        }

        if ((kind & Bad) != 0)
        {
            return Unknown;
        }

        var distance = 0;
        if ((kind & ModRm) != 0 && !ReadModRm(code, ref at, out distance))
        {
            return Unknown;
        }

        distance = (kind & Relative32) != 0 ? at : distance;
        at += ((kind & Imm8) != 0 ? 1 : 0) + ((kind & Imm16) != 0 ? 2 : 0) + ((kind & ImmZ) != 0 ? isShort ? 2 : 4 : 0) + ((kind & Relative32) != 0 ? 4 : 0);
        return Finish(code, at, distance);
    }

    /// <summary>Where the distance leads, counted from the instruction's first byte.</summary>
    internal long Target(ReadOnlySpan<byte> code) => Length + BinaryPrimitives.ReadInt32LittleEndian(code[Distance..]);

    private static X86Instruction Finish(ReadOnlySpan<byte> code, int length, int distance) =>
        length <= Math.Min(code.Length, MaxLength) ? new X86Instruction(length, distance, true) : Unknown;

    private static bool IsPrefix(byte value) => value is 0xF0 or 0xF2 or 0xF3 or 0x2E or 0x36 or 0x3E or 0x26 or 0x64 or 0x65 or 0x66 or 0x67;

    /// <summary>0F, 0F 38 and 0F 3A.</summary>
    private static byte ReadEscaped(ReadOnlySpan<byte> code, ref int at)
    {
        if (at >= code.Length)
        {
            return Bad;
        }

        var opcode = code[at++];
        if (opcode is 0x38 or 0x3A)
        {
            at++;
            return opcode == 0x38 ? ModRm : (byte)(ModRm | Imm8);
        }

        return TwoByte[opcode];
    }

    /// <summary>VEX and EVEX: the prefix names the opcode map.</summary>
    private static byte ReadVector(byte prefix, ReadOnlySpan<byte> code, ref int at)
    {
        var size = prefix switch { 0xC5 => 1, 0xC4 => 2, _ => 3 };
        if (at + size >= code.Length)
        {
            return Bad;
        }

        var map = prefix switch { 0xC5 => 1, 0xC4 => code[at] & 0x1F, _ => code[at] & 7 };
        var opcode = code[at + size];
        at += size + 1;
        return map switch
        {
            1 => (TwoByte[opcode] & Relative32) != 0 ? ModRm : TwoByte[opcode],
            2 or 5 or 6 => ModRm,
            3 => ModRm | Imm8,
            _ => Bad,
        };
    }

    private static bool ReadModRm(ReadOnlySpan<byte> code, ref int at, out int distance)
    {
        distance = 0;
        if (at >= code.Length)
        {
            return false;
        }

        var (mode, register) = (code[at] >> 6, code[at] & 7);
        at++;
        if (mode == 3)
        {
            return true;
        }

        if (mode == 0 && register == 5)
        {
            distance = at;
            at += 4;
            return true;
        }

        if (register == 4)
        {
            if (at >= code.Length)
            {
                return false;
            }

            at += mode == 0 && (code[at] & 7) == 5 ? 5 : 1;
        }

        at += mode switch { 1 => 1, 2 => 4, _ => 0 };
        return true;
    }

    private static byte[] MakeOneByte()
    {
        var kinds = new byte[256];
        for (var row = 0; row < 0x40; row += 8)
        {
            Fill(kinds, ModRm, row..(row + 4));
            (kinds[row + 4], kinds[row + 5], kinds[row + 6], kinds[row + 7]) = (Imm8, ImmZ, Bad, Bad);
        }

        Fill(kinds, Special, 0x0F, 0x62, 0xC4, 0xC5, 0xC8, 0xF6, 0xF7);
        Fill(kinds, Special, 0xA0..0xA4, 0xB8..0xC0);
        Fill(kinds, Bad, 0x60, 0x61, 0x82, 0x9A, 0xCE, 0xD4, 0xD5, 0xD6, 0xEA);
        Fill(kinds, ModRm, 0x63, 0xFE, 0xFF);
        Fill(kinds, ModRm, 0x84..0x90, 0xD0..0xD4, 0xD8..0xE0);
        Fill(kinds, ModRm | Imm8, 0x6B, 0x80, 0x83, 0xC0, 0xC1, 0xC6);
        Fill(kinds, ModRm | ImmZ, 0x69, 0x81, 0xC7);
        Fill(kinds, Imm8, 0x6A, 0xA8, 0xCD, 0xEB);
        Fill(kinds, Imm8, 0x70..0x80, 0xB0..0xB8, 0xE0..0xE8);
        Fill(kinds, ImmZ, 0x68, 0xA9);
        Fill(kinds, Imm16, 0xC2, 0xCA);
        Fill(kinds, Relative32, 0xE8, 0xE9);
        return kinds;
    }

    private static byte[] MakeTwoByte()
    {
        var kinds = new byte[256];
        Fill(kinds, ModRm, 0..256);
        Fill(kinds, 0, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0B, 0x0E, 0x77, 0xA0, 0xA1, 0xA2, 0xA8, 0xA9, 0xAA);
        Fill(kinds, 0, 0x30..0x38, 0xC8..0xD0);
        Fill(kinds, Bad, 0x04, 0x0A, 0x0C, 0x24, 0x25, 0x26, 0x27, 0x36, 0x39, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F, 0x7A, 0x7B, 0xA6, 0xA7);
        Fill(kinds, ModRm | Imm8, 0x0F, 0x70, 0x71, 0x72, 0x73, 0xA4, 0xAC, 0xBA, 0xC2, 0xC4, 0xC5, 0xC6);
        Fill(kinds, Relative32, 0x80..0x90);
        return kinds;
    }

    private static void Fill(byte[] kinds, byte kind, params ReadOnlySpan<Range> ranges)
    {
        foreach (var range in ranges)
        {
            kinds.AsSpan(range).Fill(kind);
        }
    }

    private static void Fill(byte[] kinds, byte kind, params ReadOnlySpan<byte> opcodes)
    {
        foreach (var opcode in opcodes)
        {
            kinds[opcode] = kind;
        }
    }
}
