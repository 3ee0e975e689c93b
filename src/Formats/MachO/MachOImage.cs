using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO.CodeSigning;
using IpswDiff.Formats.MachO.Versions;

namespace IpswDiff.Formats.MachO;

/// <summary>
/// One Mach-O image: a thin file, a slice of a fat file, an entry of a fileset or an image of a dyld shared cache. Opening reads the
/// header and the load commands; everything else is read when it is asked for. Facts: Apple's <c>mach-o/loader.h</c>.
/// </summary>
public sealed class MachOImage
{
    private readonly MachOBacking _backing;
    private readonly ImageFacts _facts;
    private CodeSignature? _signature;

    internal MachOImage(MachOBacking backing, ImageFacts facts, SymbolTable? localSymbols = null)
    {
        _backing = backing;
        _facts = facts;
        LocalSymbols = localSymbols;
        if (facts.Symtab is { } symtab)
        {
            Symbols = new SymbolTable(backing, symtab, facts.Is64Bit, facts.BigEndian);
        }

        SymbolTables = (Symbols, localSymbols) switch
        {
            (null, null) => [],
            ({ } own, null) => [own],
            (null, { } locals) => [locals],
            ({ } own, { } locals) => [own, locals],
        };
    }

    /// <summary>CPU_TYPE_*.</summary>
    public uint CpuType => _facts.CpuType;

    /// <summary>CPU_SUBTYPE_* with its capability bits.</summary>
    public uint CpuSubtype => _facts.CpuSubtype;

    /// <summary>Name of the processor: <c>arm64e</c>, <c>x86_64</c>, …; see <see cref="CpuNames.Name"/> for one without a name.</summary>
    public string Arch => CpuNames.Name(CpuType, CpuSubtype);

    /// <summary>The processor, capabilities aside.</summary>
    public CpuArchitecture Architecture => CpuArchitecture.Of(CpuType, CpuSubtype);

    /// <summary>What the image is.</summary>
    public MachOFileType FileType => _facts.FileType;

    /// <summary>Header flags (<c>MH_*</c>).</summary>
    public uint Flags => _facts.Flags;

    /// <summary>Whether addresses have 64 bits.</summary>
    public bool Is64Bit => _facts.Is64Bit;

    /// <summary>Whether fields are stored most significant byte first.</summary>
    public bool BigEndian => _facts.BigEndian;

    /// <summary>The Mach header and the load commands as they stand in the file.</summary>
    public ReadOnlyMemory<byte> HeaderBytes => _facts.HeaderBytes;

    /// <summary>Every load command in order, known or not.</summary>
    public IReadOnlyList<LoadCommand> LoadCommands => _facts.LoadCommands;

    /// <summary>Segments in order.</summary>
    public IReadOnlyList<MachOSegment> Segments => _facts.Segments;

    /// <summary>Sections of all segments in order.</summary>
    public IReadOnlyList<MachOSection> Sections => _facts.Sections;

    /// <summary>Libraries the image depends on, in load order; its own name is not among them.</summary>
    public IReadOnlyList<MachODylib> Dylibs => _facts.Dylibs;

    /// <summary>A library's own name and versions (LC_ID_DYLIB), or null.</summary>
    public MachODylib? Id => _facts.Id;

    /// <summary>A library's own install name, or null.</summary>
    public string? InstallName => _facts.Id?.Name;

    /// <summary>Paths that <c>@rpath</c> stands for, in order.</summary>
    public IReadOnlyList<string> Rpaths => _facts.Rpaths;

    /// <summary>Path of the dynamic linker to start (LC_LOAD_DYLINKER), or null.</summary>
    public string? Dylinker => _facts.Dylinker;

    /// <summary>The image's identity, or null. Prints as Apple's tools do with <c>ToString("D").ToUpperInvariant()</c>.</summary>
    public Guid? Uuid => _facts.Uuid;

    /// <summary><see cref="Uuid"/> in upper case with dashes, or null.</summary>
    public string? UuidText => _facts.Uuid?.ToString("D").ToUpperInvariant();

    /// <summary>Version of the sources, or null.</summary>
    public SourceVersion? SourceVersion => _facts.SourceVersion;

    /// <summary>What the image was built for; the first of <see cref="BuildVersions"/>, or null.</summary>
    public BuildVersion? BuildVersion => _facts.BuildVersions.Count == 0 ? null : _facts.BuildVersions[0];

    /// <summary>All that the image was built for: a zippered library states macOS and Mac Catalyst.</summary>
    public IReadOnlyList<BuildVersion> BuildVersions => _facts.BuildVersions;

    /// <summary>Images of a fileset, in order.</summary>
    public IReadOnlyList<FilesetEntry> FilesetEntries => _facts.FilesetEntries;

    /// <summary>Address where execution begins (LC_MAIN, or the registers of LC_UNIXTHREAD), or null.</summary>
    public ulong? EntryPoint => _facts.EntryPoint;

    /// <summary>The encrypted range (LC_ENCRYPTION_INFO), or null.</summary>
    public EncryptionInfo? Encryption => _facts.Encryption;

    /// <summary>The symbol table, or null without LC_SYMTAB.</summary>
    public SymbolTable? Symbols { get; }

    /// <summary>The local symbols that a shared cache keeps apart from the image's own table, where they were asked for; else null.</summary>
    public SymbolTable? LocalSymbols { get; }

    /// <summary><see cref="Symbols"/> and <see cref="LocalSymbols"/>, as far as there are any: every symbol that is known of the image.</summary>
    public IReadOnlyList<SymbolTable> SymbolTables { get; }

