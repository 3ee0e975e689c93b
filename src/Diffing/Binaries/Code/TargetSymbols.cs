using IpswDiff.Diffing.Binaries.Symbols;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// Names of what is no function: of data by address, and of imports by their place in the symbol table. In arrays of
/// the pool, to be
/// disposed; does not change until then.
/// </summary>
internal sealed class TargetSymbols : IDisposable
{
    private readonly MachOImage _image;
    private readonly Dictionary<uint, ulong> _imports = [];
    private readonly IndirectSymbols _indirect;
    private ulong[] _addresses = BoundedArrayPool<ulong>.Shared.Rent(256);
    private Entry[] _entries = BoundedArrayPool<Entry>.Shared.Rent(256);
    private int _count;
    private HashSet<ulong>? _keys;

    private TargetSymbols(MachOImage image, IndirectSymbols indirect) => (_image, _indirect) = (image, indirect);

    /// <summary>Reads the names of an image.</summary>
    /// <exception cref="FirmwareFormatException">The symbol table is damaged.</exception>
    public static TargetSymbols Read(MachOImage image, IndirectSymbols indirect)
    {
        var symbols = new TargetSymbols(image, indirect);
        using var normalizer = new NameNormalizer();
        symbols._indirect.VisitNames((uint ordinal, in MachOSymbol symbol) =>
            symbols._imports[ordinal] = SymbolFact.KeyOfName(symbol.Name, normalizer));
        for (var i = 0; i < image.SymbolTables.Count; i++)
        {
            symbols.Add(image.SymbolTables[i], i, normalizer);
        }

        symbols._addresses.AsSpan(0, symbols._count).Sort(symbols._entries.AsSpan(0, symbols._count));
        return symbols;
    }

    /// <summary>The key of the symbol that a stub or pointer stands for, or 0.</summary>
    public ulong FindImport(MachOSection section, ulong address) =>
        _indirect.Find(section, address) is { } ordinal ? _imports.GetValueOrDefault(ordinal) : 0;

    /// <summary>
    /// The key of a name at an address, the same whatever the order of symbols, 0 for one that a compiler numbered
    /// for itself; whether
    /// other images can name it, and whether Swift made it. Null without a name.
    /// </summary>
    public (ulong Key, bool IsExternal, bool IsSwift)? Find(ulong address)
    {
        var at = First(address);
        if (at >= _count || _addresses[at] != address)
        {
            return null;
        }

        var best = _entries[at];
        for (at++; at < _count && _addresses[at] == address; at++)
        {
            var other = _entries[at];
            if (other.IsExternal != best.IsExternal ? other.IsExternal : other.Key != 0 && (best.Key == 0
                || other.Key < best.Key))
            {
                best = other;
            }
        }

        return (best.Key, best.IsExternal, best.IsSwift);
    }

    /// <summary>Whether a name of this key is there.</summary>
    public bool Has(ulong key)
    {
        _keys ??= [.. _entries.AsSpan(0, _count).ToArray().Select(static entry => entry.Key)];
        return _keys.Contains(key);
    }

    /// <summary>The next address after this one that has a name.</summary>
    public ulong Next(ulong address)
    {
        var at = First(unchecked(address + 1));
        return at < _count ? _addresses[at] : ulong.MaxValue;
    }

    /// <summary>The names at some addresses, and of the symbols that stubs and pointers there stand for.</summary>
    /// <exception cref="FirmwareFormatException">The symbol table is damaged.</exception>
    public Dictionary<ulong, string> GetText(IReadOnlyCollection<ulong> addresses)
    {
        var texts = new Dictionary<ulong, string>();
        for (var table = 0; table < _image.SymbolTables.Count; table++)
        {
            var wanted = new SortedDictionary<uint, List<ulong>>();
            foreach (var address in addresses)
            {
                if (OrdinalOf(address, table) is { } ordinal)
                {
                    (wanted.TryGetValue(ordinal, out var list) ? list : wanted[ordinal] = []).Add(address);
                }
            }

            if (wanted.Count == 0)
            {
                continue;
            }

            var scan = _image.SymbolTables[table].Scan([.. wanted.Keys]);
            try
            {
                while (scan.MoveNext())
                {
                    foreach (var address in wanted[scan.Ordinal])
                    {
                        texts.TryAdd(address, ByteText.Decode(scan.Current.Name));
                    }
                }
            }
            finally
            {
                scan.Dispose();
            }
        }

        return texts;
    }

    public void Dispose()
    {
        BoundedArrayPool<ulong>.Shared.Return(_addresses);
        BoundedArrayPool<Entry>.Shared.Return(_entries);
        (_addresses, _entries, _count) = ([], [], 0);
    }

    private uint? OrdinalOf(ulong address, int table)
    {
        if (table == 0 && _image.FindSection(address) is { } section && _indirect.Find(section, address) is { } import)
        {
            return import;
        }

        if (Find(address) is not { } found)
        {
            return null;
        }

        for (var at = First(address); at < _count && _addresses[at] == address; at++)
        {
            if (_entries[at].Key == found.Key)
            {
                return _entries[at].Table == table ? _entries[at].Ordinal : null;
            }
        }

        return null;
    }

    private int First(ulong address)
    {
        var (low, high) = (0, _count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _addresses[middle] < address ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private void Add(SymbolTable table, int number, NameNormalizer normalizer)
    {
        var scan = table.Scan();
        try
        {
            while (scan.MoveNext())
            {
                var symbol = scan.Current;
                if (symbol.Kind is not (SymbolKind.External or SymbolKind.Local) || symbol.SectionOrdinal == 0
                    || symbol.Name.IsEmpty
                    || symbol.Name.SequenceEqual("<redacted>"u8))
                {
                    continue;
                }

                if (_count == _addresses.Length)
                {
                    BoundedArrayPool<ulong>.Shared.Grow(ref _addresses);
                }

                if (_count == _entries.Length)
                {
                    BoundedArrayPool<Entry>.Shared.Grow(ref _entries);
                }

                _addresses[_count] = symbol.Value;
                _entries[_count++] = new Entry(
                    IsLinkerPrivate(symbol.Name) ? 0 : SymbolFact.KeyOfFunction(symbol, normalizer), scan.Ordinal,
                        (byte)number, symbol.Kind == SymbolKind.External,
                    symbol.Name.StartsWith("_$s"u8));
            }
        }
        finally
        {
            scan.Dispose();
        }
    }

    // Names that compilers number for themselves, which say nothing in another build.
    private static bool IsLinkerPrivate(ReadOnlySpan<byte> name) => name.StartsWith("l_"u8) || name[0] == (byte)'L'
        || name.StartsWith("ltmp"u8);

    private readonly record struct Entry(ulong Key, uint Ordinal, byte Table, bool IsExternal, bool IsSwift);
}
