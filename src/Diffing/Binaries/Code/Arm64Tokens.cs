using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace IpswDiff.Diffing.Binaries.Code;

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
/// <c>adrp</c> itself. Which registers hold a page is followed from front to back; behind an instruction that is
/// never passed
/// (<c>ret</c>, <c>b</c>, <c>br</c>, <c>brk</c>) what the branches to that place say counts, see <see
/// cref="PageLabels"/>. A sink that
/// wants them is told what every masked address is.
/// Facts: Arm Architecture Reference Manual, A64 encoding index; Mach-O's LC_LINKER_OPTIMIZATION_HINT.
/// </summary>
/// <param name="sink">Receives the tokens; read it back from <see cref="Sink"/>.</param>
/// <param name="size">Bytes of the function.</param>
/// <param name="start">Address of its first instruction, for references.</param>
/// <param name="labels">Where branches lead, to be used for this function alone until it ends.</param>
internal partial struct Arm64Tokens<TSink>(TSink sink, ulong size, ulong start, PageLabels labels)
    where TSink : struct, ITokenSink
{
    // A register's two bits of state.
    private const ulong Both = 0x1_0000_0001;

    // The farthest distance back, which stands for any that leaves the function: of branches of 26, 19 and 14 bits.
    private const uint Outside26 = 1u << 25;
    private const uint Outside19 = 1u << 23;
    private const uint Outside14 = 1u << 18;

    // x0-x18 and x30 do not survive a call.
    private const uint CallerSaved = 0x4007FFFF;

    // What a function finds of its caller's in registers other than x0-x8 and those of Swift (x20-x22) means nothing
    // to it.
    private const uint Undefined = ~(0x1FFu | (7u << 20) | (1u << 31));

    public TSink Sink = sink;

    private ulong _offset;
    private uint _zeros;

    // By register: below, whether it holds the address of a page; above, whether what it holds means nothing.
    private ulong _state = (ulong)Undefined << 32;

    private Entry _entry;

    // What registers held at the last jump by register, whose targets are not known.
    private ulong _stateAtJump;
    private bool _hasJump;

    /// <summary>Whether a register that holds a page does so still after an instruction.</summary>
    public static bool KeepsPage(uint word, uint register)
    {
        var tokens = new Arm64Tokens<TSink>(default, 0, 0, PageLabels.None) { _state = 1UL << (int)register };
        tokens.Add(word);
        return !NeverPassed(word) && tokens.HoldsPage(register);
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
        var first = _offset;
        var sink = Sink;
        var (page, undefined) = ((uint)_state, (uint)(_state >> 32));
        var isLong = _zeros != 0 || _entry != Entry.Passed;
        for (var i = 0; i < words.Length; i++)
        {
            var word = words[i];
            uint kind = Arm64Kinds.Of(word);
            if (!isLong && (((kind >> 2) & 1) | ((kind >> 1) & (page >> (int)((word >> (int)(kind >> Arm64Kinds.SourceShift)) & 31)) & 1)) == 0)
            {
                var written = (kind & Arm64Kinds.WritesTarget) << (int)(word & 31);
                page &= ~written;
                undefined &= ~written;
                sink.Add(word);
                continue;
            }

            (Sink, _state, _offset) = (sink, page | ((ulong)undefined << 32), first + ((ulong)i * 4));
            Add(word);
            (sink, page, undefined, isLong) = (Sink, (uint)_state, (uint)(_state >> 32), _zeros != 0
                || _entry != Entry.Passed);
        }

        (Sink, _state, _offset) = (sink, page | ((ulong)undefined << 32), first + ((ulong)words.Length * 4));
    }

    /// <summary>Takes the next instruction.</summary>
    public void Add(uint word)
    {
        var offset = _offset;
        _offset += 4;
        if (_entry != Entry.Passed)
        {
            Enter(offset);
        }

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
                AddImmediate(word, offset);
                break;
            case A64Group.BranchesAndSystem:
                AddBranch(word, offset);
                break;
            case A64Group.LoadsAndStores:
                AddMemory(word, offset);
                break;
            case A64Group.DataProcessingRegister:
                if (A64.MoveRegister.Contains(word) && HoldsPage((word >> 16) & 31))
                {
                    Hold(word & 31, Page((word >> 16) & 31));
                }
                else if (!A64.ConditionalCompare.Contains(word))
                {
                    // A conditional compare has flags where others name the register they write.
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

    private void AddImmediate(uint word, ulong offset)
    {
        var target = word & 31;
        if (A64.PcRelative.Contains(word))
        {
            var distance = (ulong)(long)((int)(((word >> 29) & 3) | ((word >> 3) & 0x1FFFFC)) << 11 >> 11);
            if ((word & A64.TopBit) != 0)
            {
                Hold(target, unchecked(((start + offset) & ~0xFFFUL) + (distance << 12)));
            }
            else
            {
                Write(target);
                Sink.Add(A64.Adr | target);
                Refer(offset, distance, ReferenceForm.Address);
            }

            return;
        }

        var token = word;
        var origin = (word >> 5) & 31;
        if (A64.AddImmediate.Contains(word) && HoldsPage(origin))
        {
            token = (word & A64.TopBit) != 0 ? A64.Adr | target : word | A64.Immediate12;
            ReferToPage(offset, origin, (word >> 10) & 0xFFF, ReferenceForm.Address);
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
            AddTarget(word, offset, (long)(int)(word << 6) >> 4, (word & A64.BranchKept) | Outside26);
            if ((word & A64.TopBit) != 0)
            {
                Call(offset);
            }
            else
            {
                Leave(offset);
            }
        }
        else if (A64.ConditionalBranch.Contains(word) || A64.CompareAndBranch.Contains(word))
        {
            AddTarget(word, offset, (long)((int)(word << 8) >> 13) << 2,
                (word & A64.ConditionalBranchKept) | Outside19);
        }
        else if (A64.TestAndBranch.Contains(word))
        {
            AddTarget(word, offset, (long)((int)(word << 13) >> 18) << 2, (word & A64.TestBranchKept) | Outside14);
        }
        else
        {
            Sink.Add(word);
            if (A64.BranchLinkRegister.Contains(word))
            {
                Call(offset);
            }
            else if (A64.JumpRegister.Contains(word))
            {
                (_hasJump, _stateAtJump) = (true, _state);
                Leave(offset);
                if (TSink.WantsReferences)
                {
                    labels.KeepAtJump();
                }
            }
            else if (NeverPassed(word))
            {
                Leave(offset);
            }
        }
    }

    private void AddTarget(uint word, ulong offset, long distance, uint outside)
    {
        if (!IsInside(offset, distance))
        {
            Sink.Add(outside);
            Refer(offset, (ulong)distance, ReferenceForm.Branch);
            return;
        }

        Sink.Add(word);
        if (distance > 0 && (word & 0xFC000000) != A64.BranchAndLink)
        {
            labels.Add(offset + (ulong)distance, _state, TSink.WantsReferences);
        }
    }

    private void AddMemory(uint word, ulong offset)
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
                Refer(offset, (ulong)((long)((int)(word << 8) >> 13) << 2), ReferenceForm.Load,
                    Arm64Loads.LiteralWidth(word));
                return;

            case A64.LoadStoreUnsignedImmediate:
                var token = word;
                if (HoldsPage(origin))
                {
                    token = A64.LiteralForm(word) is var literal and not 0 ? literal | target : word | A64.Immediate12;
                    var width = Arm64Loads.Width(word);
                    var form = Arm64Loads.IsLoad(word) ? ReferenceForm.Load : ReferenceForm.Store;
                    ReferToPage(offset, origin, ((word >> 10) & 0xFFF) * (uint)width, form, width);
                }

                if (!isVector && Arm64Loads.IsSingle(word))
                {
                    Write(target);
                }

                Sink.Add(token);
                return;

            case A64.LoadStoreRegister:
                var mode = (word >> 10) & 3;
                var isPlain = (word & A64.RegisterOffsetBit) == 0;
                if (!isVector && (Arm64Loads.IsSingle(word) || (!isPlain && mode != 2)))
                {
                    Write(target);
                }

                if (isPlain ? (mode & 1) != 0 : mode == 3)
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
}
