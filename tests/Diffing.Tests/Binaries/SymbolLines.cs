using IpswDiff.Diffing.Results;
using IpswDiff.Forge.MachO;

namespace IpswDiff.Diffing.Tests.Binaries;

/// <summary>What a comparison says of symbols, as <see cref="SymbolPlants"/> has it.</summary>
internal static class SymbolLines
{
    public static string[] Of(SliceChange change) =>
    [
        .. change.Symbols.Added.Select(static symbol => $"+ {symbol.Kind} {symbol.Name}")
            .Concat(change.Symbols.Removed.Select(static symbol => $"- {symbol.Kind} {symbol.Name}"))
            .Concat(change.Symbols.Rekinded.Select(static symbol => $"~ {symbol.Old} -> {symbol.New} {symbol.Name}"))
            .Order(StringComparer.Ordinal),
    ];
}
