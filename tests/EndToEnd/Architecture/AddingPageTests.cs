using IpswDiff.Forge;

namespace IpswDiff.EndToEnd.Architecture;

/// <summary>What <c>docs/adding.md</c> shows of a section is what there is.</summary>
public class AddingPageTests
{
    [Fact]
    public void The_section_that_is_shown_is_the_one_in_the_source()
    {
        string? file = null;
        var shown = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var page = File.ReadLines(Path.Combine(SampleFiles.RepositoryRoot, "docs", "adding.md"));
        foreach (var line in page.SkipWhile(line => line != "```diff").Skip(1).TakeWhile(line => line != "```"))
        {
            if (line.StartsWith("+++ b/", StringComparison.Ordinal))
            {
                shown.Add(file = line["+++ b/".Length..], []);
            }
            else if (line.StartsWith('+'))
            {
                shown[file!].Add(line[1..]);
            }
        }

        Assert.Equal(2, shown.Count);
        foreach (var (path, lines) in shown)
        {
            var source = File.ReadAllLines(Path.Combine(SampleFiles.RepositoryRoot, path));
            if (path.Contains("/Handlers/", StringComparison.Ordinal))
            {
                Assert.Equal(source, lines);
                Assert.Single(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Path.Combine(SampleFiles.RepositoryRoot, path))!));
            }
            else
            {
                Assert.NotEmpty(lines);
                Assert.All(lines, line => Assert.Contains(line, source));
            }
        }
    }

    [Fact]
    public void Nothing_but_the_registry_names_that_section()
    {
        var root = Path.Combine(SampleFiles.RepositoryRoot, "src");
        var users = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/Handlers/Features/", StringComparison.Ordinal))
            .Where(file => File.ReadAllText(file) is var text
                && (text.Contains("FeaturesHandler", StringComparison.Ordinal) || text.Contains("\"Features\"", StringComparison.Ordinal)))
            .Select(file => Path.GetRelativePath(root, file).Replace('\\', '/'));
        Assert.Equal(["Diffing/Registry/HandlerRegistry.cs"], users);
    }
}
