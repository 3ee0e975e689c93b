namespace IpswDiff.Forge.MachO;

/// <summary>What a name is on either side of a pair, in the order of the table, and what a comparison must say of it.</summary>
/// <param name="Old">The symbols of the old side: a kind and a name each.</param>
/// <param name="New">The symbols of the new side.</param>
/// <param name="Says">Lines as <c>+ export _name</c>, <c>- local _name</c> and <c>~ local -> export _name</c>, sorted.</param>
public sealed record SymbolPlant(string[] Old, string[] New, params string[] Says);

/// <summary>
/// Pairs of symbol tables in which names change their kinds, compilers split off parts, and debuggers' entries come and go. Locals
/// stand before all others in a table, so that a part is met before the whole.
/// </summary>
public static class SymbolPlants
{
    private static readonly SymbolPlant[] Plants =
    [
        // A part, in each direction, of a whole of each kind: residue, and nothing of the whole.
        new(["export _gains"], ["local _gains.cold.1", "export _gains"], "+ local _gains.cold.1"),
        new(["local _loses.cold.1", "export _loses"], ["export _loses"], "- local _loses.cold.1"),
        new(["weak _weakGains"], ["local _weakGains.cold", "weak _weakGains"], "+ local _weakGains.cold"),
        new(["private _privateGains"], ["local _privateGains.cold.1", "private _privateGains"], "+ local _privateGains.cold.1"),
        new(["local _localGains"], ["local _localGains.cold.1", "local _localGains"], "+ local _localGains.cold.1"),
        new(["local _more.cold.1", "export _more"], ["local _more.cold.1", "local _more.cold.2", "export _more"]),
        new(["local _kept.cold.1", "local _kept"], ["local _kept.cold.1", "export _kept"], "~ local -> export _kept"),

        // A part that is left does not stand for the whole that is gone.
        new(["local _gone.cold.1", "export _gone"], ["local _gone.cold.1"], "- export _gone"),
        new(["local _comes.cold.1"], ["local _comes.cold.1", "export _comes"], "+ export _comes"),
        new(["import _taken"], ["local _taken.cold.1", "import _taken"], "+ local _taken.cold.1"),

        // Clones are numbered anew by every build; a number in a name that others bind to is part of it.
        new(["local _clone.323", "local _clone"], ["local _clone.324", "local _clone"]),
        new(["local _hidden.7"], ["private _hidden.8"], "+ private _hidden.8", "- local _hidden.7"),
        new(["export _api.1"], ["export _api.2"], "+ export _api.2", "- export _api.1"),
        new(["import _abi.1"], ["import _abi.2"], "+ import _abi.2", "- import _abi.1"),

        // The strongest of several speaks.
        new(["local _twice", "export _twice"], ["export _twice"]),
        new(["local _static"], ["local _static", "local _static", "private _static"], "~ local -> private _static"),
        new(["export _first"], ["weak _first"], "~ export -> weak _first"),
        new(["weak _second"], ["private _second"], "~ weak -> private _second"),
        new(["private _third"], ["export _third"], "~ private -> export _third"),

        // To import a name and to define it are two things.
        new(["import _both"], ["export _both", "import _both"], "+ export _both"),
        new(["local _bound", "import _bound"], ["local _bound"], "- import _bound"),
        new(["import _crossed"], ["weak _crossed"], "+ weak _crossed", "- import _crossed"),

        // A debugger's entries are no symbols, nor do they hide one.
        new([], ["stab /build/one.o", "stab  "]),
        new(["stab _mapped", "export _mapped"], ["export _mapped"]),
        new(["export _debugged"], ["stab _debugged", "export _debugged"]),
        new(["stab _onlyMapped"], ["export _onlyMapped"], "+ export _onlyMapped"),
    ];

    /// <summary>Names that both sides define or import, counted once for each, and the parts of both.</summary>
    public static (int Old, int New) Counts => (Facts(static plant => plant.Old), Facts(static plant => plant.New));

    /// <summary>Adds the symbols of one side to an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="text">Where definitions lie; from <paramref name="offset"/> four bytes for each.</param>
    /// <param name="isNew">Which side.</param>
    /// <param name="offset">Where in the section the first one lies.</param>
    public static void Add(MachOBuilder image, MachOSectionPlan text, bool isNew, int offset = 0)
    {
        foreach (var symbol in Plants.SelectMany(plant => isNew ? plant.New : plant.Old))
        {
            var name = symbol[(symbol.IndexOf(' ', StringComparison.Ordinal) + 1)..];
            _ = symbol[..symbol.IndexOf(' ', StringComparison.Ordinal)] switch
            {
                "export" => image.AddExternal(name, text, offset),
                "weak" => image.AddWeak(name, text, offset),
                "private" => image.AddPrivate(name, text, offset),
                "local" => image.AddLocal(name, text, offset),
                "import" => image.AddUndefined(name),
                _ => image.AddDebug(name),
            };
            offset += 4;
        }
    }

    /// <summary>What a comparison must say, sorted.</summary>
    /// <param name="isReversed">Whether the new side stands for the old one.</param>
    public static string[] Says(bool isReversed = false) =>
        [.. Plants.SelectMany(static plant => plant.Says).Select(line => isReversed ? Reverse(line) : line).Order(StringComparer.Ordinal)];

    private static string Reverse(string line) => line.Split(' ') switch
    {
        ["+", ..] => "-" + line[1..],
        ["-", ..] => "+" + line[1..],
        ["~", var old, "->", var @new, var name] => $"~ {@new} -> {old} {name}",
        _ => throw new ArgumentException(line),
    };

    private static int Facts(Func<SymbolPlant, string[]> side) => Plants.Sum(plant => side(plant)
        .Where(static symbol => !symbol.StartsWith("stab ", StringComparison.Ordinal))
        .Select(static symbol => (IsImport: symbol.StartsWith("import ", StringComparison.Ordinal), Name: Unnumbered(symbol)))
        .Distinct().Count());

    // Of the plants all numbered names are clones or parts of one kind, but for those that are bound to.
    private static string Unnumbered(string symbol)
    {
        var name = symbol[(symbol.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        return symbol.StartsWith("local ", StringComparison.Ordinal) || symbol.StartsWith("private ", StringComparison.Ordinal)
            ? name.Replace(".cold.1", ".part", StringComparison.Ordinal).Replace(".cold.2", ".part", StringComparison.Ordinal)
            : name;
    }
}
