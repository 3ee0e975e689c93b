using System.IO.Compression;
using System.Text.Json;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Tests.Handlers;

/// <summary>All of one section of a report, in memory.</summary>
internal class SectionReport
{
    protected SectionReport(SectionReport other) =>
        (Contents, Section, Items, Details) = (other.Contents, other.Section, other.Items, other.Details);

    private SectionReport(ReportContents contents, Section section) => (Contents, Section) = (contents, section);

    internal ReportContents Contents { get; }

    internal Section Section { get; }

    internal RunInfo Run => Contents.Head.Run;

    internal Dictionary<ItemGroup, IReadOnlyList<ReportItem>> Items { get; } = [];

    /// <summary>The details of items, by path; those of several places by <c>place:path</c> as well.</summary>
    internal Dictionary<string, ItemDetails> Details { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads the section of a handler.</summary>
    internal static async Task<SectionReport> ReadAsync(ReportContents contents, string handler)
    {
        var report = new SectionReport(contents, contents.Head.Sections.Single(section => section.Handler == handler));
        foreach (var group in Enum.GetValues<ItemGroup>())
        {
            var items = await contents.Items.ReadAsync(handler, group, CancellationToken.None).ToListAsync();
            Assert.Equal(items.Count, contents.Items.Count(handler).GetValueOrDefault(group));
            report.Items[group] = items;
            foreach (var item in items.Where(item => item.Details is not null))
            {
                await using var packed = (await contents.Details.TryOpenAsync(item.Details!, CancellationToken.None))!;
                await using var stream = new GZipStream(packed, CompressionMode.Decompress);
                var details = JsonSerializer.Deserialize(stream, ResultsJson.Readable.ItemDetails)!;
                report.Details[item.Path] = details;
                if (item.Volume is not null)
                {
                    report.Details.Add($"{item.Volume}:{item.Path}", details);
                }
            }
        }

        return report;
    }

    internal void Deconstruct(
        out Section section, out Dictionary<ItemGroup, IReadOnlyList<ReportItem>> items, out Dictionary<string, ItemDetails> details) =>
        (section, items, details) = (Section, Items, Details);

    /// <summary>The paths of a group, in the order of the report.</summary>
    internal string[] Paths(ItemGroup group) => [.. Items[group].Select(item => item.Path)];

    /// <summary>Everything that must not depend on how the work was done, as text.</summary>
    internal string Comparable() => string.Join(
        '\n',
        Items.OrderBy(group => group.Key)
            .SelectMany(group => group.Value.Select(item => $"{group.Key} {JsonSerializer.Serialize(item, ResultsJson.Readable.ReportItem)}"))
            .Concat(Details.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => JsonSerializer.Serialize(pair.Value, ResultsJson.Readable.ItemDetails))));
}
