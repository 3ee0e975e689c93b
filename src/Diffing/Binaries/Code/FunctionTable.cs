using IpswDiff.Diffing.Binaries.Symbols;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// The functions of one image as they are matched: by start, size, fingerprint and the hash of a name. Text of names is fetched for the
/// few that a result lists.
/// </summary>
internal sealed class FunctionTable : IDisposable
{
    private const int PieceBytes = 16 << 10;
    private const int TableJumpReach = 64;

    private readonly MachOImage _image;
    private readonly AddressIndex _index;
    private readonly byte[] _piece = new byte[PieceBytes];
    private readonly PageLabels _labels = new();
    private FunctionKeys? _keys;
    private MachOSection? _section;
    private ByteSource? _code;

    private FunctionTable(MachOImage image, FunctionFingerprints functions, ReferenceStore references)
    {
        _image = image;
        Functions = functions;
        References = references;
        _index = new AddressIndex(functions);
    }

    /// <summary>Starts, sizes and fingerprints.</summary>
    public FunctionFingerprints Functions { get; }

    /// <summary>What the functions refer to, as far as it is kept.</summary>
    public ReferenceStore References { get; }

    /// <summary>What the functions are written in.</summary>
    public InstructionSet Instructions => Binaries.Code.Instructions.Of(_image);

    /// <summary>The image.</summary>
    public MachOImage Image => _image;

    /// <summary>How many functions there are.</summary>
    public int Count => Functions.Count;

    /// <summary>What functions are matched by; names without build noise, which are read when this is first asked for.</summary>
    /// <exception cref="FirmwareFormatException">The symbol table is damaged.</exception>
    public FunctionKeys Keys => _keys ??= ReadKeys();

    /// <summary>Reads the functions of an image, and what they refer to where that is asked for.</summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    public static FunctionTable Read(MachOImage image, FunctionRanges ranges, bool keepsReferences)
    {
        var references = new ReferenceStore(keepsReferences ? ranges.Count : 0);
        try
        {
            var functions = FunctionFingerprints.Read(image, ranges, keepsReferences ? references : null);
            return new FunctionTable(image, functions, references);
        }
        catch (FirmwareFormatException)
        {
            references.Dispose();
            throw;
        }
    }

    /// <summary>The code of one function; no bytes where the image has none of it.</summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    public ByteSource OpenCode(int index)
    {
        var (start, size) = (Functions.Starts[index], Functions.Sizes[index]);
        if (_image.FindSection(start) is not { } section)
        {
            return new MemoryByteSource(ReadOnlyMemory<byte>.Empty);
        }

        var code = _image.OpenSection(section);
        var offset = (long)(start - section.Address);
        return size <= code.Length - offset ? code.Slice(offset, size) : new MemoryByteSource(ReadOnlyMemory<byte>.Empty);
    }

    /// <summary>The function whose code holds an address, or -1.</summary>
    public int IndexOf(ulong address)
    {
        var index = _index.LastBefore(address);
        return Contains(index, address) ? index : -1;
    }

    /// <summary>
    /// Whether the code of a function holds an address; none does where <paramref name="index"/> is negative.
    /// </summary>
    public bool Contains(int index, ulong address) => index >= 0
        && address - Functions.Starts[index] < (ulong)Functions.Sizes[index];

    /// <summary>Whether a function bears a name of this key, be it one of several.</summary>
    /// <exception cref="FirmwareFormatException">The symbol table is damaged.</exception>
    public bool HasName(int index, ulong key)
    {
        return Keys.Names[index] == key || Array.BinarySearch(Keys.Aliases, (index, key)) >= 0;
    }

    /// <summary>The keys of all names of a function.</summary>
    /// <exception cref="FirmwareFormatException">The symbol table is damaged.</exception>
    public IEnumerable<ulong> NamesOf(int index)
    {
        if (Keys.Names[index] != 0)
        {
            yield return Keys.Names[index];
        }

        var aliases = Keys.Aliases;
        var at = Array.BinarySearch(aliases, (index, 0UL));
        for (at = at < 0 ? ~at : at; at < aliases.Length && aliases[at].Function == index; at++)
        {
            yield return aliases[at].Name;
        }
    }

