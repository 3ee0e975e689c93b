namespace IpswDiff.Forge.Samples;

/// <summary>What differs between two slices, by LLVM's facts about each.</summary>
public static class SliceComparison
{
    /// <summary>The differences of all slices that two binaries have in common and that are not the same.</summary>
    /// <param name="old">The slices before.</param>
    /// <param name="new">The slices after; of the same architectures.</param>
    /// <param name="functionsChanged">Names of functions with other instructions, by architecture.</param>
    public static IReadOnlyList<PlantedSlice> Compare(
        IReadOnlyList<SliceFacts> old,
        IReadOnlyList<SliceFacts> @new,
        IReadOnlyDictionary<string, string[]>? functionsChanged = null)
    {
        if (!old.Select(slice => slice.Arch).SequenceEqual(@new.Select(slice => slice.Arch), StringComparer.Ordinal))
        {
            throw new ArgumentException("the slices are of other architectures", nameof(@new));
        }

        return [.. old.Zip(@new, (a, b) => (a, b)).Where(pair => pair.a.Uuid != pair.b.Uuid).Select(pair => Compare(pair.a, pair.b, functionsChanged))];
    }

    private static PlantedSlice Compare(SliceFacts a, SliceFacts b, IReadOnlyDictionary<string, string[]>? functionsChanged) => new()
    {
        Arch = a.Arch,
        OldUuid = a.Uuid,
        NewUuid = b.Uuid,
        OldSourceVersion = a.SourceVersion,
        NewSourceVersion = b.SourceVersion,
        OldFunctionCount = a.FunctionCount,
        NewFunctionCount = b.FunctionCount,
        OldSymbolCount = a.SymbolCount,
        NewSymbolCount = b.SymbolCount,
        DylibsAdded = Only(b.Dylibs, a.Dylibs),
        DylibsRemoved = Only(a.Dylibs, b.Dylibs),
        Sections = Sections(a.Sections, b.Sections),
        SymbolsAdded = Only(b.Symbols.Select(Plain), a.Symbols.Select(Plain)),
        SymbolsRemoved = Only(a.Symbols.Select(Plain), b.Symbols.Select(Plain)),
        CStringsAdded = Only(b.CStrings, a.CStrings),
        CStringsRemoved = Only(a.CStrings, b.CStrings),
        FunctionsChanged = functionsChanged?.GetValueOrDefault(a.Arch),
    };

    private static List<PlantedSectionChange> Sections(IReadOnlyList<SectionFacts> old, IReadOnlyList<SectionFacts> @new)
    {
        var before = old.ToDictionary(section => section.Name, StringComparer.Ordinal);
        var after = @new.ToDictionary(section => section.Name, StringComparer.Ordinal);
        var changes = new List<PlantedSectionChange>();
        foreach (var name in before.Keys.Union(after.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (a, b) = (before.GetValueOrDefault(name), after.GetValueOrDefault(name));
            if (a?.Size != b?.Size || a?.Sha256 != b?.Sha256)
            {
                changes.Add(new PlantedSectionChange(name, a?.Size, b?.Size, (a ?? b)!.Code));
            }
        }

        return changes;
    }

    private static string[] Only(IEnumerable<string> these, IEnumerable<string> those) => [.. these.Except(those, StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    // `_block_invoke.323`, `_name.cold.1`: the last parts are numbers that a compiler gave.
    private static string Plain(string symbol)
    {
        for (var dot = symbol.LastIndexOf('.'); dot >= 0; dot = symbol.LastIndexOf('.'))
        {
            var last = symbol.AsSpan(dot + 1);
            if (!last.SequenceEqual("cold") && (last.IsEmpty || last.ContainsAnyExceptInRange('0', '9')))
            {
                break;
            }

            symbol = symbol[..dot];
        }

        return symbol;
    }
}
