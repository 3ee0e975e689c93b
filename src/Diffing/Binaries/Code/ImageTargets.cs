using System.IO.Hashing;
using IpswDiff.Diffing.Binaries.Symbols;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// What lies where the code of one image refers to: functions, imports behind stubs and pointers, selectors,
/// classes, strings, literals,
/// named data. An identity is the same in another image for the same thing, wherever it lies. For one thread.
/// </summary>
internal sealed class ImageTargets : IDisposable
{
    private const int MostKept = 1 << 18;
    private const int LongestText = 64 << 10;

    private readonly MachOImage _image;
    private readonly FunctionTable? _functions;
    private readonly NameNormalizer _normalizer = new();
    private readonly Dictionary<ulong, CodeTarget> _known = [];
    private readonly SectionRole[] _roles;
    private TargetSymbols? _symbols;
    private IndirectSymbols? _indirect;
    private MachOSection? _last;
    private MachOSection? _lastCode;

    public ImageTargets(MachOImage image, FunctionTable? functions)
    {
        (_image, _functions) = (image, functions);
        Memory = new TargetMemory(image);
        IsSwift = image.Sections.Any(static section => section.Name.StartsWith("__swift5_", StringComparison.Ordinal));
        _roles = [.. image.Sections.Select(SectionRoles.Of)];
    }

    /// <summary>The image's memory.</summary>
    public TargetMemory Memory { get; }

    /// <summary>The names of what is no function.</summary>
    /// <exception cref="FirmwareFormatException">The symbol table is damaged.</exception>
    public TargetSymbols Symbols => _symbols ??= TargetSymbols.Read(_image, Indirect);

    /// <summary>What stubs and pointers stand for.</summary>
    /// <exception cref="FirmwareFormatException">The table leaves the file.</exception>
    public IndirectSymbols Indirect => _indirect ??= IndirectSymbols.Read(_image);

    /// <summary>The section that holds an address, or null.</summary>
    public MachOSection? FindSection(ulong address)
    {
        // Code and data take turns.
        if (_last is not null && _last.Contains(address))
        {
            return _last;
        }

        if (_lastCode is not null && _lastCode.Contains(address))
        {
            return _lastCode;
        }

        var section = _image.FindSection(address);
        if (section is { IsCode: true })
        {
            _lastCode = section;
        }
        else if (section is not null)
        {
            _last = section;
        }

        return section;
    }

    /// <summary>What lies at an address.</summary>
    /// <exception cref="FirmwareFormatException">The symbol table is damaged.</exception>
    public CodeTarget Find(ulong address)
    {
        if (_functions is not null && _functions.IndexOf(address) is var function and >= 0)
        {
            return new CodeTarget(TargetKind.Function, 0, function);
        }

        if (_known.TryGetValue(address, out var known))
        {
            return known;
        }

        var target = FindSection(address) is { } section
            ? Look(section, _roles[section.Index], address, mayFollow: true) : default;
        if (_known.Count < MostKept)
        {
            _known.Add(address, target);
        }

        return target;
    }

    /// <summary>The text of a string, selector or class that an address stands for, or null.</summary>
    public string? ReadText(ulong address)
    {
        if (FindSection(address) is not { } section)
        {
            return null;
        }

        ulong? text = _roles[section.Index] switch
        {
            SectionRole.Strings => address,
            SectionRole.SelectorReferences => Memory.ReadPointer(address)?.Address,
            SectionRole.SelectorStubs => SelectorOfStub(address),
            SectionRole.ConstantStrings => Memory.ReadPointer(ConstantString(section, address) + 16)?.Address,
            SectionRole.ClassReferences => Memory.ReadPointer(address) is { Import: null, Address: not 0 } pointer
                ? ClassName(pointer.Address) : null,
            _ => null,
        };
        if (text is null or 0)
        {
            return Memory.ReadPointer(address) is { Import: { } import }
                && _roles[section.Index] is SectionRole.ClassReferences or SectionRole.Pointers ? import : null;
        }

        var bytes = new List<byte>();
        return Visit(text.Value, piece => bytes.AddRange(piece)) ? ByteText.Decode([.. bytes]) : null;
    }

    /// <summary>
    /// Whether there are descriptions of Swift's types, which lie among constant data and are full of distances.
    /// </summary>
    public bool IsSwift { get; }

    /// <summary>Whether an address lies in constant data.</summary>
    public bool IsConstant(ulong address) => FindSection(address) is { } section
        && _roles[section.Index] == SectionRole.Constants;

    /// <summary>
    /// Whether an address lies in a segment that is mapped without being changed, so that it holds no pointers.
    /// </summary>
    public bool IsText(ulong address) => FindSection(address) is { SegmentName: "__TEXT" };

    /// <summary>Whether what lies at an address can be told from what lies elsewhere.</summary>
    /// <exception cref="FirmwareFormatException">The symbol table is damaged.</exception>
    public bool IsKnown(ulong address) => Find(address) is { Kind: TargetKind.Function }
        or { Kind: TargetKind.Table } or { Identity: not 0 };

    /// <summary>Bytes of the literal at an address; 0 where none is there.</summary>
    public int LiteralWidth(ulong address) => FindSection(address) is { } section
        ? SectionRoles.LiteralWidth(section) : 0;

    public void Dispose()
    {
        _normalizer.Dispose();
        _symbols?.Dispose();
        Memory.Dispose();
    }

