namespace IpswDiff.Forge.SharedCache.Generated;

/// <summary>A function of a generated library.</summary>
/// <param name="Name">Its symbol.</param>
/// <param name="Offset">Where it begins in __text.</param>
/// <param name="Size">Bytes.</param>
/// <param name="IsLocal">Whether its symbol is local.</param>
public sealed record GeneratedFunction(string Name, int Offset, int Size, bool IsLocal);

/// <summary>An Objective-C class of a generated library and the selectors of its instance methods, in order.</summary>
public sealed record GeneratedClass(string Name, IReadOnlyList<string> Methods, IReadOnlyList<string> Types);

/// <summary>All that a reader must find in a generated library.</summary>
public sealed class GeneratedImageTruth
{
    internal GeneratedImageTruth(GeneratedLayout layout)
    {
        var names = layout.Names;
        Functions = [.. layout.FunctionKeys.Select((key, i) => new GeneratedFunction(
            names.Function(key), layout.FunctionOffsets[i], layout.FunctionOffsets[i + 1] - layout.FunctionOffsets[i], names.IsLocal(key)))];
        TextOffset = layout.Text.Offset;
        Strings = [.. Enumerable.Range(0, layout.Recipe.Strings).Select(names.String)];
        CFStrings = [.. Enumerable.Range(0, layout.Recipe.CFStrings).Select(i => Strings[GeneratedData.CFString(i, Strings.Count)])];
        Classes = [.. Enumerable.Range(0, layout.Recipe.Classes).Select(i => new GeneratedClass(
            names.Class(i),
            [.. layout.ClassMethods[i].Select(method => names.Selector(i, method))],
            [.. layout.ClassMethods[i].Select(method => GeneratedNames.MethodTypes[names.MethodType(i, method)])]))];
        Selectors = [.. layout.Selectors.Keys];
        Dylibs = layout.Dylibs;
        Undefined = [.. layout.Imports.Select(static import => new GeneratedNames(import.Hub).Function(import.Key))];
        DataSymbols = [.. layout.DataSymbols.Select(id => (names.DataSymbol(id), GeneratedLayout.IsLocalData(id)))];
        Sections = [.. layout.Sections.Select(static section => (section.SegmentName, section.Name, (long)section.Size))];
    }

    /// <summary>In the order of their addresses.</summary>
    public IReadOnlyList<GeneratedFunction> Functions { get; }

    /// <summary>Where __text begins in __TEXT.</summary>
    public int TextOffset { get; }

    /// <summary>__TEXT,__cstring in order.</summary>
    public IReadOnlyList<string> Strings { get; }

    public IReadOnlyList<string> CFStrings { get; }

    public IReadOnlyList<GeneratedClass> Classes { get; }

    /// <summary>__TEXT,__objc_methname in order.</summary>
    public IReadOnlyList<string> Selectors { get; }

    public IReadOnlyList<string> Dylibs { get; }

    /// <summary>Imported symbols in order.</summary>
    public IReadOnlyList<string> Undefined { get; }

    public IReadOnlyList<(string Name, bool IsLocal)> DataSymbols { get; }

    public IReadOnlyList<(string Segment, string Name, long Size)> Sections { get; }

    /// <summary>Names of all local symbols in the order of their table.</summary>
    public IEnumerable<string> Locals =>
        Functions.Where(static function => function.IsLocal).Select(static function => function.Name).Concat(DataSymbols.Where(static symbol => symbol.IsLocal).Select(static symbol => symbol.Name));

    /// <summary>Names of all external symbols in the order of their table.</summary>
    public IEnumerable<string> Externals =>
        Functions.Where(static function => !function.IsLocal).Select(static function => function.Name).Concat(DataSymbols.Where(static symbol => !symbol.IsLocal).Select(static symbol => symbol.Name));
}
