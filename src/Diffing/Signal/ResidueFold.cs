using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Signal;

/// <summary>The names and strings of a slice, those that rules of residue fold apart from the others. Nothing is lost: each is in one of the two.</summary>
internal sealed class ResidueFold
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);

    private ResidueFold(SliceChange slice)
    {
        var (symbolsAdded, symbolsRemoved) = (Split(slice.Symbols.Added), Split(slice.Symbols.Removed));
        var strings = slice.CStrings is { } texts ? (Added: SplitTexts(texts.Added), Removed: SplitTexts(texts.Removed)) : default;
        var functions = slice.Functions is { } found ? (Added: Split(found.Added), Removed: Split(found.Removed)) : default;
        Signal = slice with
        {
            Symbols = slice.Symbols with { Added = symbolsAdded.Signal, Removed = symbolsRemoved.Signal },
            CStrings = slice.CStrings is null ? null : new TextChanges(strings.Added.Signal, strings.Removed.Signal),
            Functions = slice.Functions is null ? null : slice.Functions with { Added = functions.Added.Signal, Removed = functions.Removed.Signal },
        };
        Residue = new SliceChange
        {
            Arch = slice.Arch,
            Symbols = new SymbolChanges(symbolsAdded.Residue, symbolsRemoved.Residue, []),
            CStrings = slice.CStrings is null ? null : new TextChanges(strings.Added.Residue, strings.Removed.Residue),
            Functions = slice.Functions is null ? null : new FunctionChanges(functions.Added.Residue, functions.Removed.Residue, []),
        };
    }

    /// <summary>The slice without its residue.</summary>
    public SliceChange Signal { get; }

    /// <summary>The residue alone.</summary>
    public SliceChange Residue { get; }

    /// <summary>How many lines each rule folded, by what the rule folds.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts;

    /// <summary>Splits the names and strings of a slice.</summary>
    public static ResidueFold Of(SliceChange slice) => new(slice);

    private (List<SymbolUse> Signal, List<SymbolUse> Residue) Split(IReadOnlyList<SymbolUse> symbols) => Split(symbols, ResidueKinds.Names, symbol => symbol.Name);

    private (List<FunctionSize> Signal, List<FunctionSize> Residue) Split(IReadOnlyList<FunctionSize> functions) => Split(functions, ResidueKinds.Names, function => function.Name);

    private (List<string> Signal, List<string> Residue) SplitTexts(IReadOnlyList<string> texts) => Split(texts, ResidueKinds.Strings, text => text);

    private (List<T> Signal, List<T> Residue) Split<T>(IReadOnlyList<T> all, ResidueKinds kind, Func<T, string> nameOf)
    {
        var (signal, residue) = (new List<T>(), new List<T>());
        foreach (var one in all)
        {
            if (ResidueRules.Find(kind, nameOf(one)) is not { } rule)
            {
                signal.Add(one);
                continue;
            }

            residue.Add(one);
            _counts[rule.What] = _counts.GetValueOrDefault(rule.What) + 1;
        }

        return (signal, residue);
    }
}
