namespace IpswDiff.EndToEnd.Architecture;

/// <summary>
/// The layers of a house's folders, the lowest first: a folder uses only folders of lower layers, so that there is no circle.
/// Nested folders are folders of their own. A name that ends in <c>/*</c> stands for all folders directly below.
/// </summary>
internal sealed class FolderLayers
{
    private readonly string[][] _layers;

    /// <param name="layers">From the lowest up; the names of a layer with spaces between them, <c>.</c> for the house's root.</param>
    public FolderLayers(params string[] layers) => _layers = [.. layers.Select(layer => layer.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>What in <paramref name="source"/> is not as the layers say, one line each.</summary>
    public IReadOnlyList<string> Faults(HouseSource source)
    {
        var faults = new List<string>();
        foreach (var name in _layers.SelectMany(layer => layer).Where(name => !source.Folders.Any(folder => Stands(name, folder))))
        {
            faults.Add($"{name} is in the table and has no files");
        }

        foreach (var folder in source.Folders.Where(folder => LayerOf(folder) < 0))
        {
            faults.Add($"{(folder.Length == 0 ? "." : folder)} is in no layer of the table");
        }

        faults.AddRange(source.FolderUses()
            .Where(use => LayerOf(use.From) >= 0 && LayerOf(use.To) >= LayerOf(use.From))
            .Select(use => use.ToString()));
        return faults;
    }

    private int LayerOf(string folder)
    {
        var named = Array.FindIndex(_layers, layer => layer.Contains(folder.Length == 0 ? "." : folder));
        return named >= 0 ? named : Array.FindIndex(_layers, layer => layer.Any(name => Stands(name, folder)));
    }

    private static bool Stands(string name, string folder) => name.EndsWith("/*", StringComparison.Ordinal)
        ? folder.Length > name.Length - 1 && folder.StartsWith(name[..^1], StringComparison.Ordinal) && folder.IndexOf('/', name.Length - 1) < 0
        : name == (folder.Length == 0 ? "." : folder);
}
