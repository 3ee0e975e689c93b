using System.Text;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Demangling;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.Swift;

namespace IpswDiff.Diffing.Binaries.Symbols;

/// <summary>
/// Entries of tables of methods and requirements of protocols, by the names that symbols give them. Metadata itself
/// says only of what kind each is, which is all there is where symbols are gone on either side.
/// </summary>
internal sealed class SwiftMethodNames
{
    private const string Descriptor = " descriptor for ";

    private static readonly string[] Accessors = ["getter", "setter", "modify", "read"];

    private readonly Dictionary<ulong, string> _old;
    private readonly Dictionary<ulong, string> _new;

    /// <summary>Looks for the names of all entries of some pairs.</summary>
    public SwiftMethodNames(MachOImage old, MachOImage @new, List<(SwiftEntityFacts Old, SwiftEntityFacts New)> pairs)
    {
        _old = Names(old, pairs.SelectMany(static pair => pair.Old.Methods ?? []));
        _new = Names(@new, pairs.SelectMany(static pair => pair.New.Methods ?? []));
    }

    /// <summary>
    /// Entries of one side alone; null where there are none, or where a table is not understood. Accessors of a stored
    /// property that came or went come and go with it, and are not told again.
    /// </summary>
    public TextChanges? Compare(SwiftEntityFacts old, SwiftEntityFacts @new, SwiftMemberChanges? fields)
    {
        if (old.Methods is not { } before || @new.Methods is not { } after)
        {
            return null;
        }

        var areNamed = before.All(method => _old.ContainsKey(method.Address))
            && after.All(method => _new.ContainsKey(method.Address));
        if (SwiftEntityComparison.Texts(Texts(before, _old, areNamed), Texts(after, _new, areNamed)) is not { } changes)
        {
            return null;
        }

        changes = new TextChanges(
            WithoutAccessors(changes.Added, fields?.Added ?? [], @new.Name, areNamed),
                WithoutAccessors(changes.Removed, fields?.Removed ?? [], old.Name, areNamed));
        return changes.Added.Count + changes.Removed.Count == 0 ? null : changes;
    }

    private static List<string> WithoutAccessors(
        IReadOnlyList<string> methods, IReadOnlyList<SwiftMember> fields, string type, bool areNamed)
    {
        var left = methods.ToList();
        foreach (var field in fields)
        {
            foreach (var accessor in Accessors)
            {
                // Without names one of each kind is the property's.
                var at = areNamed
                    ? left.FindIndex(method =>
                        method.StartsWith($"{type}.{field.Name}.{accessor} : ", StringComparison.Ordinal))
                    : left.IndexOf(accessor);
                if (at >= 0)
                {
                    left.RemoveAt(at);
                }
            }
        }

        return left;
    }

    private static IEnumerable<string> Texts(
        IReadOnlyList<SwiftMethod> methods, Dictionary<ulong, string> names, bool areNamed) =>
        methods.Select(method => areNamed ? names[method.Address] : method.Kind);

    private static Dictionary<ulong, string> Names(MachOImage image, IEnumerable<SwiftMethod> methods)
    {
        var wanted = methods.Select(static method => method.Address).ToHashSet();
        var names = new Dictionary<ulong, string>();
        foreach (var table in wanted.Count == 0 ? [] : image.SymbolTables)
        {
            foreach (var symbol in table.Scan())
            {
                if (symbol.Kind is SymbolKind.External or SymbolKind.Local && wanted.Contains(symbol.Value)
                    && !names.ContainsKey(symbol.Value)
                    && NameOf(symbol.Name) is { } name)
                {
                    names.Add(symbol.Value, name);
                }
            }
        }

        return names;
    }

    // The symbol of the entry itself, which is not that of the code: "method descriptor for M.C.f() -> ()".
    private static string? NameOf(ReadOnlySpan<byte> symbol)
    {
        if (!symbol.StartsWith("_$s"u8) || symbol.Length > Demangler.MaxLength
            || Demangler.TryDemangle(Encoding.UTF8.GetString(symbol)) is not { } text
                || text.IndexOf(Descriptor, StringComparison.Ordinal) is not (>= 0 and var at))
        {
            return null;
        }

        var name = SwiftPlainNames.Of(text[(at + Descriptor.Length)..]);
        return text.StartsWith("method ", StringComparison.Ordinal) ? name : $"{text[..at]} {name}";
    }
}
