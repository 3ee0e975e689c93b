using System.IO.Compression;
using System.Text.Json;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;
using IpswDiff.Formats.Demangling;

namespace IpswDiff.Diffing.Reports.Html;

/// <summary>What the page holds of the details of one item.</summary>
/// <param name="Packed">The details as they are kept: gzip, which is what browsers unpack.</param>
/// <param name="Names">What the mangled names outside the residue say, as a JSON object by raw name in gzip; null where there are none.</param>
/// <param name="Growth">Of a binary: by how many bytes all its sections together grew.</param>
internal sealed record HtmlItem(MemoryStream Packed, MemoryStream? Names, long? Growth)
{
    /// <summary>Reads the details of an item.</summary>
    /// <exception cref="IOException">They are gone or damaged, or storage failed.</exception>
    public static Task<HtmlItem> ReadAsync(
        DetailsReader reader, ReportItem item, CancellationToken cancellationToken) => reader.UseAsync(
        item,
        static (packed, details) => Task.FromResult(new HtmlItem(
            packed.Packed,
            NamesOf(details.Slices),
            details.Slices.Count == 0 ? null : details.Slices.Aggregate(0L, static (sum, slice) =>
                unchecked(sum + SizeOf(slice.New) - SizeOf(slice.Old))))),
        cancellationToken);

    // Sizes are what a file says; sums of nonsense may wrap and do no harm.
    private static long SizeOf(BinarySummary? side) => side is null ? 0 : side.Sections.Aggregate(0L, static (sum, section) => unchecked(sum + (long)section.Size));

    private static MemoryStream? NamesOf(IReadOnlyList<SliceChange> slices)
    {
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        foreach (var raw in slices.SelectMany(slice => NamesText.Of(ResidueFold.Of(slice).Signal)))
        {
            if (!names.ContainsKey(raw) && Demangler.TryDemangle(raw) is { } name)
            {
                names.Add(raw, name);
            }
        }

        if (names.Count == 0)
        {
            return null;
        }

        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            JsonSerializer.Serialize(gzip, names, ResultsJson.Readable.DictionaryStringString);
        }

        packed.Position = 0;
        return packed;
    }
}
