using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Dwarf;

/// <summary>Reads what an entry says of a type.</summary>
internal static class DwarfAttributeReader
{
    private const byte PlusUconst = 0x23;
    private const byte Constu = 0x10;
    private const byte Lit0 = 0x30;
    private const byte Lit31 = 0x4F;

    /// <summary>Reads the attributes of an entry into its node.</summary>
    /// <exception cref="FirmwareFormatException">A value leaves the unit, or its form is not known.</exception>
    internal static void Read(
        ref DwarfCursor cursor, DwarfAbbreviation abbreviation, DwarfUnit unit, ref DwarfNode node, DwarfNames names, long offsetsBase)
    {
        var lowerBound = 0L;
        var upperBound = -1L;
        foreach (ref readonly var described in abbreviation.Attributes.AsSpan())
        {
            if (!described.IsUsed)
            {
                DwarfForms.Skip(ref cursor, in described, unit);
                continue;
            }

            var (attribute, form, constant) = (described.Attribute, described.Form, described.Constant);
            switch (attribute)
            {
                case DwarfAttribute.Name:
                    node.Name = names.Read(ref cursor, form, unit, offsetsBase);
                    break;
                case DwarfAttribute.Type or DwarfAttribute.Signature:
                    ReadReference(ref cursor, form, unit, ref node);
                    break;
                case DwarfAttribute.Specification or DwarfAttribute.ContainingType:
                    ReadOrigin(ref cursor, form, unit, ref node);
                    break;
                case DwarfAttribute.ByteSize:
                    node.ByteSize = Constant(ref cursor, form, constant, unit);
                    break;
                case DwarfAttribute.BitSize:
                    node.BitSize = (int)Math.Clamp(Constant(ref cursor, form, constant, unit), -1, int.MaxValue);
                    break;
                case DwarfAttribute.DataBitOffset:
                    node.BitOffset = Constant(ref cursor, form, constant, unit);
                    break;
                case DwarfAttribute.BitOffset:
                    node.BitOffset = Constant(ref cursor, form, constant, unit);
                    node.Flags |= DwarfNodeFlags.BitsFromTop;
                    break;
                case DwarfAttribute.DataMemberLocation or DwarfAttribute.VtableElemLocation:
                    ReadPlace(ref cursor, form, constant, unit, ref node);
                    break;
                case DwarfAttribute.ConstValue when node.Tag == DwarfTag.Enumerator:
                    ReadValue(ref cursor, form, constant, unit, ref node);
                    break;
                case DwarfAttribute.Count:
                    node.Value = Constant(ref cursor, form, constant, unit);
                    break;
                case DwarfAttribute.LowerBound:
                    lowerBound = Constant(ref cursor, form, constant, unit);
                    break;
                case DwarfAttribute.UpperBound:
                    upperBound = Bound(ref cursor, form, constant, unit);
                    break;
                case DwarfAttribute.LlvmPtrauthKey:
                    Sign(ref node, Constant(ref cursor, form, constant, unit), 0, 0xFF);
                    break;
                case DwarfAttribute.LlvmPtrauthAddressDiscriminated:
                    Sign(ref node, Constant(ref cursor, form, constant, unit), 8, 1);
                    break;
                case DwarfAttribute.LlvmPtrauthExtraDiscriminator:
                    Sign(ref node, Constant(ref cursor, form, constant, unit), 16, 0xFFFF);
                    break;
                default:
                    if (FlagOf(attribute) is var flag && flag == DwarfNodeFlags.None)
                    {
                        // The value of a constant, which only enumerators have in a type.
                        DwarfForms.Skip(ref cursor, in described, unit);
                    }
                    else if (Constant(ref cursor, form, constant, unit) > 0)
                    {
                        node.Flags |= flag;
                    }

                    break;
            }
        }

        if (node.Tag == DwarfTag.SubrangeType && node.Value < 0 && upperBound >= lowerBound && lowerBound >= 0 && upperBound != long.MaxValue)
        {
            node.Value = upperBound - lowerBound + 1;
        }
    }

    /// <summary>Whether an attribute says something of a type.</summary>
    internal static bool Uses(DwarfAttribute attribute) => attribute is DwarfAttribute.Name or DwarfAttribute.Type or DwarfAttribute.Signature
        or DwarfAttribute.Specification or DwarfAttribute.ContainingType or DwarfAttribute.ByteSize or DwarfAttribute.BitSize
        or DwarfAttribute.DataBitOffset or DwarfAttribute.BitOffset or DwarfAttribute.DataMemberLocation or DwarfAttribute.VtableElemLocation
        or DwarfAttribute.ConstValue or DwarfAttribute.Count or DwarfAttribute.LowerBound or DwarfAttribute.UpperBound
        or DwarfAttribute.LlvmPtrauthKey or DwarfAttribute.LlvmPtrauthAddressDiscriminated or DwarfAttribute.LlvmPtrauthExtraDiscriminator
        || FlagOf(attribute) != DwarfNodeFlags.None;