    /// <summary>Whether two functions bear one name, be it one of several.</summary>
    /// <exception cref="FirmwareFormatException">A symbol table is damaged.</exception>
    public bool HaveOneName(int index, FunctionTable other, int otherIndex)
    {
        if (Keys.Names[index] == 0 || other.Keys.Names[otherIndex] == 0)
        {
            return false;
        }

        if (other.HasName(otherIndex, Keys.Names[index]))
        {
            return true;
        }

        foreach (var name in NamesOf(index))
        {
            if (other.HasName(otherIndex, name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Everything that a function refers to, in the order of its code.</summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    public void ReadReferences(int index, List<CodeReference> references)
    {
        references.Clear();
        if (!Functions.IsExact)
        {
            return;
        }

        var (start, size) = (Functions.Starts[index], Functions.Sizes[index]);
        if (_section is null || !_section.Contains(start))
        {
            _section = _image.FindSection(start);
            _code = _section is null ? null : _image.OpenSection(_section);
        }

        var offset = _section is null ? 0 : (long)(start - _section.Address);
        if (_code is not null && size <= _code.Length - offset)
        {
            var sink = new ReferenceSink(references);
            var reader = new FunctionFingerprints.CodeReader(_code, _piece, readsAhead: false, _labels);
            FunctionFingerprints.Feed(ref sink, ref reader, offset, size, size, start, Instructions);
        }
    }

    /// <summary>Whether a function jumps by register soon behind an instruction, as it does by a table.</summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    public bool JumpsBehind(int index, ulong offset)
    {
        Span<byte> bytes = stackalloc byte[TableJumpReach];
        bytes.Clear();
        var code = OpenCode(index);
        var length = offset < (ulong)code.Length ? code.ReadUpTo((long)offset, bytes) : 0;
        for (var at = 0; at + 4 <= length; at += Instructions == InstructionSet.Arm64 ? 4 : 1)
        {
            var word = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

            // On x86-64 jmp of a register.
            if (Instructions == InstructionSet.Arm64 ? A64.JumpRegister.Contains(word) : (word & 0xF8FF) == 0xE0FF)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The names of some functions: a symbol, or <c>sub_</c> and the address.</summary>
    /// <exception cref="FirmwareFormatException">The symbol table is damaged.</exception>
    public Dictionary<int, string> GetText(IReadOnlySet<int> wanted)
    {
        var texts = new Dictionary<int, string>(wanted.Count);
        if (wanted.Any(index => Keys.Names[index] != 0))
        {
            VisitNames((index, symbol, hash) =>
            {
                if (wanted.Contains(index) && hash == Keys.Names[index] && !texts.ContainsKey(index))
                {
                    texts.Add(index, ByteText.Decode(symbol));
                }
            });
        }

        foreach (var index in wanted)
        {
            texts.TryAdd(index, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"sub_{Functions.Starts[index]:x}"));
        }

        return texts;
    }

    /// <summary>Gives back what is kept of references.</summary>
    public void Dispose() => References.Dispose();

    private FunctionKeys ReadKeys()
    {
        // Of several names of one function the one with the smallest hash counts, so that the order of symbols does not matter.
        var names = new ulong[Count];
        var aliases = new HashSet<(int Function, ulong Name)>();
        VisitNames((index, symbol, hash) =>
        {
            if (names[index] != 0 && names[index] != hash)
            {
                aliases.Add((index, names[index]));
                aliases.Add((index, hash));
            }

            names[index] = names[index] == 0 ? hash : Math.Min(names[index], hash);
        });
        (int Function, ulong Name)[] sorted = [.. aliases];
        Array.Sort(sorted);
        return new FunctionKeys(names, Functions.Values.ToArray(), Functions.Sizes.ToArray(), sorted);
    }

    private delegate void NameVisitor(int index, ReadOnlySpan<byte> name, ulong hash);

    private void VisitNames(NameVisitor visit)
    {
        if (Count == 0)
        {
            return;
        }

        // The lowest bit of a start marks Thumb code; symbols say so elsewhere.
        var ignored = _image.CpuType == CpuType.Arm ? 1UL : 0UL;
        using var normalizer = new NameNormalizer();
        foreach (var table in _image.SymbolTables)
        {
            foreach (var symbol in table.Scan())
            {
                if (symbol.Kind is not (SymbolKind.External or SymbolKind.Local))
                {
                    continue;
                }

                var index = Functions.Starts.BinarySearch(symbol.Value | ignored);
                index = index < 0 && ignored != 0 ? Functions.Starts.BinarySearch(symbol.Value & ~ignored) : index;
                if (index >= 0 && symbol.Name is { IsEmpty: false } name && !name.SequenceEqual("<redacted>"u8))
                {
                    visit(index, name, SymbolFact.KeyOfFunction(symbol, normalizer));
                }
            }
        }
    }
}
