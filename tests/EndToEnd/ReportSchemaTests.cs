using System.IO.Compression;
using IpswDiff.Forge;
using NJsonSchema;

namespace IpswDiff.EndToEnd;

/// <summary>The JSON Schemas in <c>docs/</c> against a report that was really written.</summary>
public sealed class ReportSchemaTests
{
    [Fact]
    public async Task A_report_and_its_details_are_as_the_schemas_say()
    {
        using var scratch = Cli.Scratch();
        Cli.Run("diff", Samples.Old, Samples.New, "--strings", "--functions", "--format", "json", "-o", scratch["report"]).Expect(0);
        var index = await File.ReadAllTextAsync(Path.Combine(scratch["report"], "report.json"), TestContext.Current.CancellationToken);
        var schema = await SchemaAsync("report.schema.json");
        Assert.Empty(schema.Validate(index));
        Assert.NotEmpty(schema.Validate(index.Replace("\"schemaVersion\": 1", "\"schemaVersion\": 2", StringComparison.Ordinal)));
        Assert.NotEmpty(schema.Validate(index.Replace("\"score\":", "\"scores\":", StringComparison.Ordinal)));

        var details = await SchemaAsync("item.schema.json");
        var files = Directory.GetFiles(Path.Combine(scratch["report"], "items"), "*.json.gz", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            using var text = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
            var item = await text.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.Empty(details.Validate(item));
            Assert.NotEmpty(details.Validate(item.Replace("\"path\":", "\"pith\":", StringComparison.Ordinal)));
        }
    }

    private static Task<JsonSchema> SchemaAsync(string name) =>
        JsonSchema.FromFileAsync(Path.Combine(SampleFiles.RepositoryRoot, "docs", name), TestContext.Current.CancellationToken);
}
