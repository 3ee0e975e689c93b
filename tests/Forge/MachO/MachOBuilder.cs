using System.Text;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.MachO;

/// <summary>
/// Assembles a Mach-O image of any arch from parts: sections with bytes, libraries, symbols, function starts and a signature.
/// What it is given is the truth that a reader of its output must find; the same parts give the same bytes.
/// </summary>
public sealed class MachOBuilder(MachOArch arch, MachOFileType fileType)
{
    private const uint PureInstructions = 0x80000400;
    private const int ReadExecute = 5;
    private const int ReadWrite = 3;
    private const int ReadOnly = 1;

    public MachOArch Arch { get; } = arch;

    public MachOFileType FileType { get; } = fileType;

    /// <summary>Header flags: NOUNDEFS, DYLDLINK and TWOLEVEL, and PIE for a program.</summary>
    public uint HeaderFlags { get; set; } = 0x85 | (fileType == MachOFileType.Execute ? 0x200000u : 0);

    /// <summary>Where __TEXT begins in memory.</summary>
    public ulong BaseAddress { get; set; } =
        fileType != MachOFileType.Execute ? 0UL : arch.Is64Bit ? 0x1_0000_0000UL : 0x4000UL;

    /// <summary>
    /// What every file offset in the commands is raised by, for an image that will stand inside another file (a fileset's entry).
    /// </summary>
    public long FileOffsetBase { get; set; }

    public string? InstallName { get; set; }

    /// <summary>The image's identity; null derives one from its contents, as linkers do.</summary>
    public Guid? Uuid { get; set; }

    public bool HasUuid { get; set; } = true;

    /// <summary>A.B.C.D.E, or null to leave the command out.</summary>
    public string? SourceVersion { get; set; }

    public List<MachOBuildPlan> Builds { get; } = [];

    public List<MachODylibPlan> Dylibs { get; } = [];

    public List<string> Rpaths { get; } = [];

    public List<MachOSegmentPlan> Segments { get; } = [];

    /// <summary>Symbols; written in the order LC_DYSYMTAB wants, and that of this list within each group.</summary>
    public List<MachOSymbolPlan> Symbols { get; } = [];

    /// <summary>
    /// Functions by section and offset; null leaves LC_FUNCTION_STARTS out. None may stand where __TEXT begins: distances are counted
    /// from there, and a distance of zero ends the table.
    /// </summary>
    public List<(MachOSectionPlan Section, long Offset)>? Functions { get; set; }

    /// <summary>Images of a fileset.</summary>
    public List<(string Id, ulong Address, long FileOffset)> FilesetEntries { get; } = [];

    /// <summary>Whole further commands, their first eight bytes included.</summary>
    public List<byte[]> ExtraCommands { get; } = [];

    public MachOSigner? Signer { get; set; }

    public IEnumerable<MachOSectionPlan> Sections => Segments.SelectMany(static segment => segment.Sections);

    /// <summary>The symbols in the order of the written table.</summary>
    public IReadOnlyList<MachOSymbolPlan> SortedSymbols => [.. Symbols.OrderBy(static symbol => symbol.Group)];

    /// <summary>The segment of that name, made with the protections usual for it if it is not there.</summary>
    public MachOSegmentPlan Segment(string name)
    {
        var segment = Segments.Find(segment => string.Equals(segment.Name, name, StringComparison.Ordinal));
        if (segment is null)
        {
            var protection = name.StartsWith("__TEXT", StringComparison.Ordinal) ? ReadExecute
                : name.StartsWith("__LINKEDIT", StringComparison.Ordinal) ? ReadOnly
                : ReadWrite;
            segment = new MachOSegmentPlan { Name = name, MaxProtection = protection, InitialProtection = protection };
            Segments.Add(segment);
        }

        return segment;
    }

    public MachOSectionPlan AddSection(string segment, string name, byte[] bytes, uint flags = 0, int alignment = 3)
    {
        var section = new MachOSectionPlan { SegmentName = segment, Name = name, Bytes = bytes, Flags = flags, Alignment = alignment };
        Segment(segment).Sections.Add(section);
        return section;
    }

    public MachOSectionPlan AddZeroFill(string segment, string name, long size, int alignment = 3)
    {
        var section = new MachOSectionPlan
        {
            SegmentName = segment,
            Name = name,
            ZeroFillSize = size,
            Flags = (uint)SectionType.ZeroFill,
            Alignment = alignment,
        };
        Segment(segment).Sections.Add(section);
        return section;
    }

    /// <summary>A section of instructions, <c>__TEXT,__text</c> by default.</summary>
    public MachOSectionPlan AddCode(byte[] bytes, string segment = "__TEXT", string name = "__text") =>
        AddSection(segment, name, bytes, PureInstructions, alignment: 2);

    /// <summary>A section of NUL-terminated strings, <c>__TEXT,__cstring</c> by default.</summary>
    public MachOSectionPlan AddCStrings(IEnumerable<string> strings, string segment = "__TEXT", string name = "__cstring")
    {
        var bytes = new List<byte>();
        foreach (var text in strings)
        {
            bytes.AddRange(Encoding.UTF8.GetBytes(text));
            bytes.Add(0);
        }

        return AddSection(segment, name, [.. bytes], (uint)SectionType.CStringLiterals, alignment: 0);
    }

    public MachOBuilder AddDylib(string name, LoadCommandKind command = LoadCommandKind.LoadDylib)
    {
        Dylibs.Add(new MachODylibPlan(name, command));
        return this;
    }

    /// <summary>A symbol that the library of that ordinal (from 1) defines.</summary>
    public MachOSymbolPlan AddUndefined(string name, int libraryOrdinal = 1) =>
        Add(new MachOSymbolPlan(name, MachOSymbolPlan.Undefined, null, 0, checked((ushort)(libraryOrdinal << 8))));

    public MachOSymbolPlan AddExternal(string name, MachOSectionPlan section, long offset) =>
        Add(new MachOSymbolPlan(name, MachOSymbolPlan.External, section, (ulong)offset, 0));

    public MachOSymbolPlan AddLocal(string name, MachOSectionPlan section, long offset) =>
        Add(new MachOSymbolPlan(name, MachOSymbolPlan.Local, section, (ulong)offset, 0));

    /// <summary>An external symbol that another image's definition may replace.</summary>
    public MachOSymbolPlan AddWeak(string name, MachOSectionPlan section, long offset) =>
        Add(new MachOSymbolPlan(name, MachOSymbolPlan.External, section, (ulong)offset, MachOSymbolPlan.WeakDefinition));

    /// <summary>A symbol that all parts of the image share and nobody else sees, as a linker leaves it.</summary>
    public MachOSymbolPlan AddPrivate(string name, MachOSectionPlan section, long offset) =>
        Add(new MachOSymbolPlan(name, MachOSymbolPlan.PrivateExternal, section, (ulong)offset, 0));

    public MachOSymbolPlan AddDebug(string name, byte type = MachOSymbolPlan.StabObjectFile) =>
        Add(new MachOSymbolPlan(name, type, null, 0, 0));

    public MachOBuilder AddFunction(MachOSectionPlan section, long offset)
    {
        Functions ??= [];
        Functions.Add((section, offset));
        return this;
    }

    /// <summary>Lays the image out and writes it.</summary>
    public byte[] Build() => new MachOAssembler(this).Assemble();

    private MachOSymbolPlan Add(MachOSymbolPlan symbol)
    {
        Symbols.Add(symbol);
        return symbol;
    }
}
