namespace IpswDiff.Formats.MachO.Fixups;

/// <summary>
/// What the upper four bits of a bind opcode do; the lower four are its immediate (<c>BIND_OPCODE_*</c> of <c>mach-o/loader.h</c>).
/// </summary>
public enum BindOpcode : byte
{
    /// <summary>Ends the opcodes.</summary>
    Done = 0x00,

    /// <summary>The library of the symbol, as the immediate.</summary>
    SetDylibOrdinalImmediate = 0x10,

    /// <summary>The library of the symbol, as a ULEB128 number.</summary>
    SetDylibOrdinalUleb = 0x20,

    /// <summary>One of the special places to look for the symbol, as the immediate.</summary>
    SetDylibSpecialImmediate = 0x30,

    /// <summary>The symbol's name, which follows, with flags as the immediate.</summary>
    SetSymbolTrailingFlagsImmediate = 0x40,

    /// <summary>The kind of pointer, as the immediate.</summary>
    SetTypeImmediate = 0x50,

    /// <summary>What to add to the symbol's address, as an SLEB128 number.</summary>
    SetAddendSleb = 0x60,

    /// <summary>The place: the segment as the immediate, the offset in it as a ULEB128 number.</summary>
    SetSegmentAndOffsetUleb = 0x70,

    /// <summary>Moves the place by a ULEB128 number.</summary>
    AddAddressUleb = 0x80,

    /// <summary>Binds a pointer and passes over it.</summary>
    DoBind = 0x90,

    /// <summary>Binds a pointer and moves on by a ULEB128 number besides.</summary>
    DoBindAddAddressUleb = 0xA0,

    /// <summary>Binds a pointer and passes over as many others as the immediate says.</summary>
    DoBindAddAddressImmediateScaled = 0xB0,

    /// <summary>Binds as many pointers as the first ULEB128 number says, and moves on by the second after each.</summary>
    DoBindUlebTimesSkippingUleb = 0xC0,
}