    /// <summary>Opens a thin image that fills <paramref name="slice"/>.</summary>
    /// <exception cref="FirmwareFormatException">It is not a Mach-O image, or its header or commands are damaged.</exception>
    public static MachOImage Open(ByteSource slice) => Open(new FileMachOBacking(slice));

    /// <summary>Opens the image behind <paramref name="backing"/>.</summary>
    /// <exception cref="FirmwareFormatException">It is not a Mach-O image, or its header or commands are damaged.</exception>
    public static MachOImage Open(MachOBacking backing) => Open(backing, localSymbols: null);

    internal static MachOImage Open(MachOBacking backing, SymbolTable? localSymbols) => new(backing, ImageParser.Parse(backing.Header), localSymbols);

    /// <summary>The segment of that name, or null.</summary>
    public MachOSegment? FindSegment(string name)
    {
        foreach (var segment in _facts.Segments)
        {
            if (segment.Name == name)
            {
                return segment;
            }
        }

        return null;
    }

    /// <summary>The first section of that name in segments of that name, or null.</summary>
    public MachOSection? FindSection(string segmentName, string name)
    {
        foreach (var section in _facts.Sections)
        {
            if (section.Name == name && section.SegmentName == segmentName)
            {
                return section;
            }
        }

        return null;
    }

    /// <summary>The section whose memory holds <paramref name="address"/>, or null.</summary>
    public MachOSection? FindSection(ulong address)
    {
        foreach (var section in _facts.Sections)
        {
            if (section.Contains(address))
            {
                return section;
            }
        }

        return null;
    }

    /// <summary>A section's bytes; without any for a section that takes no room in the file.</summary>
    /// <exception cref="FirmwareFormatException">The section lies outside the file.</exception>
    public ByteSource OpenSection(MachOSection section) => _backing.OpenSection(this, section);

    /// <summary>Memory of the image as the file fills it.</summary>
    /// <exception cref="FirmwareFormatException">The range is not backed by bytes of the file.</exception>
    public ByteSource OpenAddress(ulong address, long size) => _backing.OpenAddress(this, address, size);

    /// <summary>How pointers in the image's memory are read, where the backing knows; null where the image's own fix-ups say so.</summary>
    /// <exception cref="FirmwareFormatException">What describes the pointers is damaged.</exception>
    internal PointerDecoder? OpenBackedPointers() => _backing.OpenPointers(this);

    /// <summary>Data that a load command names by file offset.</summary>
    /// <exception cref="FirmwareFormatException">The range leaves the file.</exception>
    public ByteSource OpenLinkedit(long offset, long size) => _backing.OpenLinkedit(offset, size);

    /// <summary>The data of a command that holds nothing but a range (<see cref="LoadCommand.IsLinkeditData"/>), or null without it.</summary>
    /// <exception cref="FirmwareFormatException">The range leaves the file.</exception>
    public ByteSource? OpenLinkeditData(LoadCommandKind kind)
    {
        foreach (var command in _facts.LoadCommands)
        {
            if (command.Kind == kind && command.IsLinkeditData)
            {
                var reader = _facts.ReadCommand(command);
                return _backing.OpenLinkedit(reader.ReadUInt32(), reader.ReadUInt32());
            }
        }

        return null;
    }

    /// <summary>The bytes of a load command, its first eight included.</summary>
    public ReadOnlySpan<byte> GetCommandBytes(LoadCommand command) => HeaderBytes.Span.Slice(command.Offset, command.Size);

    /// <summary>
    /// Where LC_FUNCTION_STARTS counts from: the __TEXT segment, in images without one the segment that holds the header.
    /// </summary>
    public ulong BaseAddress
    {
        get
        {
            var text = FindSegment("__TEXT");
            if (text is not null)
            {
                return text.Address;
            }

            foreach (var segment in _facts.Segments)
            {
                if (segment.FileOffset == 0 && segment.FileSize > 0)
                {
                    return segment.Address;
                }
            }

            return 0;
        }
    }

    /// <summary>Addresses of functions, or null without LC_FUNCTION_STARTS.</summary>
    /// <exception cref="FirmwareFormatException">The table is damaged or lies outside the file.</exception>
    public FunctionStarts? ReadFunctionStarts()
    {
        var data = OpenLinkeditData(LoadCommandKind.FunctionStarts);
        return data is null ? null : FunctionStarts.Read(data, this);
    }

    /// <summary>How many functions LC_FUNCTION_STARTS lists; none without it.</summary>
    /// <exception cref="FirmwareFormatException">The table is damaged or lies outside the file.</exception>
    public int CountFunctionStarts()
    {
        using var starts = ReadFunctionStarts();
        return starts?.Count ?? 0;
    }

    /// <summary>The code signature, or null without LC_CODE_SIGNATURE or when the place it names is empty. Read at first use.</summary>
    /// <exception cref="FirmwareFormatException">The signature is damaged or lies outside the file.</exception>
    public CodeSignature? ReadCodeSignature()
    {
        if (_signature is null && OpenLinkeditData(LoadCommandKind.CodeSignature) is { } data)
        {
            _signature = CodeSignature.Open(data);
        }

        return _signature;
    }

    /// <summary>The strings of a section that holds NUL-terminated ones, from front to back.</summary>
    /// <exception cref="FirmwareFormatException">The section lies outside the file.</exception>
    public CStrings ReadCStrings(MachOSection section) => new(OpenSection(section));

    /// <summary>How many non-empty, terminated strings the C-string-literal sections hold together.</summary>
    /// <exception cref="FirmwareFormatException">A section lies outside the file.</exception>
    public long CountCStrings()
    {
        var count = 0L;
        foreach (var section in _facts.Sections)
        {
            if (section.IsCString)
            {
                count += ReadCStrings(section).CountNonEmpty();
            }
        }

        return count;
    }
}
