using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// The cheap proof that code which was only moved refers to the same: everything lies at its old distance from the
/// beginning of its
/// section, and every section that code reads from holds the same there. False is no proof of a difference. For one
/// thread.
/// </summary>
internal sealed class SameTargets : IDisposable
{
    private readonly MachOImage _old;
    private readonly MachOImage _new;
    private readonly ImageTargets _oldTargets;
    private readonly ImageTargets _newTargets;
    private readonly SectionPairs _pairs;

    public SameTargets(MachOImage old, MachOImage @new)
    {
        (_old, _new) = (old, @new);
        (_oldTargets, _newTargets) = (new ImageTargets(old, null), new ImageTargets(@new, null));
        _pairs = new SectionPairs(old, _oldTargets, @new, _newTargets);
    }

    /// <summary>
    /// Whether both images have the same sections in one order, and those that code reads from hold the same.
    /// </summary>
    /// <exception cref="FirmwareFormatException">An image is damaged.</exception>
    public bool HaveSameSections()
    {
        if (_old.Sections.Count != _new.Sections.Count)
        {
            return false;
        }

        for (var i = 0; i < _old.Sections.Count; i++)
        {
            var (section, partner) = (_old.Sections[i], _new.Sections[i]);
            if (section.Name != partner.Name || section.SegmentName != partner.SegmentName
                || section.Size != partner.Size
                || (SectionRoles.Of(section) is not (SectionRole.Code or SectionRole.Data)
                    && !_pairs.AreSame(section, partner)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether all sections moved by one distance.</summary>
    public bool MovedBy(ulong distance)
    {
        for (var i = 0; i < _old.Sections.Count; i++)
        {
            if (unchecked(_new.Sections[i].Address - _old.Sections[i].Address) != distance)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the sections of instructions, stubs among them, moved by one distance.</summary>
    public bool CodeMovedBy(ulong distance)
    {
        for (var i = 0; i < _old.Sections.Count; i++)
        {
            if (_old.Sections[i].IsCode && unchecked(_new.Sections[i].Address - _old.Sections[i].Address) != distance)
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc cref="SectionPairs.IsSamePlace"/>
    public bool IsSamePlace(ulong x, ulong y) => _pairs.IsSamePlace(x, y);

    public void Dispose()
    {
        _oldTargets.Dispose();
        _newTargets.Dispose();
    }
}
