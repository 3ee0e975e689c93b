using System.Security.Cryptography;

namespace IpswDiff.EndToEnd;

/// <summary><c>ipswdiff render</c>: every format again, from the index and the details.</summary>
public sealed class RenderTests
{
    [Fact]
    public void Writes_what_the_diff_wrote()
    {
        using var scratch = Cli.Scratch();
        Cli.Run("diff", Samples.Old, Samples.New, "--strings", "--functions", "--format", "markdown,html,json", "-o", scratch["diff"]).Expect(0);
        Cli.Run("render", Path.Combine(scratch["diff"], "report.json"), "--format", "markdown,html,json", "-o", scratch["render"]).Expect(0);
        var expected = FilesOf(scratch["diff"]);
        Assert.Contains(expected, file => file.StartsWith("README.md ", StringComparison.Ordinal));
        Assert.Equal(expected, FilesOf(scratch["render"]));
    }

    [Fact]
    public void A_damaged_index_fails_with_one_line()
    {
        using var scratch = Cli.Scratch();
        Cli.Run("diff", Samples.Old, Samples.New, "--format", "json", "-o", scratch["diff"]).Expect(0);
        var index = Path.Combine(scratch["diff"], "report.json");
        var text = File.ReadAllText(index);
        foreach (
            var damaged in new[] { text[..(text.Length / 2)],
                text.Replace("\"schemaVersion\": 1", "\"schemaVersion\": 99", StringComparison.Ordinal),
                    text.Replace("\"path\":", "\"pith\":", StringComparison.Ordinal),
            text.Replace("\"handler\": \"MachO\"", "\"handler\": \"../../x\"", StringComparison.Ordinal),
                text.Replace("\"path\":", "\"\\ud800\":", StringComparison.Ordinal), "[]", string.Empty })
        {
            File.WriteAllText(index, damaged);
            var result = Cli.Run("render", scratch["diff"], "--format", "markdown", "-o", scratch["render"]).Expect(4);
            Assert.Equal(1, result.Error.TrimEnd().Count(c => c == '\n') + 1);
            Assert.Contains("report.json", result.Error, StringComparison.Ordinal);
        }

        Cli.Run("render", scratch["nowhere"], "-o", scratch["render"]).Expect(4);
    }

    /// <summary>Every file below a folder, by name and content.</summary>
    internal static string[] FilesOf(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => $"{Path.GetRelativePath(folder, file)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}").Order(StringComparer.Ordinal)];
}
