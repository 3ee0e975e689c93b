using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>Receives the tokens of a function.</summary>
internal interface ITokenSink
{
    /// <summary>One token, in order.</summary>
    void Add(uint token);
}

/// <summary>
/// Turns the A64 instructions of one function into tokens that stay the same when code and data move: what an instruction does is kept,
/// where things lie is not. Masked are
/// <list type="bullet">
/// <item>the immediates of <c>adr</c> and <c>adrp</c>, and the page offsets of the <c>add</c>, loads and stores whose base register an
/// <c>adrp</c> has written;</item>
/// <item>targets of branches that leave the function; those within it keep their distance;</item>
/// <item>the place of a literal that is loaded;</item>
/// <item><c>nop</c>, and zeros behind the last instruction.</item>
/// </list>
/// A linker that finds its target near writes <c>adr</c> for <c>adrp</c> and <c>add</c>, a literal load for <c>adrp</c> and <c>ldr</c>,
/// and leaves an <c>adrp</c> of a page out that the register holds already. All forms give the same tokens: those of the use, none for
/// <c>adrp</c> itself. Which registers hold a page is followed from front to back, without regard to labels.
/// Facts: Arm Architecture Reference Manual, A64 encoding index; Mach-O's LC_LINKER_OPTIMIZATION_HINT.
/// </summary>
/// <param name="sink">Receives the tokens; read it back from <see cref="Sink"/>.</param>
/// <param name="size">Bytes of the function.</param>
internal struct Arm64Tokens<TSink>(TSink sink, ulong size)
    where TSink : struct, ITokenSink
{
    private const uint Nop = 0xD503201F;
    private const uint AdrToken = 0x10000000;
    private const uint MaskedImm12 = 0xFFFu << 10;

    // x0-x18 and x30 do not survive a call.
    private const uint CallerSaved = 0x4007FFFF;

    public TSink Sink = sink;

    private ulong _offset;
    private uint _zeros;

    // Registers that hold the address of a page.
    private uint _page;

    /// <summary>Whether a register that holds a page does so still after an instruction.</summary>
    public static bool KeepsPage(uint word, uint register)
    {
        var tokens = new Arm64Tokens<TSink>(default, 0) { _page = 1u << (int)register };
        tokens.Add(word);
        return tokens.HoldsPage(register);
    }

    /// <summary>Takes the next instructions: four bytes each, little-endian.</summary>
    public void Add(ReadOnlySpan<byte> code)
    {
        if (!BitConverter.IsLittleEndian)
        {
            for (; code.Length >= 4; code = code[4..])
            {
                Add(BinaryPrimitives.ReadUInt32LittleEndian(code));
            }

            return;
        }

        // Most instructions are tokens as they stand. They are told by a table, with the state in registers; the others go the long way.
        var words = MemoryMarshal.Cast<byte, uint>(code);
        var start = _offset;
        var (sink, page) = (Sink, _page);
        var isLong = _zeros != 0;
        for (var i = 0; i < words.Length; i++)
        {
            var word = words[i];
            uint kind = Arm64Kinds.Of(word);
            if (!isLong && ((kind >> 2) | ((kind >> 1) & (page >> (int)((word >> 5) & 31)) & 1)) == 0)
            {
                page &= ~((kind & Arm64Kinds.WritesTarget) << (int)(word & 31));
                sink.Add(word);
                continue;
            }

            (Sink, _page, _offset) = (sink, page, start + ((ulong)i * 4));
            Add(word);
            (sink, page, isLong) = (Sink, _page, _zeros != 0);
        }

        (Sink, _page, _offset) = (sink, page, start + ((ulong)words.Length * 4));
    }

    /// <summary>Takes the next instruction.</summary>
    public void Add(uint word)
    {
        var offset = _offset;
        _offset += 4;
        if (word == 0)
        {
            _zeros++;
            return;
        }

        if (_zeros != 0)
        {
            Sink.Add(0);
            Sink.Add(_zeros);
            _zeros = 0;
        }

        if (word == Nop)
        {
            return;
        }

        switch ((word >> 25) & 0xF)
        {
            case 8 or 9:
                AddImmediate(word);
                break;
            case 10 or 11:
                AddBranch(word, offset);
                break;
            case 4 or 6 or 12 or 14:
                AddMemory(word);
                break;
            case 5 or 13:
                // A conditional compare has flags where others name the register they write.
                if ((word & 0x1FE00000) != 0x1A400000)
                {
                    Write(word & 31);
                }

                Sink.Add(word);
                break;
            case 7 or 15:
                if (WritesGeneralRegister(word))
                {
                    Write(word & 31);
                }

                Sink.Add(word);
                break;
            default:
                Sink.Add(word);
                break;
        }
    }

    private void AddImmediate(uint word)
    {
        var target = word & 31;
        if ((word & 0x1F000000) == 0x10000000)
        {
            if ((word & 0x80000000) != 0)
            {
                // As a base, register 31 is the stack pointer.
                _page |= (1u << (int)target) & 0x7FFFFFFF;
            }
            else
            {
                Write(target);
                Sink.Add(AdrToken | target);
            }

            return;
        }

        var token = word;
        if ((word & 0x7FC00000) == 0x11000000 && HoldsPage((word >> 5) & 31))
        {
            token = (word & 0x80000000) != 0 ? AdrToken | target : word | MaskedImm12;
        }

        Write(target);
        Sink.Add(token);
    }

    private void AddBranch(uint word, ulong offset)
    {
        if ((word & 0xFF000000) == 0xD5000000)
        {
            if ((word & 0xFFF00000) == 0xD5300000)
            {
                Write(word & 31);
            }

            Sink.Add(word);
            return;
        }

        if ((word & 0x7C000000) == 0x14000000)
        {
            var distance = (long)(int)(word << 6) >> 4;
            Sink.Add(IsInside(offset, distance) ? word : (word & 0xFC000000) | 0x02000000);
            _page &= (word & 0x80000000) != 0 ? ~CallerSaved : ~0u;
        }
        else if ((word & 0xFF000000) == 0x54000000 || (word & 0x7E000000) == 0x34000000)
        {
            var distance = (long)((int)(word << 8) >> 13) << 2;
            Sink.Add(IsInside(offset, distance) ? word : (word & 0xFF00001F) | 0x00800000);
        }
        else if ((word & 0x7E000000) == 0x36000000)
        {
            var distance = (long)((int)(word << 13) >> 18) << 2;
            Sink.Add(IsInside(offset, distance) ? word : (word & 0xFFF8001F) | 0x00040000);
        }
        else
        {
            Sink.Add(word);
            _page &= (word & 0xFE600000) == 0xD6200000 ? ~CallerSaved : ~0u;
        }
    }

    private void AddMemory(uint word)
    {
        var (target, origin) = (word & 31, (word >> 5) & 31);
        var isVector = (word & 0x04000000) != 0;
        switch ((word >> 24) & 0x3B)
        {
            case 0x18:
                if (!isVector && word >> 30 != 3)
                {
                    Write(target);
                }

                Sink.Add(word & 0xFF00001F);
                return;

            case 0x39:
                var token = word;
                if (HoldsPage(origin))
                {
                    token = LiteralForm(word) is var literal and not 0 ? literal | target : word | MaskedImm12;
                }

                if (!isVector && Arm64Loads.IsSingle(word))
                {
                    Write(target);
                }

                Sink.Add(token);
                return;

            case 0x38:
                var form = (word >> 10) & 3;
                var isPlain = (word & 0x00200000) == 0;
                if (!isVector && (Arm64Loads.IsSingle(word) || (!isPlain && form != 2)))
                {
                    Write(target);
                }

                if (isPlain ? (form & 1) != 0 : form == 3)
                {
                    Write(origin);
                }

                break;

            case 0x28 or 0x29:
                if (!isVector && (word & 0x00400000) != 0)
                {
                    Write(target);
                    Write((word >> 10) & 31);
                }

                if ((word & 0x00800000) != 0)
                {
                    Write(origin);
                }

                break;

            case 0x08 when isVector:
            case 0x09 when isVector:
                if ((word & 0x00800000) != 0)
                {
                    Write(origin);
                }

                break;

            case 0x08:
                // Exclusives, and compare-and-swap: a load writes Rt, a store its status into Rs.
                Write((word & 0x00400000) != 0 ? target : (word >> 16) & 31);
                break;

            case 0x19:
                if (Arm64Loads.IsSingle(word))
                {
                    Write(target);
                }

                break;
        }

        Sink.Add(word);
    }

    /// <summary>The literal load that does what this load by register and offset does, or 0.</summary>
    private static uint LiteralForm(uint word) => (word & 0xFFC00000) switch
    {
        0xB9400000 => 0x18000000,
        0xF9400000 => 0x58000000,
        0xB9800000 => 0x98000000,
        0xBD400000 => 0x1C000000,
        0xFD400000 => 0x5C000000,
        0x3DC00000 => 0x9C000000,
        _ => 0,
    };

    private static bool WritesGeneralRegister(uint word)
    {
        // Conversions and moves from floating point; umov and smov.
        var opcode = (word >> 16) & 7;
        return ((word & 0x5F20FC00) == 0x1E200000 && opcode is 0 or 1 or 4 or 5 or 6)
            || ((word & 0x5F200000) == 0x1E000000 && opcode is 0 or 1)
            || (word & 0xBFE0EC00) == 0x0E002C00;
    }

    private readonly bool IsInside(ulong offset, long distance) => offset + (ulong)distance < size;

    private readonly bool HoldsPage(uint register) => ((_page >> (int)register) & 1) != 0;

    private void Write(uint register) => _page &= ~(1u << (int)register);
}
