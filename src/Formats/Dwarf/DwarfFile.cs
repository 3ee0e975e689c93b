using System.Diagnostics.CodeAnalysis;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Dwarf;

/// <summary>
/// The debugging information of an image, DWARF 2 to 5: opening reads the headers of its units. Facts: the DWARF 4 and DWARF 5
/// standards, section 7.
/// </summary>
public sealed class DwarfFile
{
    private readonly DwarfUnit[] _units;
    private readonly int _infoUnits;
    private readonly Dictionary<ulong, int> _signatures = [];

    private DwarfFile(DwarfSections sections, List<DwarfUnit> units, int infoUnits)
    {
        Sections = sections;
        _units = [.. units];
        _infoUnits = infoUnits;
        foreach (var unit in _units)
        {
            if (unit.Kind is DwarfUnitKind.Type or DwarfUnitKind.SplitType)
            {
                _signatures.TryAdd(unit.Signature, unit.Index);
            }
        }
    }

    /// <summary>Where the information lies.</summary>
    public DwarfSections Sections { get; }

    /// <summary>Every unit, those of <c>.debug_info</c> first, each in the order of the file.</summary>
    public IReadOnlyList<DwarfUnit> Units => _units;

    /// <summary>Bytes of all units together.</summary>
    public long UnitBytes => Sections.Info.Length + Sections.Types.Length;

    /// <summary>Opens the debugging information of an image.</summary>
    /// <exception cref="FirmwareFormatException">The image has none, or it is damaged.</exception>
    public static DwarfFile Open(MachOImage image) => Open(DwarfSections.Open(image));

    /// <summary>Opens the debugging information of an image that has some.</summary>
    /// <returns>False where the image has none.</returns>
    /// <exception cref="FirmwareFormatException">It has, and it is damaged.</exception>
    public static bool TryOpen(MachOImage image, [NotNullWhen(true)] out DwarfFile? file)
    {
        file = DwarfSections.AreIn(image) ? Open(image) : null;
        return file is not null;
    }

    /// <summary>Opens debugging information whose sections are known.</summary>
    /// <exception cref="FirmwareFormatException">A unit's header is damaged, or there are too many units.</exception>
    public static DwarfFile Open(DwarfSections sections)
    {
        var units = new List<DwarfUnit>();
        ReadHeaders(sections.Info, inTypes: false, sections.BigEndian, units);
        var infoUnits = units.Count;
        ReadHeaders(sections.Types, inTypes: true, sections.BigEndian, units);
        return new DwarfFile(sections, units, infoUnits);
    }

    /// <summary>The unit whose entries lie around <paramref name="offset"/> of its section, or null.</summary>
    internal DwarfUnit? FindUnit(long offset, bool inTypes)
    {
        var (low, high) = inTypes ? (_infoUnits, _units.Length - 1) : (0, _infoUnits - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var unit = _units[middle];
            if (offset < unit.Offset)
            {
                high = middle - 1;
            }
            else if (offset >= unit.End)
            {
                low = middle + 1;
            }
            else
            {
                return unit;
            }
        }

        return null;
    }

    /// <summary>The type unit with that signature, or null.</summary>
    internal DwarfUnit? FindSignature(ulong signature) => _signatures.TryGetValue(signature, out var index) ? _units[index] : null;

    internal ByteSource SectionOf(DwarfUnit unit) => unit.IsInTypes ? Sections.Types : Sections.Info;

    private static void ReadHeaders(ByteSource section, bool inTypes, bool bigEndian, List<DwarfUnit> units)
    {
        for (var offset = 0L; offset < section.Length;)
        {
            if (units.Count == DwarfFormat.MaxUnits)
            {
                throw DwarfFormat.Fault(offset, $"there are more than {DwarfFormat.MaxUnits} units");
            }

            var unit = DwarfUnit.Read(section, offset, inTypes, bigEndian, units.Count);
            units.Add(unit);
            offset = unit.End;
        }
    }
}
