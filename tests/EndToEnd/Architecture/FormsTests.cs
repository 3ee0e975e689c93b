using System.Text.RegularExpressions;
using IpswDiff.Forge;

namespace IpswDiff.EndToEnd.Architecture;

/// <summary>The table of forms of firmware against the tests that it names.</summary>
public sealed partial class FormsTests
{
    [Fact]
    public void Every_form_of_firmware_names_a_test_that_there_is()
    {
        var root = SampleFiles.RepositoryRoot;
        var text = File.ReadAllText(Path.Combine(root, "docs", "formats.md"));
        var table = text[text.IndexOf("## Forms of firmware", StringComparison.Ordinal)..];
        var rows = Row().Matches(table).Select(row => row.Groups["test"].Value).ToArray();
        var tests = Directory.EnumerateFiles(Path.Combine(root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .SelectMany(file => Test().Matches(File.ReadAllText(file)).Select(test => test.Groups["test"].Value))
            .ToHashSet(StringComparer.Ordinal);
        Assert.True(rows.Length > 30, $"{rows.Length} rows");
        Assert.Equal(table.Split('\n').Count(line => line.StartsWith("| ", StringComparison.Ordinal)) - 1, rows.Length);
        Assert.Equal([], rows.Except(tests));
    }

    [GeneratedRegex(@"^\| .+ \| `(?<test>\w+)` \|$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Row();

    [GeneratedRegex(@"public (async Task|void) (?<test>\w+)\(", RegexOptions.ExplicitCapture)]
    private static partial Regex Test();
}
