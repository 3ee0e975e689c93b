namespace IpswDiff.Formats.Demangling;

/// <summary>
/// A part of a C++ declaration. What is declared goes between <see cref="Left"/> and <see cref="Right"/>: <c>void (*</c> and <c>)(int)</c>.
/// A piece may stand for several alternatives (a parameter pack not yet expanded) or for a list (an expanded one).
/// </summary>
internal sealed class Piece(string left, string right = "")
{
    public string Left { get; } = left;

    public string Right { get; } = right;

    /// <summary>The last name without scope and arguments: what a constructor is called.</summary>
    public string BaseName { get; init; } = string.Empty;

    /// <summary>A standard name in full, as constructors of it spell it.</summary>
    public string? Expanded { get; init; }

    /// <summary>Whether a pointer to it needs parentheses.</summary>
    public bool IsFunctionOrArray { get; init; }

    public bool IsArray { get; init; }

    public bool HasTemplateArguments { get; init; }

    /// <summary>0, or 1 for <c>&amp;</c> and 2 for <c>&amp;&amp;</c>; then <see cref="Referee"/> is what is referred to.</summary>
    public int Reference { get; init; }

    public Piece? Referee { get; init; }

    /// <summary>What a pack not yet expanded stands for.</summary>
    public IReadOnlyList<Piece>? Pack { get; init; }

    /// <summary>The members of an expanded pack.</summary>
    public IReadOnlyList<Piece>? List { get; init; }

    public string Text => Left + Right;

    /// <summary>Applies <paramref name="make"/> to each alternative where there are several.</summary>
    public Piece Map(Func<Piece, Piece> make) => Pack is null ? make(this) : new Piece(string.Empty) { Pack = [.. Pack.Select(make)] };

    /// <summary>The pieces with expanded packs spread out.</summary>
    public static IEnumerable<Piece> Flat(IEnumerable<Piece> pieces) => pieces.SelectMany(piece => piece.List is null ? [piece] : Flat(piece.List));

    /// <summary>The alternatives of a list of pieces, zipped; one where no piece has any.</summary>
    public static Piece Zip(IReadOnlyList<Piece> pieces, Func<IReadOnlyList<Piece>, Piece> make)
    {
        var packs = pieces.Where(piece => piece.Pack is not null).Select(piece => piece.Pack!.Count).Distinct().ToArray();
        return packs.Length switch
        {
            0 => make(pieces),
            1 => new Piece(string.Empty) { Pack = [.. Enumerable.Range(0, packs[0]).Select(i => make([.. pieces.Select(piece => piece.Pack?[i] ?? piece)]))] },
            _ => throw new NotUnderstoodException(),
        };
    }
}
