using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Reports.Html;

/// <summary>
/// <c>report.html</c>: the whole report in one file that loads nothing. Head, items and the details of each item lie in it as blocks of
/// gzip in base64; the page unpacks the details of an item when somebody opens it.
/// </summary>
public static partial class HtmlReport
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "report.html";

    // A block of items ends beyond either: what the writer holds of them at a time.
    private const int ItemsPerBlock = 1000;
    private const int BytesPerBlock = 512 * 1024;

    private static readonly JsonWriterOptions Layout = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the page to <paramref name="output"/>.</summary>
    /// <exception cref="IOException">Reading items or their details, or writing failed.</exception>
    public static Task WriteAsync(ReportContents report, IArtifactStore output, CancellationToken cancellationToken) =>
        output.TryCreateAsync(FileName, (stream, token) => WriteAsync(report, stream, token), cancellationToken);

    /// <summary>Writes the page to <paramref name="stream"/>.</summary>
    /// <exception cref="IOException">Reading items or their details, or writing failed.</exception>
    public static async Task WriteAsync(ReportContents report, Stream stream, CancellationToken cancellationToken)
    {
        using var blocks = new HtmlBlocks(stream);
        await blocks.TextAsync(HtmlTemplate.Before(report.Head.Title), cancellationToken).ConfigureAwait(false);
        var json = new ArrayBufferWriter<byte>(64 * 1024);
        await using (var writer = new Utf8JsonWriter(json, Layout))
        {
            WriteHead(writer, report.Head);
        }

        await blocks.PackAsync("id=\"head\"", json.WrittenMemory, cancellationToken).ConfigureAwait(false);
        await WriteItemsAsync(report, blocks, json, cancellationToken).ConfigureAwait(false);
        await blocks.TextAsync(HtmlTemplate.After(), cancellationToken).ConfigureAwait(false);
    }

    private static async Task WriteItemsAsync(ReportContents report, HtmlBlocks blocks, ArrayBufferWriter<byte> json, CancellationToken cancellationToken)
    {
        var writer = new Utf8JsonWriter(json, Layout);
        await using var disposal = writer.ConfigureAwait(false);
        var (inBlock, details) = (0, 0);
        await foreach (var (section, group, item, read) in ReadAheadAsync(report, cancellationToken).ConfigureAwait(false))
        {
            if (inBlock == 0)
            {
                json.ResetWrittenCount();
                writer.Reset(json);
                writer.WriteStartArray();
            }

            var found = read is null ? null : await read.ConfigureAwait(false);
            WriteItem(writer, section, group, item, found is null ? null : details, found?.Growth);
            if (found is not null)
            {
                await blocks.CopyAsync($"id=\"d{details}\"", found.Packed, cancellationToken).ConfigureAwait(false);
                if (found.Names is { } names)
                {
                    await blocks.CopyAsync($"id=\"n{details}\"", names, cancellationToken).ConfigureAwait(false);
                }

                details++;
            }

            if (++inBlock == ItemsPerBlock || writer.BytesCommitted + writer.BytesPending > BytesPerBlock)
            {
                await EndBlockAsync().ConfigureAwait(false);
            }
        }

        if (inBlock > 0)
        {
            await EndBlockAsync().ConfigureAwait(false);
        }

        async Task EndBlockAsync()
        {
            writer.WriteEndArray();
            await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
            await blocks.PackAsync("class=\"items\"", json.WrittenMemory, cancellationToken).ConfigureAwait(false);
            inBlock = 0;
        }
    }

    // The details of a few items are read while those before them are written.
    private static async IAsyncEnumerable<(int Section, int Group, ReportItem Item, Task<HtmlItem>? Read)> ReadAheadAsync(
        ReportContents report, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var details = new DetailsReader(report.Details);
        var ahead = new Queue<(int Section, int Group, ReportItem Item, Task<HtmlItem>? Read)>();
        try
        {
            for (var section = 0; section < report.Head.Sections.Count; section++)
            {
                for (var group = 0; group < ItemGroups.InOrder.Count; group++)
                {
                    var items = report.Items.ReadAsync(report.Head.Sections[section].Handler, ItemGroups.InOrder[group], cancellationToken);
                    await foreach (var item in items.ConfigureAwait(false))
                    {
                        if (ahead.Count == ReportContents.ItemsAhead)
                        {
                            yield return ahead.Dequeue();
                        }

                        ahead.Enqueue((section, group, item, item.Details is null ? null
                            : Task.Run(() => HtmlItem.ReadAsync(details, item, cancellationToken), cancellationToken)));
                    }
                }
            }

            while (ahead.TryDequeue(out var next))
            {
                yield return next;
            }
        }
        finally
        {
            // Nothing reads on once the page is written or given up.
            await Task.WhenAll(ahead.Select(next => next.Read ?? Task.CompletedTask)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static void WriteItem(Utf8JsonWriter writer, int section, int group, ReportItem item, int? details, long? growth)
    {
        writer.WriteStartArray();
        writer.WriteNumberValue(section);
        writer.WriteNumberValue(group);
        if (details is { } number)
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteNullValue();
        }

        JsonSerializer.Serialize(writer, item with { Details = null }, ResultsJson.Readable.ReportItem);
        if (growth is { } bytes)
        {
            writer.WriteNumberValue(bytes);
        }

        writer.WriteEndArray();
    }

    private static void WriteHead(Utf8JsonWriter writer, Report head)
    {
        writer.WriteStartObject();
        writer.WriteNumber("schemaVersion", head.SchemaVersion);
        writer.WriteString("title", head.Title);
        writer.WritePropertyName("tool");
        JsonSerializer.Serialize(writer, head.Tool, ResultsJson.Readable.ToolInfo);
        writer.WritePropertyName("old");
        JsonSerializer.Serialize(writer, head.Old, ResultsJson.Readable.FirmwareInfo);
        writer.WritePropertyName("new");
        JsonSerializer.Serialize(writer, head.New, ResultsJson.Readable.FirmwareInfo);
        writer.WritePropertyName("options");
        JsonSerializer.Serialize(writer, head.Options, ResultsJson.Readable.OptionsInfo);
        writer.WritePropertyName("run");
        JsonSerializer.Serialize(writer, head.Run, ResultsJson.Readable.RunInfo);
        WriteResidue(writer);
        writer.WriteStartArray("sections");
        foreach (var section in head.Sections)
        {
            WriteSection(writer, section);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    // The page folds by the rules of the library itself. At the end of a text .NET lets a line feed follow, JavaScript does not.
    private static void WriteResidue(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("residue");
        foreach (var rule in ResidueRules.All)
        {
            writer.WriteStartObject();
            writer.WriteString("what", rule.What);
            writer.WriteBoolean("names", rule.Kinds.HasFlag(ResidueKinds.Names));
            writer.WriteBoolean("strings", rule.Kinds.HasFlag(ResidueKinds.Strings));
            writer.WriteString("pattern", EndAnchor().Replace(rule.Pattern.ToString(), "(?=\\n?$$)"));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    [GeneratedRegex(@"(?<!\\)\$", RegexOptions.CultureInvariant)]
    private static partial Regex EndAnchor();

    private static void WriteSection(Utf8JsonWriter writer, Section section)
    {
        writer.WriteStartObject();
        writer.WriteString("handler", section.Handler);
        writer.WriteString("state", JsonNamingPolicy.CamelCase.ConvertName(section.State.ToString()));
        if (section.Reason is { } reason)
        {
            writer.WriteString("reason", reason);
        }

        writer.WriteStartObject("counts");
        foreach (var group in ItemGroups.InOrder)
        {
            writer.WriteNumber(JsonNamingPolicy.CamelCase.ConvertName(group.ToString()), section.Counts.GetValueOrDefault(group));
        }

        writer.WriteEndObject();
        writer.WriteStartArray("facts");
        foreach (var fact in section.Facts)
        {
            JsonSerializer.Serialize(writer, fact, ResultsJson.Readable.SectionFact);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("containers");
        foreach (var container in section.Containers)
        {
            JsonSerializer.Serialize(writer, container, ResultsJson.Readable.ContainerInfo);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
