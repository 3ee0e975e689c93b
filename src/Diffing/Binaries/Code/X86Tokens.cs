using System.Buffers.Binary;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// Turns the x86-64 instructions of one function into tokens that stay the same when code and data move: the bytes of each instruction,
/// without the 32-bit distances of jumps and calls that leave the function and of data that lies outside it; those within it are kept.
/// Left out are <c>nop</c> of any length, and zeros and <c>int3</c> behind the last instruction.
/// </summary>
/// <param name="sink">Receives the tokens; read it back from <see cref="Sink"/>.</param>
/// <param name="size">Bytes of the function.</param>
/// <param name="start">Address of its first instruction, for references.</param>
internal struct X86Tokens<TSink>(TSink sink, ulong size, ulong start)
    where TSink : struct, ITokenSink
{
    private const byte Trap = 0xCC;
    private const uint Masked = 0x80;
    private const uint Unknown = 0x40;
    private const uint Padding = 0x20;

    public TSink Sink = sink;

    private ulong _offset;
    private uint _zeros;
    private uint _traps;

    /// <summary>Takes the next instructions, as many as there are in full.</summary>
    /// <param name="code">The code from where the last call stopped.</param>
    /// <param name="isLast">Whether the function ends with it.</param>
    /// <returns>Bytes taken; all of them if it is the last, else all but fewer than 15.</returns>
    public int Add(ReadOnlySpan<byte> code, bool isLast)
    {
        var at = 0;
        while (at < code.Length && (isLast || code.Length - at >= X86Instruction.MaxLength))
        {
            var length = AddOne(code[at..]);
            at += length;
            _offset += (ulong)length;
        }

        return at;
    }

    private int AddOne(ReadOnlySpan<byte> code)
    {
        if (code[0] == Trap)
        {
            _traps++;
            return 1;
        }

        if (code[0] == 0 && (code.Length == 1 || code[1] == 0))
        {
            _zeros++;
            return Math.Min(code.Length, 2);
        }

        var instruction = X86Instruction.Decode(code);
        if (instruction.IsKnown && IsNop(code[..instruction.Length]))
        {
            return instruction.Length;
        }

        if ((_zeros | _traps) != 0)
        {
            Sink.Add(Padding);
            Sink.Add(_zeros);
            Sink.Add(_traps);
            (_zeros, _traps) = (0, 0);
        }

        var length = instruction.Length;
        Span<byte> bytes = stackalloc byte[20];
        bytes.Clear();
        code[..length].CopyTo(bytes[1..]);
        var head = (uint)length | (instruction.IsKnown ? 0 : Unknown);
        if (instruction.Distance != 0 && unchecked(_offset + (ulong)instruction.Target(code)) >= size)
        {
            head |= Masked;
            bytes.Slice(1 + instruction.Distance, 4).Clear();
            if (TSink.WantsReferences)
            {
                var form = X86Reference.FormOf(code[..length]);
                var width = form == ReferenceForm.Load ? X86Reference.WidthOf(code[..length]) : 0;
                Sink.Refer(new CodeReference(unchecked(start + _offset + (ulong)instruction.Target(code)), form,
                    width, _offset));
            }
        }

        bytes[0] = (byte)head;
        for (var i = 0; i <= length; i += 4)
        {
            Sink.Add(BinaryPrimitives.ReadUInt32LittleEndian(bytes[i..]));
        }

        return length;
    }

    /// <summary>nop in all its lengths: 90, and 0F 1F with an operand, after any number of prefixes.</summary>
    private static bool IsNop(ReadOnlySpan<byte> code)
    {
        var at = 0;
        while (code[at] is 0x66 or 0x2E)
        {
            at++;
        }

        return code[at] == 0x90 || (code[at] == 0x0F && code[at + 1] == 0x1F);
    }
}
