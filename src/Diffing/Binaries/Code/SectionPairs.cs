using IpswDiff.Diffing.Binaries.Sections;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// Which sections of two images hold the same at the same places, so that nobody need look at what lies there one by
/// one. Told once for
/// each pair that is asked for. Pointers are the same that lead to one import, or as far into sections of one name;
/// what they find in
/// another image of a shared cache is not looked at. For one thread.
/// </summary>
internal sealed class SectionPairs(MachOImage old, ImageTargets oldTargets, MachOImage @new, ImageTargets newTargets)
{
    private readonly sbyte[] _known = new sbyte[old.Sections.Count * Math.Max(1, @new.Sections.Count)];
    private bool? _hasSameSymbols;

    /// <summary>Whether each place of one section is the same as the place of the other at the same distance.</summary>
    /// <exception cref="FirmwareFormatException">A section or the symbol table is damaged.</exception>
    public bool AreSame(MachOSection section, MachOSection partner)
    {
        ref var known = ref _known[(section.Index * @new.Sections.Count) + partner.Index];
        if (known == 0)
        {
            known = (sbyte)(Compare(section, partner) ? 1 : -1);
        }

        return known > 0;
    }

    /// <summary>Whether two places are the same distance into sections of one name, or both in none.</summary>
    public bool IsSamePlace(ulong x, ulong y)
    {
        var (section, partner) = (oldTargets.FindSection(x), newTargets.FindSection(y));
        return section is null || partner is null ? section == partner : section.Name == partner.Name
            && x - section.Address == y - partner.Address;
    }

    private bool Compare(MachOSection section, MachOSection partner)
    {
        var role = SectionRoles.Of(section);
        if (section.Size != partner.Size || section.Name != partner.Name || role != SectionRoles.Of(partner))
        {
            return false;
        }

        return role switch
        {
            SectionRole.Strings or SectionRole.Literals => HaveSameBytes(section, partner),
            SectionRole.Constants => section.SegmentName == "__TEXT" ? HaveSameBytes(section, partner)
                : HaveSamePointers(section, partner),
            SectionRole.Stubs => HaveSameSymbols(section, partner)
                || HaveSameParts(section, partner, Math.Max(1, section.Reserved2)),
            SectionRole.Pointers => HaveSameSymbols(section, partner) || HaveSamePointers(section, partner),
            SectionRole.ClassReferences => HaveSamePointers(section, partner),
            SectionRole.SelectorReferences => HaveSameParts(section, partner, 8),
            SectionRole.ConstantStrings or SectionRole.SelectorStubs => HaveSameParts(section, partner, 32),
            _ => false,
        };
    }

    private bool HaveSameBytes(MachOSection section, MachOSection partner) =>
        SectionContent.AreSame(old.OpenSection(section), @new.OpenSection(partner));

    /// <summary>
    /// Whether stubs or pointers stand for symbols at the same places of two symbol tables of the same names, and
    /// for nothing else.
    /// </summary>
    private bool HaveSameSymbols(MachOSection section, MachOSection partner)
    {
        var size = section.Type == SectionType.SymbolStubs ? section.Reserved2 : 8;
        if (size == 0 || section.Reserved2 != partner.Reserved2 || !IndirectSymbols.Has(section)
            || !IndirectSymbols.Has(partner))
        {
            return false;
        }

        for (var offset = 0UL; offset < (ulong)section.Size; offset += size)
        {
            if (oldTargets.Indirect.Find(section, section.Address + offset) is not { } symbol
                || newTargets.Indirect.Find(partner, partner.Address + offset) != symbol)
            {
                return false;
            }
        }

        return _hasSameSymbols ??= old.Symbols is { } symbols && @new.Symbols is { } others
            && symbols.HasSameNames(others);
    }

    private bool HaveSamePointers(MachOSection section, MachOSection partner)
    {
        Span<byte> left = stackalloc byte[8];
        Span<byte> right = stackalloc byte[8];
        for (var offset = 0UL; offset + 8 <= (ulong)section.Size; offset += 8)
        {
            var (x, y) = (section.Address + offset, partner.Address + offset);
            var (pointer, other) = (oldTargets.Memory.ReadPointer(x), newTargets.Memory.ReadPointer(y));
            var isPlace = pointer is { Import: not null } || (pointer is { Address: not 0 } place
                && oldTargets.FindSection(place.Address) is not null);
            if (isPlace
                ? other is null || pointer!.Value.Import != other.Value.Import
                    || !IsSamePlace(pointer.Value.Address, other.Value.Address)
                : !oldTargets.Memory.TryRead(x, left) || !newTargets.Memory.TryRead(y, right)
                    || (!left.SequenceEqual(right) && !AreElsewhere(pointer, other)))
            {
                return false;
            }
        }

        return (section.Size & 7) == 0 || HaveSameBytes(section, partner);
    }

    // Addresses of the memory that images of a shared cache have in common, where each of them moves.
    private static bool AreElsewhere(MachOPointer? pointer, MachOPointer? other) =>
        pointer is { Import: null, Address: > uint.MaxValue } && other is { Import: null, Address: > uint.MaxValue };

    private bool HaveSameParts(MachOSection section, MachOSection partner, uint size)
    {
        for (var offset = 0UL; offset < (ulong)section.Size; offset += size)
        {
            var (left, right) = (oldTargets.Find(section.Address + offset), newTargets.Find(partner.Address + offset));
            if (left.Kind != right.Kind || left.Identity != right.Identity || left.Kind == TargetKind.Function)
            {
                return false;
            }
        }

        return true;
    }
}
