using System.Text.RegularExpressions;
using IpswDiff.Forge;

namespace IpswDiff.EndToEnd;

/// <summary>
/// What <c>llvm-nm -m</c> says of the symbols of one slice, in its own words, and what follows from two such answers. It leaves
/// debuggers' entries out.
/// </summary>
internal sealed partial class NmSymbols
{
    private static readonly string[] Ranks = ["export", "weak", "private", "local", "import"];

    // The longest first.
    private static readonly (string Words, string Kind)[] Kinds =
    [
        ("weak external automatically hidden ", "weak"), ("weak private external ", "private"), ("non-external (was a private external) ", "private"), ("private external ", "private"),
        ("weak external ", "weak"), ("non-external ", "local"), ("external ", "export"),
    ];

    private static readonly string[] Remarks = ["[referenced dynamically] ", "[no dead strip] ", "[alt entry] ", "[cold func] ", "[symbol resolver] ", "[Thumb] "];

    private readonly Dictionary<(string Name, bool IsImport), string> _names = [];
    private readonly HashSet<(string Whole, string Kind)> _parts = [];

    private NmSymbols(string output)
    {
        foreach (var line in output.Split('\n'))
        {
            if (Line().Match(line) is { Success: true } match)
            {
                Add(match.Groups["section"].Value, match.Groups["rest"].Value);
            }
        }
    }

    /// <summary>Different names, imports and definitions apart, and parts by the whole they are of.</summary>
    public int Count => _names.Count + _parts.Count;

    public static NmSymbols Read(string nm, string path, string arch)
    {
        var answer = Witness.Run(nm, "-m", "--arch=" + arch, path);
        Assert.True(answer.ExitCode == 0, answer.Error);
        return new NmSymbols(answer.Output);
    }

    /// <summary>Names that came, went or changed their kind, as <c>+ export _name</c>, <c>- …</c> and <c>~ old -> new _name</c>, sorted; without parts.</summary>
    public static string[] Changes(NmSymbols old, NmSymbols @new) =>
    [
        .. @new._names.Where(entry => !old._names.ContainsKey(entry.Key)).Select(static entry => $"+ {entry.Value} {entry.Key.Name}")
            .Concat(old._names.Where(entry => !@new._names.ContainsKey(entry.Key)).Select(static entry => $"- {entry.Value} {entry.Key.Name}"))
            .Concat(@new._names.Where(entry => old._names.TryGetValue(entry.Key, out var kind) && kind != entry.Value)
                .Select(entry => $"~ {old._names[entry.Key]} -> {entry.Value} {entry.Key.Name}"))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Wholes of which one side alone has parts of that kind, as <c>+ local _name</c>, sorted.</summary>
    public static string[] PartChanges(NmSymbols old, NmSymbols @new) =>
    [
        .. @new._parts.Except(old._parts).Select(static part => $"+ {part.Kind} {part.Whole}")
            .Concat(old._parts.Except(@new._parts).Select(static part => $"- {part.Kind} {part.Whole}")).Order(StringComparer.Ordinal),
    ];

    /// <summary>The whole a part is of, or null where the symbol is none.</summary>
    public static string? WholeOf(string name, string kind) =>
        kind is "local" or "private" && Part().Match(name) is { Success: true } match ? name[..match.Index] : null;

    private void Add(string section, string rest)
    {
        foreach (var remark in Remarks)
        {
            rest = rest.StartsWith(remark, StringComparison.Ordinal) ? rest[remark.Length..] : rest;
        }

        var (words, kind) = Kinds.First(kind => rest.StartsWith(kind.Words, StringComparison.Ordinal));
        rest = rest[words.Length..];
        foreach (var remark in Remarks)
        {
            rest = rest.StartsWith(remark, StringComparison.Ordinal) ? rest[remark.Length..] : rest;
        }

        var isImport = section is "undefined" or "prebound undefined";
        (rest, kind) = isImport ? (From().Replace(rest, string.Empty), "import") : (rest, kind);
        if (WholeOf(rest, kind) is { } whole)
        {
            _parts.Add((whole, kind));
        }
        else if (rest.Length > 0 && (!_names.TryGetValue((rest, isImport), out var other) || Array.IndexOf(Ranks, kind) < Array.IndexOf(Ranks, other)))
        {
            _names[(rest, isImport)] = kind;
        }
    }

    [GeneratedRegex(@"^(?:[0-9a-f]{8,16}| {8,16}) \((?<section>[^)]*)\) (?<rest>.*)$")]
    private static partial Regex Line();

    // The library that an import is bound to.
    [GeneratedRegex(@" \((?:from [^()]*|dynamically looked up)\)$")]
    private static partial Regex From();

    [GeneratedRegex(@"(?<=.)(?:\.(?:cold|[0-9]+))+$")]
    private static partial Regex Part();
}
