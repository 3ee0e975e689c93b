using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Shards;

namespace IpswDiff.Diffing.Pairs;

/// <summary>
/// Matches volumes by role and boards: what a board ran before faces what it runs now, however a role is spread over images on either
/// side. Images that the manifest calls identical are one. An image that faces nothing of its boards faces the first of its role, which is
/// nearer to it than nothing: a new board's system is an old one with differences.
/// </summary>
internal static class VolumeMatching
{
    /// <summary>Every pair once, in the order of the old firmware, what only the new one has last.</summary>
    /// <param name="old">Of the old firmware.</param>
    /// <param name="new">Of the new firmware.</param>
    /// <param name="board">The only board to look at, or null for all. Volumes that name no boards are everybody's.</param>
    public static IReadOnlyList<VolumePair> Match(IReadOnlyList<InputVolume> old, IReadOnlyList<InputVolume> @new, string? board)
    {
        // Two images with one volume each are compared whatever the volumes are called.
        if (old is [var single] && @new is [var other])
        {
            return [new VolumePair(other.Label, other.Role, other.Boards, single, other)];
        }

        var roles = old.Concat(@new).Select(volume => volume.Role).Distinct(StringComparer.Ordinal);
        var pairs = new List<VolumePair>();
        foreach (var role in roles)
        {
            pairs.AddRange(MatchRole(role, Distinct(old, role, board), Distinct(@new, role, board)));
        }

        return Unique(pairs);
    }

    /// <summary>The roles that have several pairs.</summary>
    public static IEnumerable<SplitPlace> Splits(IEnumerable<VolumePair> pairs) => pairs
        .GroupBy(pair => pair.Role, StringComparer.Ordinal)
        .Where(role => role.Count() > 1)
        .Select(role => new SplitPlace(role.Key, [.. role.Select(pair => new SplitPart(pair.Label, pair.Boards))]));

    private static List<VolumePair> MatchRole(string role, List<Image> old, List<Image> @new)
    {
        if (old.Count <= 1 && @new.Count <= 1)
        {
            var boards = Boards(old.Concat(@new));
            return [new VolumePair(role, role, boards, old.FirstOrDefault()?.Volume, @new.FirstOrDefault()?.Volume)];
        }

        var met = new List<(Image? Old, Image? New, IReadOnlyList<string> Boards)>();
        foreach (var before in old)
        {
            foreach (var after in @new)
            {
                var common = before.Boards.Intersect(after.Boards, StringComparer.OrdinalIgnoreCase).ToArray();
                if (common.Length > 0 || (before.Boards.Count == 0 && after.Boards.Count == 0 && before.Volume.Label == after.Volume.Label))
                {
                    met.Add((before, after, common));
                }
            }
        }

        foreach (var after in @new.Where(image => met.TrueForAll(pair => pair.New != image)))
        {
            met.Add((old.Find(before => before.Volume.Digest is { } digest && digest == after.Volume.Digest) ?? old.FirstOrDefault(), after, after.Boards));
        }

        foreach (var before in old.Where(image => met.TrueForAll(pair => pair.Old != image)))
        {
            met.Add((before, @new.Find(after => after.Volume.Digest is { } digest && digest == before.Volume.Digest) ?? @new.FirstOrDefault(), before.Boards));
        }

        return [.. met
            .OrderBy(pair => pair.Old is { } before ? old.IndexOf(before) : int.MaxValue)
            .ThenBy(pair => pair.New is { } after ? @new.IndexOf(after) : int.MaxValue)
            .Select(pair => new VolumePair(met.Count == 1 ? role : $"{role} ({Place(pair.Boards, pair.New ?? pair.Old!)})", role, pair.Boards, pair.Old?.Volume, pair.New?.Volume))];
    }

    private static string Place(IReadOnlyList<string> boards, Image image) => boards.Count switch
    {
        0 => image.Volume.Label,
        1 => boards[0],
        _ => $"{boards[0]} and {boards.Count - 1} more",
    };

    // Images of one digest are one image, for the boards of all of them.
    private static List<Image> Distinct(IReadOnlyList<InputVolume> volumes, string role, string? board) =>
    [
        .. volumes.Where(volume => volume.Role == role)
            .Where(volume => board is null || volume.Boards.Count == 0 || volume.Boards.Contains(board, StringComparer.OrdinalIgnoreCase))
            .GroupBy(volume => volume.Digest ?? volume.Label, StringComparer.Ordinal)
            .Select(alike => new Image(alike.First(), [.. alike.SelectMany(volume => volume.Boards).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal)])),
    ];

    private static string[] Boards(IEnumerable<Image> images) =>
        [.. images.SelectMany(image => image.Boards).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal)];

    private static VolumePair[] Unique(List<VolumePair> pairs)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        return [.. pairs.Select(pair =>
        {
            var label = pair.Label;
            for (var number = 2; !taken.Add(label); number++)
            {
                label = $"{pair.Label} {number}";
            }

            return pair with { Label = label };
        })];
    }

    private sealed record Image(InputVolume Volume, IReadOnlyList<string> Boards);
}
