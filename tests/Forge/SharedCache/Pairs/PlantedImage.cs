using IpswDiff.Forge.SharedCache.Generated;

namespace IpswDiff.Forge.SharedCache.Pairs;

/// <summary>What became of an image between two caches.</summary>
public enum PlantKind
{
    /// <summary>The same image at the same addresses. What it refers to in others may have moved.</summary>
    Identical,

    /// <summary>The same image, LC_UUID and all, at other addresses.</summary>
    MovedOnly,

    /// <summary>A new LC_UUID and nothing else.</summary>
    RebuiltOnly,

    /// <summary>Functions changed, and their size with them.</summary>
    CodeChanged,

    /// <summary>Functions changed and kept their size.</summary>
    CodeChangedSameSize,

    StringChanged,
    SymbolAdded,
    SymbolRemoved,
    FunctionAdded,
    FunctionRemoved,
    DylibAdded,
    DylibRemoved,
    MethodAdded,
    MethodRemoved,

    /// <summary>Several of the above.</summary>
    Several,

    ImageAdded,
    ImageRemoved,

    /// <summary>The same library, LC_UUID and all, under another path.</summary>
    ImageRenamed,
}

/// <summary>A function that changed.</summary>
/// <param name="Name">Its symbol.</param>
/// <param name="OldSize">Bytes before, 0 where there was none.</param>
/// <param name="NewSize">Bytes after, 0 where there is none.</param>
public sealed record PlantedFunction(string Name, int OldSize, int NewSize);

/// <summary>An Objective-C method that came or went.</summary>
public sealed record PlantedMethod(string Class, string Selector);

/// <summary>
/// One image of a pair and all that differs in it, consequences included: a function that came has a symbol, a method a function and a
/// symbol and perhaps a selector that the image had not.
/// </summary>
public sealed record PlantedImage(string Path, PlantKind Kind)
{
    /// <summary>Where it was, of one that was renamed.</summary>
    public string? OldPath { get; init; }

    public Guid? OldUuid { get; init; }

    public Guid? NewUuid { get; init; }

    public string? OldVersion { get; init; }

    public string? NewVersion { get; init; }

    /// <summary>In the order of their addresses, those of the old image first.</summary>
    public IReadOnlyList<PlantedFunction> Functions { get; init; } = [];

    public IReadOnlyList<string> AddedSymbols { get; init; } = [];

    public IReadOnlyList<string> RemovedSymbols { get; init; } = [];

    /// <summary>Strings of __cstring.</summary>
    public IReadOnlyList<string> AddedStrings { get; init; } = [];

    public IReadOnlyList<string> RemovedStrings { get; init; } = [];

    /// <summary>Strings of __objc_methname.</summary>
    public IReadOnlyList<string> AddedSelectors { get; init; } = [];

    public IReadOnlyList<string> RemovedSelectors { get; init; } = [];

    public IReadOnlyList<string> AddedDylibs { get; init; } = [];

    public IReadOnlyList<string> RemovedDylibs { get; init; } = [];

    public IReadOnlyList<PlantedMethod> AddedMethods { get; init; } = [];

    public IReadOnlyList<PlantedMethod> RemovedMethods { get; init; } = [];

    /// <summary>What differs between two builds of a library, from their recipes.</summary>
    internal static PlantedImage Compare(ImageRecipe before, ImageRecipe after, PlantKind kind)
    {
        var plant = new PlantedImage(before.Path, kind)
        {
            OldUuid = before.Uuid,
            NewUuid = after.Uuid,
            OldVersion = before.SourceVersion,
            NewVersion = after.SourceVersion,
        };
        var edits = after.Edits;
        if (edits == ImageEdits.None)
        {
            return plant;
        }

        var names = new GeneratedNames(after);
        var oldNames = new GeneratedNames(before);
        var added = Enumerable.Range(before.Functions, edits.AddedFunctions).Select(static id => (uint)id)
            .Concat(edits.AddedMethods.Order().Select(type => GeneratedNames.Key(type, names.Methods(type).Last()))).ToArray();
        var removed = edits.RemovedFunctions.Order()
            .Concat(edits.RemovedMethods.Order().Select(type => GeneratedNames.Key(type, oldNames.Methods(type).Last()))).ToArray();
        var strings = edits.ChangedStrings.Keys.Order().ToArray();
        var (oldSelectors, newSelectors) = edits.AddedMethods.Count + edits.RemovedMethods.Count == 0 ? ([], []) : (Selectors(before), Selectors(after));
        return plant with
        {
            Functions =
            [
                .. edits.ChangedFunctions.Keys.Select(key => new PlantedFunction(names.Function(key), Size(before, key), Size(after, key))),
                .. removed.Select(key => new PlantedFunction(names.Function(key), Size(before, key), 0)),
                .. added.Select(key => new PlantedFunction(names.Function(key), 0, Size(after, key))),
            ],
            AddedSymbols = [.. added.Select(names.Function), .. Enumerable.Range(before.DataSymbols, edits.AddedSymbols).Select(names.DataSymbol)],
            RemovedSymbols = [.. removed.Select(names.Function), .. edits.RemovedSymbols.Order().Select(names.DataSymbol)],
            AddedStrings = [.. strings.Select(names.String)],
            RemovedStrings = [.. strings.Select(oldNames.String)],
            AddedSelectors = [.. newSelectors.Except(oldSelectors)],
            RemovedSelectors = [.. oldSelectors.Except(newSelectors)],
            AddedDylibs = edits.AddedDylibs,
            RemovedDylibs = [.. edits.RemovedDylibs.Order(StringComparer.Ordinal)],
            AddedMethods = [.. edits.AddedMethods.Order().Select(type => new PlantedMethod(names.Class(type), names.Selector(type, names.Methods(type).Last())))],
            RemovedMethods = [.. edits.RemovedMethods.Order().Select(type => new PlantedMethod(names.Class(type), names.Selector(type, oldNames.Methods(type).Last())))],
        };

        static int Size(ImageRecipe recipe, uint key) => GeneratedLayout.Words(recipe, key) * 4;

        static HashSet<string> Selectors(ImageRecipe recipe)
        {
            var names = new GeneratedNames(recipe);
            return [.. Enumerable.Range(0, recipe.Classes).SelectMany(type => names.Methods(type).Select(method => names.Selector(type, method)))];
        }
    }
}
