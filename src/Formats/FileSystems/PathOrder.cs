namespace IpswDiff.Formats.FileSystems;

/// <summary>
/// The one order of paths everywhere: part by part, each part ordinally, so that a directory comes just before what is in it.
/// The separator therefore sorts before every other character.
/// </summary>
public sealed class PathOrder : IComparer<string>
{
    /// <summary>The only instance needed.</summary>
    public static PathOrder Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y) => Compare(x.AsSpan(), y.AsSpan());

    /// <summary>Negative, zero or positive as <paramref name="x"/> comes before, with or after <paramref name="y"/>.</summary>
    public static int Compare(ReadOnlySpan<char> x, ReadOnlySpan<char> y)
    {
        var common = x.CommonPrefixLength(y);
        if (common == x.Length || common == y.Length)
        {
            return x.Length - y.Length;
        }

        return Rank(x[common]) - Rank(y[common]);
    }

    // Paths never hold NUL, so 0 is free for the separator.
    private static int Rank(char c) => c == '/' ? 0 : c;
}