    private CodeTarget Look(MachOSection section, SectionRole role, ulong address, bool mayFollow)
    {
        switch (role)
        {
            case SectionRole.Code:
                return Named(address, TargetKind.Global);
            case SectionRole.Stubs:
                return Import(Symbols.FindImport(section, address));
            case SectionRole.SelectorStubs:
                return Text(SelectorOfStub(address), TargetKind.Selector);
            case SectionRole.SelectorReferences:
                return Text(Memory.ReadPointer(address)?.Address, TargetKind.Selector);
            case SectionRole.ConstantStrings:
                return Text(Memory.ReadPointer(ConstantString(section, address) + 16)?.Address, TargetKind.String);
            case SectionRole.Strings:
                return Text(address, TargetKind.String);
            case SectionRole.Literals:
                return Literal(address, SectionRoles.LiteralWidth(section));
            case SectionRole.ClassReferences:
                return Class(Memory.ReadPointer(address));
            case SectionRole.Pointers:
                return Symbols.FindImport(section, address) is var import and not 0 ? Import(import)
                    : mayFollow && Memory.ReadPointer(address) is { IsNull: false } pointer ? Follow(pointer) : default;
            case SectionRole.Constants:
                // What Swift names are descriptions of types, and no part of the code that reads them.
                return Symbols.Find(address) is { } found && (found.IsExternal || found.IsSwift)
                    ? new CodeTarget(TargetKind.Global, found.Key) : Named(address, TargetKind.Table);
            default:
                return Named(address, TargetKind.Global);
        }
    }

    private CodeTarget Follow(MachOPointer pointer)
    {
        if (pointer.Import is { } name)
        {
            return Import(SymbolFact.KeyOfName(System.Text.Encoding.UTF8.GetBytes(name), _normalizer));
        }

        if (_image.FindSection(pointer.Address) is not { } section)
        {
            return default;
        }

        var role = _roles[section.Index];
        return role == SectionRole.Code && _functions is not null
            && _functions.IndexOf(pointer.Address) is var function and >= 0
            ? new CodeTarget(TargetKind.Function, 0, function)
            : Look(section, role, pointer.Address, mayFollow: false);
    }

    private CodeTarget Named(ulong address, TargetKind kind) => Symbols.Find(address) is { } found
        ? new CodeTarget(found.Key == 0 && kind == TargetKind.Global ? TargetKind.Unknown : kind, found.Key)
        : kind == TargetKind.Table ? new CodeTarget(kind, 0) : default;

    private static CodeTarget Import(ulong key) => key == 0 ? default : new CodeTarget(TargetKind.Import, key);

    private CodeTarget Class(MachOPointer? pointer) => pointer switch
    {
        { Import: { } name } => new CodeTarget(TargetKind.Class,
            SymbolFact.KeyOfName(System.Text.Encoding.UTF8.GetBytes(name), _normalizer)),
        { Address: not 0 } local when Symbols.Find(local.Address) is { Key: not 0 } found =>
            new CodeTarget(TargetKind.Class, found.Key),
        { Address: not 0 } local => Text(ClassName(local.Address), TargetKind.Class),
        _ => default,
    };

    // class_t: isa, superclass, cache (two words), data, whose lowest bits are flags; class_ro_t: flags, sizes,
    // layout, name.
    private ulong? ClassName(ulong address) =>
        Memory.ReadPointer(address + 32) is { Import: null, Address: not 0 } data
            ? Memory.ReadPointer((data.Address & ~7UL) + 24)?.Address : null;

    // cfstring_t: isa, flags, text, length.
    private static ulong ConstantString(MachOSection section, ulong address) =>
        section.Address + ((address - section.Address) & ~31UL);

    /// <summary>Where the selector lies that a stub of <c>objc_msgSend</c> loads: by its adrp and ldr.</summary>
    private ulong? SelectorOfStub(ulong address)
    {
        Span<byte> code = stackalloc byte[8];
        if (_image.CpuType != CpuType.Arm64 || !Memory.TryRead(address, code))
        {
            return null;
        }

        var references = new List<CodeReference>();
        var reader = new FunctionFingerprints.CodeReader(new MemoryByteSource(code.ToArray()), new byte[16],
            readsAhead: false);
        var sink = new ReferenceSink(references);
        FunctionFingerprints.Feed(ref sink, ref reader, 0, code.Length, code.Length, address, InstructionSet.Arm64);
        return references is [{ Form: ReferenceForm.Load } load] ? Memory.ReadPointer(load.Target)?.Address : null;
    }

    private CodeTarget Literal(ulong address, int width)
    {
        Span<byte> bytes = stackalloc byte[16];
        return Memory.TryRead(address, bytes[..width])
            ? new CodeTarget(TargetKind.Literal, XxHash3.HashToUInt64(bytes[..width]) | 1) : default;
    }

    private CodeTarget Text(ulong? address, TargetKind kind)
    {
        if (address is null or 0)
        {
            return default;
        }

        // Most strings lie on one page, and are normalised as a whole.
        var page = Memory.Page(address.Value);
        var end = page.IndexOf((byte)0);
        if (end >= 0)
        {
            return new CodeTarget(kind, SymbolFact.KeyOfName(page[..end], _normalizer));
        }

        var bytes = new List<byte>();
        return Visit(address.Value, piece => bytes.AddRange(piece))
            ? new CodeTarget(kind,
                SymbolFact.KeyOfName(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes), _normalizer))
            : default;
    }

    private delegate void PieceVisitor(ReadOnlySpan<byte> piece);

    /// <summary>Passes the text at an address on, without its NUL; no more than so much of it.</summary>
    private bool Visit(ulong address, PieceVisitor visit)
    {
        for (var length = 0; length < LongestText;)
        {
            var page = Memory.Page(address);
            if (page.IsEmpty)
            {
                return length > 0;
            }

            var end = page.IndexOf((byte)0);
            visit(end < 0 ? page : page[..end]);
            if (end >= 0)
            {
                return true;
            }

            length += page.Length;
            address = unchecked(address + (ulong)page.Length);
        }

        return true;
    }
}