    private static DwarfNodeFlags FlagOf(DwarfAttribute attribute) => attribute switch
    {
        DwarfAttribute.Declaration => DwarfNodeFlags.Declaration,
        DwarfAttribute.Artificial => DwarfNodeFlags.Artificial,
        DwarfAttribute.External => DwarfNodeFlags.External,
        DwarfAttribute.EnumClass => DwarfNodeFlags.EnumClass,
        DwarfAttribute.GnuVector => DwarfNodeFlags.Vector,
        DwarfAttribute.Virtuality => DwarfNodeFlags.Virtual,
        _ => DwarfNodeFlags.None,
    };

    // Sizes, counts and offsets below zero say nothing.
    private static long Constant(ref DwarfCursor cursor, DwarfForm form, long constant, DwarfUnit unit) =>
        Math.Max(-1, DwarfForms.Constant(ref cursor, form, constant, unit) ?? -1);

    // Old compilers end an array without bound at -1, written in as many bytes as they liked.
    private static long Bound(ref DwarfCursor cursor, DwarfForm form, long constant, DwarfUnit unit)
    {
        var bound = Constant(ref cursor, form, constant, unit);
        return form == DwarfForm.Data4 && bound == uint.MaxValue ? -1 : bound;
    }

    private static void Sign(ref DwarfNode node, long value, int shift, long mask) =>
        node.Value = Math.Max(0, node.Value) | ((Math.Max(0, value) & mask) << shift);

    private static void ReadReference(ref DwarfCursor cursor, DwarfForm form, DwarfUnit unit, ref DwarfNode node)
    {
        var flag = Target(ref cursor, form, unit, out var target);
        if (flag != DwarfNodeFlags.None)
        {
            node.Flags = (node.Flags & ~DwarfNodeFlags.Refers) | flag;
            node.Reference = target;
        }
    }

    private static void ReadOrigin(ref DwarfCursor cursor, DwarfForm form, DwarfUnit unit, ref DwarfNode node)
    {
        // Only within a unit; what a member function belongs to is nothing that types need.
        var flag = Target(ref cursor, form, unit, out var target);
        if (target >= unit.Offset && target < unit.End && (node.IsAggregate || node.Tag is DwarfTag.EnumerationType or DwarfTag.PtrToMemberType)
            && flag == (unit.IsInTypes ? DwarfNodeFlags.RefersToTypes : DwarfNodeFlags.RefersToInfo))
        {
            node.Flags |= DwarfNodeFlags.HasOrigin;
            node.Value = target;
        }
    }

    private static DwarfNodeFlags Target(ref DwarfCursor cursor, DwarfForm form, DwarfUnit unit, out long target)
    {
        form = DwarfForms.Direct(ref cursor, form);
        target = 0;
        switch (form)
        {
            case DwarfForm.Ref1 or DwarfForm.Ref2 or DwarfForm.Ref4 or DwarfForm.Ref8 or DwarfForm.RefUdata:
                var within = form == DwarfForm.RefUdata ? cursor.Uleb() : cursor.Fixed(DwarfForms.SizeOf(form, unit, cursor.Offset));
                if (within >= (ulong)(unit.End - unit.Offset))
                {
                    throw DwarfFormat.Fault(cursor.Offset, $"a reference to 0x{within:x} leaves the unit of 0x{unit.End - unit.Offset:x} bytes");
                }

                target = unit.Offset + (long)within;
                return unit.IsInTypes ? DwarfNodeFlags.RefersToTypes : DwarfNodeFlags.RefersToInfo;
            case DwarfForm.RefAddr:
                target = (long)cursor.Fixed(DwarfForms.SizeOf(form, unit, cursor.Offset));
                return DwarfNodeFlags.RefersToInfo;
            case DwarfForm.RefSig8:
                target = (long)cursor.Fixed(8);
                return DwarfNodeFlags.RefersToSignature;
            default:
                DwarfForms.Skip(ref cursor, form, unit);
                return DwarfNodeFlags.None;
        }
    }

    private static void ReadPlace(ref DwarfCursor cursor, DwarfForm form, long constant, DwarfUnit unit, ref DwarfNode node)
    {
        form = DwarfForms.Direct(ref cursor, form);
        if (!DwarfForms.IsBlock(form))
        {
            node.Value = Constant(ref cursor, form, constant, unit);
            if (node.Value < 0)
            {
                node.Flags |= DwarfNodeFlags.ComputedPlace;
            }

            return;
        }

        var origin = cursor.Offset;
        var expression = new DwarfCursor(DwarfForms.Block(ref cursor, form), origin, bigEndian: false);
        var operation = expression.Length == 0 ? (byte)0 : (byte)expression.Fixed(1);
        var value = operation switch
        {
            PlusUconst or Constu => (long)expression.Uleb(),
            >= Lit0 and <= Lit31 => operation - Lit0,
            _ => -1,
        };
        if (value < 0 || expression.Position != expression.Length)
        {
            node.Flags |= DwarfNodeFlags.ComputedPlace;
            return;
        }

        node.Value = value;
    }

    private static void ReadValue(ref DwarfCursor cursor, DwarfForm form, long constant, DwarfUnit unit, ref DwarfNode node)
    {
        form = DwarfForms.Direct(ref cursor, form);
        node.Flags |= form is DwarfForm.Sdata or DwarfForm.ImplicitConst ? DwarfNodeFlags.None : DwarfNodeFlags.Unsigned;
        node.Value = DwarfForms.Constant(ref cursor, form, constant, unit) ?? 0;
    }
}
