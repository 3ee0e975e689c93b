using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Binaries.Symbols;

/// <summary>Types that stand in another module or parent with the same last name and the same shape.</summary>
internal static class SwiftMoves
{
    /// <summary>
    /// Takes the moved ones out of both lists. Only a type that has members can be told by its shape, and only where no
    /// other one of its name on its side has the same.
    /// </summary>
    public static List<SwiftMove> TakeFrom(List<SwiftEntityFacts> removed, List<SwiftEntityFacts> added)
    {
        var (gone, fresh) = (ByShape(removed), ByShape(added));
        var moves = new List<SwiftMove>();
        var moved = new HashSet<SwiftEntityFacts>(ReferenceEqualityComparer.Instance);
        foreach (var (shape, entities) in gone)
        {
            if (entities is [var old] && fresh.TryGetValue(shape, out var others) && others is [var now])
            {
                moves.Add(new SwiftMove(now.Kind, old.Name, now.Name));
                moved.Add(old);
                moved.Add(now);
            }
        }

        removed.RemoveAll(moved.Contains);
        added.RemoveAll(moved.Contains);
        moves.Sort(static (x, y) => string.CompareOrdinal(x.Name, y.Name));
        return moves;
    }

    /// <summary>Takes conformances out of both lists that only went with the types they are of.</summary>
    public static void Follow(List<SwiftMove> moves, List<SwiftConformanceUse> lost, List<SwiftConformanceUse> gained)
    {
        foreach (var move in moves)
        {
            lost.RemoveAll(conformance => Renamed(conformance, move) is { } renamed && gained.Remove(renamed));
        }
    }

    private static SwiftConformanceUse? Renamed(SwiftConformanceUse conformance, SwiftMove move) =>
        conformance.Type == move.OldName ? conformance with { Type = move.Name }
        : conformance.Type.StartsWith(move.OldName + "<", StringComparison.Ordinal)
            ? conformance with { Type = move.Name + conformance.Type[move.OldName.Length..] }
        : null;

    private static Dictionary<(string Kind, string Name, UInt128 Shape),
        List<SwiftEntityFacts>> ByShape(List<SwiftEntityFacts> entities) => entities
        .Where(static entity => entity.Kind != SwiftEntityFacts.Protocol && entity.Members is { Length: > 0 })
        .GroupBy(static entity =>
            (entity.Kind, entity.Name[(entity.Name.LastIndexOf('.') + 1)..],
            entity.Shape(text => WithoutName(text, entity.Name))))
        .ToDictionary(static group => group.Key, static group => group.ToList());

    // A type that refers to itself has the same shape elsewhere.
    private static string WithoutName(string text, string name)
    {
        for (var at = text.IndexOf(name, StringComparison.Ordinal); at >= 0; at =
            text.IndexOf(name, at + 1, StringComparison.Ordinal))
        {
            var end = at + name.Length;
            if ((at == 0 || !IsPartOfName(text[at - 1])) && (end == text.Length || !IsPartOfName(text[end])))
            {
                text = string.Concat(text.AsSpan(0, at), "\0", text.AsSpan(end));
                at = at < text.Length ? at : text.Length - 1;
            }
        }

        return text;

        static bool IsPartOfName(char c) => char.IsLetterOrDigit(c) || c is '_' or '.';
    }
}
