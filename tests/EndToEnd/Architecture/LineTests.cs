using IpswDiff.Forge;

namespace IpswDiff.EndToEnd.Architecture;

/// <summary>Lines of at most 120 columns. What is longer today is counted by house, and the counts may only fall.</summary>
public class LineTests
{
    private const int Columns = 120;

    [Theory]
    [InlineData("src/Cli", 185)]
    [InlineData("src/Cloud", 123)]
    [InlineData("src/Diffing", 1234)]
    [InlineData("src/Formats", 1875)]
    [InlineData("src/Functions", 98)]
    [InlineData("src/Service", 163)]
    [InlineData("tests", 3233)]
    public void Lines_that_are_too_long_become_fewer(string folder, int most)
    {
        var root = Path.Combine(SampleFiles.RepositoryRoot, folder);
        var found = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin" or "node_modules"))
            .Sum(file => File.ReadLines(file).Count(line => line.Length > Columns));
        Assert.True(found <= most, $"{found} lines of {folder} are longer than {Columns} columns; no more than {most} were: wrap what is new");
    }
}
