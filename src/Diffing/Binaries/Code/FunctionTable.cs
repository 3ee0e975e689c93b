using IpswDiff.Diffing.Binaries.Symbols;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// The functions of one image as they are matched: by start, size, fingerprint and the hash of a name. Text of names is fetched for the
/// few that a result lists.
/// </summary>
internal sealed class FunctionTable
{
    private const uint CpuArm = 12;

    private readonly MachOImage _image;
    private FunctionKeys? _keys;

    private FunctionTable(MachOImage image, FunctionFingerprints functions)
    {
        _image = image;
        Functions = functions;
    }

    /// <summary>Starts, sizes and fingerprints.</summary>
    public FunctionFingerprints Functions { get; }

    /// <summary>What the functions are written in.</summary>
    public InstructionSet Instructions => Binaries.Code.Instructions.Of(_image);

    /// <summary>How many functions there are.</summary>
    public int Count => Functions.Count;

    /// <summary>What functions are matched by; names without build noise, which are read when this is first asked for.</summary>
    /// <exception cref="FirmwareFormatException">The symbol table is damaged.</exception>
    public FunctionKeys Keys => _keys ??= ReadKeys();

    /// <summary>Reads the functions of an image.</summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    public static FunctionTable Read(MachOImage image, FunctionRanges ranges) => new(image, FunctionFingerprints.Read(image, ranges));

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

    private FunctionKeys ReadKeys()
    {
        // Of several names of one function the one with the smallest hash counts, so that the order of symbols does not matter.
        var names = new ulong[Count];
        VisitNames((index, symbol, hash) => names[index] = names[index] == 0 ? hash : Math.Min(names[index], hash));
        return new FunctionKeys(names, Functions.Values.ToArray(), Functions.Sizes.ToArray());
    }

    private delegate void NameVisitor(int index, ReadOnlySpan<byte> name, ulong hash);

    private void VisitNames(NameVisitor visit)
    {
        if (Count == 0)
        {
            return;
        }

        // The lowest bit of a start marks Thumb code; symbols say so elsewhere.
        var ignored = _image.CpuType == CpuArm ? 1UL : 0UL;
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
