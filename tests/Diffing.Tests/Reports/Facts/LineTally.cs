using System.Globalization;

namespace IpswDiff.Diffing.Tests.Reports.Facts;

/// <summary>
/// By how many more or fewer times each line stands on the new side. Which of two equal lines a diff shows as kept is its own affair; this
/// is what every diff between the same two sides says.
/// </summary>
internal sealed class LineTally
{
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    public void Add(char sign, string line) => _counts[line] = _counts.GetValueOrDefault(line) + (sign == '+' ? 1 : sign == '-' ? -1 : 0);

    public void AddTo(FactList.Scope facts, string what)
    {
        foreach (var (line, count) in _counts.Where(line => line.Value != 0))
        {
            facts.Add(what, line, count.ToString("+0;-0", CultureInfo.InvariantCulture));
        }
    }
}
