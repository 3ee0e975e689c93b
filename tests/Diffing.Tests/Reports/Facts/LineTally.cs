using System.Globalization;
using System.Text.RegularExpressions;

namespace IpswDiff.Diffing.Tests.Reports.Facts;

/// <summary>
/// By how many more or fewer times each line stands on the new side. Which of two equal lines a diff shows as kept is its own affair; this
/// is what every diff between the same two sides says.
/// </summary>
internal sealed partial class LineTally
{
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    public void Add(char sign, string line) => _counts[line] = _counts.GetValueOrDefault(line) + (sign == '+' ? 1 : sign == '-' ? -1 : 0);

    /// <summary>Adds a line of a definition: where its member lies is told apart from what it is.</summary>
    public void AddMember(char sign, string line) => Add(sign, Offset().Replace(line, "$1/* "));

    public void AddTo(FactList.Scope facts, string what)
    {
        foreach (var (line, count) in _counts.Where(line => line.Value != 0))
        {
            facts.Add(what, line, count.ToString("+0;-0", CultureInfo.InvariantCulture));
        }
    }

    [GeneratedRegex(@"^( *)/\* 0x[0-9a-f]+( bit [0-9]+)?")]
    private static partial Regex Offset();
}
