using IpswDiff.Diffing.Inputs;

namespace IpswDiff.Diffing.Pairs;

/// <summary>Which kernelcache of one firmware faces which of the other.</summary>
/// <param name="Label">The file's name, made unique among the pairs.</param>
/// <param name="Old">The old one, or null.</param>
/// <param name="New">The new one, or null.</param>
internal sealed record KernelcacheMatch(string Label, InputKernelcache? Old, InputKernelcache? New)
{
    /// <summary>Whether the manifests vouch for both files being the same.</summary>
    public bool HaveSameDigest => Old?.Digest is { } digest && digest == New?.Digest;
}

/// <summary>
/// Matches kernelcaches by board: what a board booted before faces what it boots now. A board that boots several (release, research)
/// has them matched by name, then by variant, then in order. Where no manifest names boards, names decide, and two that are alone.
/// </summary>
internal static class KernelcacheMatching
{
    /// <summary>Every pair once, in the order of the new firmware, those that only the old one has last.</summary>
    /// <param name="old">Of the old firmware.</param>
    /// <param name="new">Of the new firmware.</param>
    /// <param name="board">The only board to look at, or null for all.</param>
    public static IReadOnlyList<KernelcacheMatch> Match(IReadOnlyList<InputKernelcache> old, IReadOnlyList<InputKernelcache> @new, string? board)
    {
        var pairs = new List<(InputKernelcache? Old, InputKernelcache? New)>();
        var boards = old.Concat(@new).SelectMany(cache => cache.Boards).Distinct(StringComparer.OrdinalIgnoreCase);
        foreach (var one in board is null ? boards : [board])
        {
            pairs.AddRange(Pair([.. old.Where(cache => IsFor(cache, one))], [.. @new.Where(cache => IsFor(cache, one))], takeRest: true));
        }

        // A cache that faces nothing for one board may face something for another; and where one side has no boards, names are left.
        var met = pairs.Where(pair => pair is { Old: not null, New: not null }).ToList();
        var (oldRest, newRest) = (Rest(old, met.Select(pair => pair.Old!), board), Rest(@new, met.Select(pair => pair.New!), board));
        met.AddRange(Pair(oldRest, newRest, takeRest: oldRest.Concat(newRest).All(cache => cache.Boards.Count == 0) && oldRest.Count == 1 && newRest.Count == 1));
        return Label([.. met.Distinct().OrderBy(pair => Place(@new, pair.New)).ThenBy(pair => Place(old, pair.Old))]);
    }

    private static bool IsFor(InputKernelcache cache, string board) => cache.Boards.Contains(board, StringComparer.OrdinalIgnoreCase);

    private static List<InputKernelcache> Rest(IEnumerable<InputKernelcache> all, IEnumerable<InputKernelcache> met, string? board)
    {
        var known = met.ToHashSet();
        return [.. all.Where(cache => !known.Contains(cache) && (board is null || IsFor(cache, board)))];
    }

    private static int Place(IReadOnlyList<InputKernelcache> all, InputKernelcache? cache) =>
        cache is null ? int.MaxValue : all.Index().First(item => item.Item == cache).Index;

    private static List<(InputKernelcache? Old, InputKernelcache? New)> Pair(List<InputKernelcache> old, List<InputKernelcache> @new, bool takeRest)
    {
        var pairs = new List<(InputKernelcache? Old, InputKernelcache? New)>();
        Take((before, after) => string.Equals(before.Name, after.Name, StringComparison.OrdinalIgnoreCase));
        if (takeRest)
        {
            Take((before, after) => string.Equals(Variant(before), Variant(after), StringComparison.OrdinalIgnoreCase));
            Take((_, _) => true);
        }

        pairs.AddRange(@new.Select(cache => ((InputKernelcache?)null, (InputKernelcache?)cache)));
        pairs.AddRange(old.Select(cache => ((InputKernelcache?)cache, (InputKernelcache?)null)));
        return pairs;

        void Take(Func<InputKernelcache, InputKernelcache, bool> belong)
        {
            foreach (var after in @new.ToArray())
            {
                if (old.Find(before => belong(before, after)) is { } before)
                {
                    pairs.Add((before, after));
                    old.Remove(before);
                    @new.Remove(after);
                }
            }
        }
    }

    // kernelcache.release.iphone16, kernelcache.research.iphone16
    private static string Variant(InputKernelcache cache) => cache.Name.Split('.') is { Length: > 1 } parts ? parts[1] : string.Empty;

    private static KernelcacheMatch[] Label(IReadOnlyList<(InputKernelcache? Old, InputKernelcache? New)> pairs)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        return [.. pairs.Select(pair =>
        {
            var shown = (pair.New ?? pair.Old)!;
            var label = shown.Name;
            foreach (var longer in (string[])[shown.Path, $"{shown.Path} (was {pair.Old?.Path})"])
            {
                if (taken.Add(label))
                {
                    break;
                }

                label = longer;
            }

            taken.Add(label);
            return new KernelcacheMatch(label, pair.Old, pair.New);
        })];
    }
}
