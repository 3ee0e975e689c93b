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
    // The farthest distance back, which stands for any that leaves the function: of branches of 26, 19 and 14 bits.
    private const uint Outside26 = 1u << 25;
    private const uint Outside19 = 1u << 23;
    private const uint Outside14 = 1u << 18;

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

        if (word == A64.Nop)
        {
            return;
        }

        switch (A64.GroupOf(word))
        {
            case A64Group.DataProcessingImmediate:
                AddImmediate(word);
                break;
            case A64Group.BranchesAndSystem:
                AddBranch(word, offset);
                break;
            case A64Group.LoadsAndStores:
                AddMemory(word);
                break;
            case A64Group.DataProcessingRegister:
                // A conditional compare has flags where others name the register they write.
                if (!A64.ConditionalCompare.Contains(word))
                {
                    Write(word & 31);
                }

                Sink.Add(word);
                break;
            case A64Group.FloatingPointAndSimd:
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
        if (A64.PcRelative.Contains(word))
        {
            if ((word & A64.TopBit) != 0)
            {
                // As a base, register 31 is the stack pointer.
                _page |= (1u << (int)target) & ~(1u << 31);
            }
            else
            {
                Write(target);
                Sink.Add(A64.Adr | target);
            }

            return;
        }

        var token = word;
        if (A64.AddImmediate.Contains(word) && HoldsPage((word >> 5) & 31))
        {
            token = (word & A64.TopBit) != 0 ? A64.Adr | target : word | A64.Immediate12;
        }

        Write(target);
        Sink.Add(token);
    }

    private void AddBranch(uint word, ulong offset)
    {
        if (A64.System.Contains(word))
        {
            if (A64.Mrs.Contains(word))
            {
                Write(word & 31);
            }

            Sink.Add(word);
            return;
        }

        if (A64.BranchImmediate.Contains(word))
        {
            var distance = (long)(int)(word << 6) >> 4;
            Sink.Add(IsInside(offset, distance) ? word : (word & A64.BranchKept) | Outside26);
            _page &= (word & A64.TopBit) != 0 ? ~CallerSaved : ~0u;
        }
        else if (A64.ConditionalBranch.Contains(word) || A64.CompareAndBranch.Contains(word))
        {
            var distance = (long)((int)(word << 8) >> 13) << 2;
            Sink.Add(IsInside(offset, distance) ? word : (word & A64.ConditionalBranchKept) | Outside19);
        }
        else if (A64.TestAndBranch.Contains(word))
        {
            var distance = (long)((int)(word << 13) >> 18) << 2;
            Sink.Add(IsInside(offset, distance) ? word : (word & A64.TestBranchKept) | Outside14);
        }
        else
        {
            Sink.Add(word);
            _page &= A64.BranchLinkRegister.Contains(word) ? ~CallerSaved : ~0u;
        }
    }

    private void AddMemory(uint word)
    {
        var (target, origin) = (word & 31, (word >> 5) & 31);
        var isVector = (word & A64.VectorBit) != 0;
        switch (word & A64.LoadStoreMask)
        {
            case A64.LoadLiteral:
                if (!isVector && word >> 30 != 3)
                {
                    Write(target);
                }

                Sink.Add(word & A64.ConditionalBranchKept);
                return;

            case A64.LoadStoreUnsignedImmediate:
                var token = word;
                if (HoldsPage(origin))
                {
                    token = A64.LiteralForm(word) is var literal and not 0 ? literal | target : word | A64.Immediate12;
                }

                if (!isVector && Arm64Loads.IsSingle(word))
                {
                    Write(target);
                }

                Sink.Add(token);
                return;

            case A64.LoadStoreRegister:
                var form = (word >> 10) & 3;
                var isPlain = (word & A64.RegisterOffsetBit) == 0;
                if (!isVector && (Arm64Loads.IsSingle(word) || (!isPlain && form != 2)))
                {
                    Write(target);
                }

                if (isPlain ? (form & 1) != 0 : form == 3)
                {
                    Write(origin);
                }

                break;

            case A64.PairNoAllocateOrPostIndexed or A64.PairOffsetOrPreIndexed:
                if (!isVector && (word & A64.LoadBit) != 0)
                {
                    Write(target);
                    Write((word >> 10) & 31);
                }

                if ((word & A64.WriteBackBit) != 0)
                {
                    Write(origin);
                }

                break;

            case A64.ExclusiveOrStructures when isVector:
            case A64.SingleStructure when isVector:
                if ((word & A64.WriteBackBit) != 0)
                {
                    Write(origin);
                }

                break;

            case A64.ExclusiveOrStructures:
                // Exclusives, and compare-and-swap: a load writes Rt, a store its status into Rs.
                Write((word & A64.LoadBit) != 0 ? target : (word >> 16) & 31);
                break;

            case A64.OrderedUnscaledOrTags:
                if (Arm64Loads.IsSingle(word))
                {
                    Write(target);
                }

                break;
        }

        Sink.Add(word);
    }

    private static bool WritesGeneralRegister(uint word)
    {
        // Conversions and moves from floating point; umov and smov.
        var opcode = (word >> 16) & 7;
        return (A64.FloatingPointToInteger.Contains(word) && opcode is 0 or 1 or 4 or 5 or 6)
            || (A64.FloatingPointToFixedPoint.Contains(word) && opcode is 0 or 1)
            || A64.SimdMoveToGeneral.Contains(word);
    }

    private readonly bool IsInside(ulong offset, long distance) => offset + (ulong)distance < size;

    private readonly bool HoldsPage(uint register) => ((_page >> (int)register) & 1) != 0;

    private void Write(uint register) => _page &= ~(1u << (int)register);
}
