using IpswDiff.Forge;

namespace IpswDiff.EndToEnd.Architecture;

/// <summary>A row of the table of houses in <c>docs/architecture.md</c>.</summary>
/// <param name="Folder">Where the house lies: <c>src/Formats</c>.</param>
/// <param name="MayKnow">The names of the houses that it may use, in the order of names.</param>
internal sealed record HouseRow(string Folder, IReadOnlyList<string> MayKnow)
{
    /// <summary>The house's name.</summary>
    public string Name => Path.GetFileName(Folder);

    /// <summary>Every row of the page.</summary>
    public static IReadOnlyList<HouseRow> ReadAll() =>
    [
        .. File.ReadLines(Path.Combine(SampleFiles.RepositoryRoot, "docs", "architecture.md"))
            .SkipWhile(line => !line.StartsWith("| house |", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(Parse),
    ];

    private static HouseRow Parse(string line)
    {
        var cells = line.Trim('|').Split('|', StringSplitOptions.TrimEntries);
        string[] known = cells[^1] == "–" ? [] : cells[^1].Split(',', StringSplitOptions.TrimEntries);
        return new HouseRow(cells[0].Trim('`'), [.. known.Order(StringComparer.Ordinal)]);
    }
}
