using IpswDiff.Formats.Ipsw;

namespace IpswDiff.Diffing.Inputs.Opening;

/// <summary>What a firmware's manifest says of the files it names: for which boards, and as what.</summary>
internal sealed class ManifestUses
{
    private readonly Dictionary<string, List<string>> _boards = new(StringComparer.OrdinalIgnoreCase);

    private ManifestUses(IReadOnlyList<BuildIdentity> identities)
    {
        var uses = identities
            .SelectMany(identity => identity.Entries.Where(entry => entry.Path is not null).Select(entry => (entry.Key, Path: entry.Path!, Board: identity.DeviceClass)))
            .ToArray();
        foreach (var use in uses.Where(use => use.Board.Length > 0))
        {
            if (!_boards.TryGetValue(use.Path, out var boards))
            {
                _boards.Add(use.Path, boards = []);
            }

            if (!boards.Contains(use.Board, StringComparer.Ordinal))
            {
                boards.Add(use.Board);
            }
        }

        Components = [.. uses.GroupBy(use => use.Key, StringComparer.Ordinal).SelectMany(Label)];
    }

    /// <summary>
    /// The files under each key, under a label of their own: the key, and where there are several the first board that
    /// uses the file.
    /// </summary>
    public IReadOnlyList<(string Label, string Path, IReadOnlyList<string> Boards)> Components { get; }

    public static ManifestUses Of(BuildManifest? manifest) => new(manifest?.Identities ?? []);

    /// <summary>The boards that use a file; none where no identity names it.</summary>
    public IReadOnlyList<string> BoardsOf(string path) => _boards.GetValueOrDefault(path) ?? [];

    private IEnumerable<(string Label, string Path, IReadOnlyList<string> Boards)> Label(IGrouping<string, (string Key, string Path, string Board)> uses)
    {
        var paths = uses.Select(use => use.Path).Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            var boards = BoardsOf(path);
            var label = paths.Length == 1 ? uses.Key : $"{uses.Key} ({(boards.Count > 0 ? boards[0] : Path.GetFileName(path))})";

            // A board that has one for erasing and another for recovery.
            if (!taken.Add(label))
            {
                label = $"{label} {taken.Count}";
                taken.Add(label);
            }

            yield return (label, path, boards);
        }
    }
}
