using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Dwarf;

/// <summary>Sizes and values of attributes by their form (DWARF 5, section 7.5.6).</summary>
internal static class DwarfForms
{
    internal const int Variable = -1;

    private const int MaxIndirections = 8;

    /// <summary>Bytes of a form whose size the unit's header settles, <see cref="Variable"/> for the others.</summary>
    /// <exception cref="FirmwareFormatException">The form is not known, so that nothing behind it can be read.</exception>
    internal static int SizeOf(DwarfForm form, DwarfUnit unit, long offset) => form switch
    {
        DwarfForm.Addr => unit.AddressSize,
        DwarfForm.FlagPresent or DwarfForm.ImplicitConst => 0,
        DwarfForm.Data1 or DwarfForm.Ref1 or DwarfForm.Flag or DwarfForm.Strx1 or DwarfForm.Addrx1 => 1,
        DwarfForm.Data2 or DwarfForm.Ref2 or DwarfForm.Strx2 or DwarfForm.Addrx2 => 2,
        DwarfForm.Strx3 or DwarfForm.Addrx3 => 3,
        DwarfForm.Data4 or DwarfForm.Ref4 or DwarfForm.RefSup4 or DwarfForm.Strx4 or DwarfForm.Addrx4 => 4,
        DwarfForm.Data8 or DwarfForm.Ref8 or DwarfForm.RefSig8 or DwarfForm.RefSup8 => 8,
        DwarfForm.Data16 => 16,
        DwarfForm.Strp or DwarfForm.LineStrp or DwarfForm.StrpSup or DwarfForm.SecOffset or DwarfForm.GnuRefAlt or DwarfForm.GnuStrpAlt => unit.OffsetSize,

        // DWARF 2 wrote a reference to another unit as wide as an address.
        DwarfForm.RefAddr => unit.Version == 2 ? unit.AddressSize : unit.OffsetSize,
        DwarfForm.Block or DwarfForm.Block1 or DwarfForm.Block2 or DwarfForm.Block4 or DwarfForm.Exprloc or DwarfForm.String
            or DwarfForm.Sdata or DwarfForm.Udata or DwarfForm.RefUdata or DwarfForm.Strx or DwarfForm.Addrx or DwarfForm.Loclistx
            or DwarfForm.Rnglistx or DwarfForm.Indirect or DwarfForm.GnuAddrIndex or DwarfForm.GnuStrIndex => Variable,
        _ => throw DwarfFormat.Fault(offset, $"form 0x{(ushort)form:x} is not known"),
    };

    /// <summary>Passes over the value of an attribute.</summary>
    /// <exception cref="FirmwareFormatException">The value leaves the unit, or its form is not known.</exception>
    internal static void Skip(ref DwarfCursor cursor, ref readonly DwarfAttributeForm attribute, DwarfUnit unit)
    {
        if (attribute.Size != Variable)
        {
            cursor.Skip((ulong)attribute.Size);
        }
        else
        {
            Skip(ref cursor, attribute.Form, unit);
        }
    }

    /// <summary>Passes over a value.</summary>
    /// <exception cref="FirmwareFormatException">The value leaves the unit, or its form is not known.</exception>
    internal static void Skip(ref DwarfCursor cursor, DwarfForm form, DwarfUnit unit)
    {
        form = Direct(ref cursor, form);
        switch (form)
        {
            case DwarfForm.Sdata:
                cursor.Sleb();
                break;
            case DwarfForm.Udata or DwarfForm.RefUdata or DwarfForm.Strx or DwarfForm.Addrx or DwarfForm.Loclistx or DwarfForm.Rnglistx
                or DwarfForm.GnuAddrIndex or DwarfForm.GnuStrIndex:
                cursor.Uleb();
                break;
            case DwarfForm.String:
                cursor.Text();
                break;
            case DwarfForm.Block or DwarfForm.Block1 or DwarfForm.Block2 or DwarfForm.Block4 or DwarfForm.Exprloc:
                Block(ref cursor, form);
                break;
            default:
                cursor.Skip((ulong)SizeOf(form, unit, cursor.Offset));
                break;
        }
    }

    /// <summary>The form that a value really has: what follows DW_FORM_indirect.</summary>
    /// <exception cref="FirmwareFormatException">Indirections do not end, or lead to a constant that is nowhere.</exception>
    internal static DwarfForm Direct(ref DwarfCursor cursor, DwarfForm form)
    {
        for (var i = 0; form == DwarfForm.Indirect; i++)
        {
            var next = cursor.Uleb();
            if (i == MaxIndirections || next > ushort.MaxValue || next == (ulong)DwarfForm.ImplicitConst)
            {
                throw DwarfFormat.Fault(cursor.Offset, $"an indirect form leads to form 0x{next:x}");
            }

            form = (DwarfForm)next;
        }

        return form;
    }

    /// <summary>A constant, a flag or an offset; null and passed over where the value is none of these, as a computed one is.</summary>
    /// <exception cref="FirmwareFormatException">The value leaves the unit, or its form is not known.</exception>
    internal static long? Constant(ref DwarfCursor cursor, DwarfForm form, long implicitConst, DwarfUnit unit)
    {
        form = Direct(ref cursor, form);
        switch (form)
        {
            case DwarfForm.ImplicitConst:
                return implicitConst;
            case DwarfForm.FlagPresent:
                return 1;
            case DwarfForm.Sdata:
                return cursor.Sleb();
            case DwarfForm.Udata:
                return (long)cursor.Uleb();
            case DwarfForm.Data1 or DwarfForm.Flag or DwarfForm.Data2 or DwarfForm.Data4 or DwarfForm.Data8 or DwarfForm.SecOffset:
                return (long)cursor.Fixed(SizeOf(form, unit, cursor.Offset));
            case DwarfForm.Data16:
                // No size or offset is that large; of an enumerator the upper half is sign.
                var low = cursor.Fixed(8);
                var high = cursor.Fixed(8);
                return high is 0 or ulong.MaxValue ? (long)low : null;
            default:
                Skip(ref cursor, form, unit);
                return null;
        }
    }

    /// <summary>A block of bytes or an expression.</summary>
    /// <exception cref="FirmwareFormatException">It leaves the unit.</exception>
    internal static ReadOnlySpan<byte> Block(ref DwarfCursor cursor, DwarfForm form) => cursor.Take(form switch
    {
        DwarfForm.Block1 => cursor.Fixed(1),
        DwarfForm.Block2 => cursor.Fixed(2),
        DwarfForm.Block4 => cursor.Fixed(4),
        _ => cursor.Uleb(),
    });

    internal static bool IsBlock(DwarfForm form) =>
        form is DwarfForm.Block or DwarfForm.Block1 or DwarfForm.Block2 or DwarfForm.Block4 or DwarfForm.Exprloc;
}
