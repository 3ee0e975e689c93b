using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries;

/// <summary>
/// Matches what two sides have for several processors: by the same architecture; then by the same name; and what is left by succession,
/// whichever side has the successor.
/// </summary>
internal static class ArchitecturePairs
{
    /// <summary>The pairs in the order of the new side, then what the old side alone has.</summary>
    /// <param name="old">The old side.</param>
    /// <param name="new">The new side.</param>
    /// <param name="of">What something is for.</param>
    public static List<(T? Old, T? New)> Match<T>(IReadOnlyList<T> old, IReadOnlyList<T> @new, Func<T, CpuArchitecture> of)
        where T : class
    {
        var partners = new T?[@new.Count];
        var rest = old.ToList();
        Take(static (x, y) => x == y);
        Take(static (x, y) => x.Name == y.Name);
        Take(static (x, y) => x.Succeeds(y) || y.Succeeds(x));
        var pairs = new List<(T? Old, T? New)>(@new.Count + rest.Count);
        pairs.AddRange(@new.Select((one, i) => (partners[i], (T?)one)));
        pairs.AddRange(rest.Select(static one => ((T?)one, (T?)null)));
        return pairs;

        void Take(Func<CpuArchitecture, CpuArchitecture, bool> belong)
        {
            for (var i = 0; i < partners.Length; i++)
            {
                if (partners[i] is null && rest.FindIndex(one => belong(of(one), of(@new[i]))) is >= 0 and var index)
                {
                    partners[i] = rest[index];
                    rest.RemoveAt(index);
                }
            }
        }
    }
}
