namespace IpswDiff.Diffing.Binaries.Code;

/// <content>Which registers hold pages, along branches too, and what is referred to through them.</content>
internal partial struct Arm64Tokens<TSink>
{
    /// <summary>The place behind an instruction that is not passed, or perhaps not.</summary>
    private void Enter(ulong offset)
    {
        var isBranched = _entry == Entry.Branched;
        _entry = Entry.Passed;
        if (labels.Has(offset))
        {
            // After a call that does not return, the code that follows is reached by branches alone: it may use what
            // a call would have lost.
            var state = labels.StateAt(offset);
            var lost = (uint)(_state >> 32) & (uint)state;
            _state = isBranched ? state : (_state | lost) & ~((ulong)lost << 32);
            if (TSink.WantsReferences)
            {
                labels.Restore(offset, isBranched ? (uint)state : lost);
            }
        }
        else if (isBranched && _hasJump)
        {
            _state = _stateAtJump;
            if (TSink.WantsReferences)
            {
                labels.RestoreAtJump();
            }
        }
    }

    private readonly bool HoldsPage(uint register) => ((_state >> (int)register) & 1) != 0;

    private void Write(uint register) => _state &= ~(Both << (int)register);

    private void Hold(uint register, ulong page)
    {
        Write(register);

        // As a base, register 31 is the stack pointer.
        _state |= (1UL << (int)register) & ~(1UL << 31);
        if (TSink.WantsReferences)
        {
            labels.Pages[(int)register] = page;
        }
    }

    private readonly ulong Page(uint register) => TSink.WantsReferences ? labels.Pages[(int)register] : 0;

    // What follows is looked at only where a branch seen before leads to it: no branch behind may say what a
    // register holds before it.
    private void Call(ulong offset)
    {
        _state = (_state & ~(ulong)CallerSaved) | ((ulong)CallerSaved << 32);
        _entry = labels.Has(offset + 4) ? Entry.Called : Entry.Passed;
    }

    private void Leave(ulong offset) => _entry = _hasJump || labels.Has(offset + 4) ? Entry.Branched : Entry.Passed;

    private static bool NeverPassed(uint word) =>
        (A64.BranchImmediate.Contains(word) && (word & A64.TopBit) == 0) || A64.JumpRegister.Contains(word)
            || A64.Return.Contains(word)
        || A64.Breakpoint.Contains(word);

    private void ReferToPage(ulong offset, uint register, uint distance, ReferenceForm form, int width = 0)
    {
        if (TSink.WantsReferences)
        {
            var page = labels.Pages[(int)register];
            Sink.Refer(new CodeReference(page == PageLabels.Unknown ? page
                : unchecked(page + distance), form, width, offset));
        }
    }

    private void Refer(ulong offset, ulong distance, ReferenceForm form, int width = 0)
    {
        if (TSink.WantsReferences)
        {
            Sink.Refer(new CodeReference(unchecked(start + offset + distance), form, width, offset));
        }
    }

    // What stands before the instruction at hand.
    private enum Entry : byte
    {
        Passed,
        Called,
        Branched,
    }
}
