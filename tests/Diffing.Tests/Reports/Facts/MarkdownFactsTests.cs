using System.IO.Compression;
using System.Text.Json;
using CsCheck;
using IpswDiff.Diffing.Reports;
using IpswDiff.Diffing.Reports.Json;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Tests.Reports.Facts;

/// <summary>The Markdown says what the JSON says: written as JSON, read again, written as Markdown, read back, a report has the same facts.</summary>
public class MarkdownFactsTests
{
    [Fact]
    public Task Markdown_says_what_json_says() => GenReport.Report.SampleAsync(CheckAsync, iter: 80, threads: 2);

    [Fact]
    public Task Lists_too_long_for_the_readme_are_read_from_their_pages()
    {
        var items = Enumerable.Range(0, 1005).Select(i => (ItemGroup.Added, new ReportItem { Volume = "SystemOS", Path = $"/many/{i} [x](y)", Class = ChangeClass.Data, Score = 15 }, (ItemDetails?)null));
        var changed = Enumerable.Range(0, 1000).Select(i => (ItemGroup.Changed, new ReportItem { Path = $"kext {i}", Class = ChangeClass.Data, Score = 15 }, (ItemDetails?)new ItemDetails { Path = $"kext {i}" }));
        return CheckAsync(new MadeReport("many", ["a", "b", "c", "d"], [], [
            new MadeSection("Files", SectionState.Complete, null, [], [], [.. items]),
            new MadeSection("Kernelcache", SectionState.Complete, null, [], [], [.. changed])]));
    }

    private static async Task CheckAsync(MadeReport made)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"ipswdiff-facts-{Guid.NewGuid():N}");
        try
        {
            var (json, markdown) = (new FolderArtifactStore(Path.Combine(folder, "json")), new FolderArtifactStore(Path.Combine(folder, "markdown")));
            var contents = await made.WriteAsync(json, TestContext.Current.CancellationToken);
            await ReportFormats.WriteAsync(contents, json, ["json"], TestContext.Current.CancellationToken);
            var read = await WrittenReport.OpenAsync(json, TestContext.Current.CancellationToken);
            await ReportFormats.WriteAsync(read, markdown, ["markdown"], TestContext.Current.CancellationToken);
            var expected = await JsonFacts.ReadAsync(read, async name =>
            {
                await using var stream = new GZipStream((await json.TryOpenAsync(name, TestContext.Current.CancellationToken))!, CompressionMode.Decompress);
                return (await JsonSerializer.DeserializeAsync(stream, ResultsJson.Readable.ItemDetails, TestContext.Current.CancellationToken))!;
            });
            AssertSame(expected.Sorted, ReadmeReader.Read(Path.Combine(folder, "markdown")).Sorted);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void AssertSame(IReadOnlyList<string> expected, IReadOnlyList<string> told)
    {
        var missing = string.Join("\n  ", expected.Except(told).Take(3));
        var invented = string.Join("\n  ", told.Except(expected).Take(3));
        Assert.True(missing.Length + invented.Length == 0, $"not told:\n  {missing}\nnot so:\n  {invented}");
        Assert.Equal(expected, told);
    }
}
