using System.Text;
using System.Text.RegularExpressions;
using IpswDiff.Forge;

namespace IpswDiff.EndToEnd.AllKinds;

/// <summary>
/// A report as it is kept below <c>tests/EndToEnd/Golden</c>: README.md, report.json, and all other pages in one file, each under its
/// path. Run the tests with <c>IPSWDIFF_GOLDEN=write</c> to make the kept reports again after a change of what reports say, and read
/// the difference that version control shows.
/// </summary>
internal static partial class GoldenReport
{
    private const string Pages = "pages.txt";

    private static bool IsRemade { get; } = Environment.GetEnvironmentVariable("IPSWDIFF_GOLDEN") == "write";

    /// <summary>Fails unless a report is, byte for byte, the one that is kept under <paramref name="name"/>; what no two runs share is left out.</summary>
    public static void Compare(string name, ScratchFolder report, params string[] places)
    {
        foreach (var file in (string[])["README.md", "report.json"])
        {
            CompareText(name, file, Normalise(File.ReadAllText(report[file]), places));
        }

        CompareText(name, Pages, AllPages(report.Root));
    }

    /// <summary>Fails unless the text is the one that is kept in a file.</summary>
    public static void CompareText(string name, string file, string actual)
    {
        var path = Path.Combine(SampleFiles.RepositoryRoot, "tests", "EndToEnd", "Golden", name, file);
        if (IsRemade)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
            return;
        }

        Assert.True(File.Exists(path), $"{path} is not there; run this test with IPSWDIFF_GOLDEN=write to make it");
        var expected = File.ReadAllText(path).ReplaceLineEndings("\n");
        if (expected != actual)
        {
            Assert.Fail(FirstDifference($"Golden/{name}/{file}", expected, actual));
        }
    }

    /// <summary>
    /// What no two runs share, made equal: in report.json the times, the memory, the tool's version and the places of the inputs; in
    /// the Run section of README.md the same. Everything else stays as it is, to the byte.
    /// </summary>
    internal static string Normalise(string text, params string[] places)
    {
        foreach (var place in places)
        {
            text = text.Replace(place + Path.DirectorySeparatorChar, string.Empty, StringComparison.Ordinal);
        }

        text = Volatile().Replace(text, "${key}0");
        text = Started().Replace(text, "${key}\"1970-01-01T00:00:00+00:00\"");
        text = ToolVersion().Replace(text, "${key}\"0.0.0\"");
        var run = text.IndexOf("\n## Run\n", StringComparison.Ordinal);
        return run < 0 ? text : text[..run] + Quantity().Replace(RunVersion().Replace(text[run..], "ipswdiff 0.0.0"), "0${unit}");
    }

    private static string AllPages(string folder)
    {
        var all = new StringBuilder();
        foreach (var page in Directory.EnumerateFiles(folder, "*.md", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/'))
            .Where(page => page != "README.md").Order(StringComparer.Ordinal))
        {
            all.Append("==> ").Append(page).Append(" <==\n").Append(File.ReadAllText(Path.Combine(folder, page))).Append('\n');
        }

        return all.ToString();
    }

    private static string FirstDifference(string name, string expected, string actual)
    {
        var (before, after) = (expected.Split('\n'), actual.Split('\n'));
        var line = before.Zip(after).TakeWhile(pair => pair.First == pair.Second).Count();
        var page = before.Take(line + 1).LastOrDefault(text => text.StartsWith("==> ", StringComparison.Ordinal));
        return $"""
            {name} differs from line {line + 1} on{(page is null ? string.Empty : ", in " + page)}:
              kept: {Line(before, line)}
              now:  {Line(after, line)}
            ({before.Length} lines were kept, {after.Length} are there now.) Where the change is meant, run with IPSWDIFF_GOLDEN=write and commit the file.
            """;

        static string Line(string[] lines, int line) => line < lines.Length ? lines[line] : "(the end)";
    }

    [GeneratedRegex("(?<key>\"(durationSeconds|peakWorkingSetBytes)\":\\s*)[0-9.eE+-]+", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Volatile();

    [GeneratedRegex("(?<key>\"startedAt\":\\s*)\"[^\"]*\"", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Started();

    [GeneratedRegex("(?<key>\"name\":\\s*\"ipswdiff\",\\s*\"version\":\\s*)\"[^\"]*\"", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex ToolVersion();

    [GeneratedRegex("ipswdiff [0-9][^ ,|]*", RegexOptions.NonBacktracking)]
    private static partial Regex RunVersion();

    [GeneratedRegex("[0-9][0-9.,]*(?<unit> (ms|s|min|bytes|KiB|MiB|GiB|kB|MB|GB)\\b)", RegexOptions.ExplicitCapture)]
    private static partial Regex Quantity();
}
