using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using IpswDiff.Diffing.Handlers.Firmware;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports.Json;

/// <summary>
/// <c>report.json</c>: the index of a report. Written as a stream, one line an item, so that neither writer nor reader needs it
/// whole.
/// </summary>
public static class JsonReport
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "report.json";

    private const int FlushAt = 64 * 1024;

    private static readonly JsonWriterOptions Layout = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the whole index to <paramref name="stream"/>.</summary>
    /// <exception cref="IOException">Reading items or writing failed.</exception>
    public static async Task WriteAsync(ReportContents report, Stream stream, CancellationToken cancellationToken)
    {
        using var text = new LineWriter(stream);
        var head = report.Head;
        text.Raw("{\n");
        text.Raw($"  \"schemaVersion\": {head.SchemaVersion},\n");
        text.Property("  ", "tool", writer => JsonSerializer.Serialize(writer, head.Tool, ResultsJson.Readable.ToolInfo));
        text.Property("  ", "title", writer => writer.WriteStringValue(head.Title));
        text.Property("  ", "old", writer => JsonSerializer.Serialize(writer, head.Old, ResultsJson.Readable.FirmwareInfo));
        text.Property("  ", "new", writer => JsonSerializer.Serialize(writer, head.New, ResultsJson.Readable.FirmwareInfo));
        text.Property("  ", "options", writer => JsonSerializer.Serialize(writer, head.Options, ResultsJson.Readable.OptionsInfo));
        text.Property("  ", "run", writer => JsonSerializer.Serialize(writer, head.Run, ResultsJson.Readable.RunInfo));
        text.Raw("  \"sections\": [");
        for (var i = 0; i < head.Sections.Count; i++)
        {
            text.Raw(i == 0 ? "\n" : ",\n");
            await WriteSectionAsync(report, head.Sections[i], text, cancellationToken).ConfigureAwait(false);
        }

        text.Raw("\n  ]\n}\n");
        await text.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task WriteSectionAsync(ReportContents report, Section section, LineWriter text, CancellationToken cancellationToken)
    {
        text.Raw("    {\n");
        text.Property("      ", "handler", writer => writer.WriteStringValue(section.Handler));
        text.Property("      ", "state", writer => writer.WriteStringValue(JsonNamingPolicy.CamelCase.ConvertName(section.State.ToString())));
        if (section.Reason is { } reason)
        {
            text.Property("      ", "reason", writer => writer.WriteStringValue(reason));
        }

        text.Property("      ", "durationSeconds", writer => writer.WriteNumberValue(Math.Round(section.DurationSeconds, 3)));
        WriteList(text, "containers", section.Containers, (writer, container) => JsonSerializer.Serialize(writer, container, ResultsJson.Readable.ContainerInfo));
        WriteList(text, "facts", section.Facts, (writer, fact) => JsonSerializer.Serialize(writer, fact, ResultsJson.Readable.SectionFact));
        for (var i = 0; i < ItemGroups.InOrder.Count; i++)
        {
            var group = ItemGroups.InOrder[i];
            text.Raw($"      \"{JsonNamingPolicy.CamelCase.ConvertName(group.ToString())}\": [");
            var first = true;
            await foreach (var item in report.Items.ReadAsync(section.Handler, group, cancellationToken).ConfigureAwait(false))
            {
                text.Raw(first ? "\n        " : ",\n        ");
                first = false;
                text.Value(writer => JsonSerializer.Serialize(writer, item, ResultsJson.Readable.ReportItem));
                if (text.Pending > FlushAt)
                {
                    await text.FlushAsync(cancellationToken).ConfigureAwait(false);
                }
            }

            text.Raw((first ? "]" : "\n      ]") + (i == ItemGroups.InOrder.Count - 1 ? "\n" : ",\n"));
        }

        text.Raw("    }");
    }

    private static void WriteList<T>(LineWriter text, string name, IReadOnlyList<T> list, Action<Utf8JsonWriter, T> write)
    {
        if (list.Count == 0)
        {
            return;
        }

        text.Raw($"      \"{name}\": [");
        for (var i = 0; i < list.Count; i++)
        {
            var item = list[i];
            text.Raw(i == 0 ? "\n        " : ",\n        ");
            text.Value(writer => write(writer, item));
        }

        text.Raw("\n      ],\n");
    }

    /// <summary>Puts JSON values onto lines of our own: the document is for programs, its lines for people and line tools.</summary>
    private sealed class LineWriter(Stream stream) : IDisposable
    {
        private readonly ArrayBufferWriter<byte> _buffer = new(FlushAt * 2);
        private Utf8JsonWriter? _json;

        public void Dispose() => _json?.Dispose();

        public int Pending => _buffer.WrittenCount;

        public void Raw(string ascii)
        {
            Encoding.UTF8.GetBytes(ascii.AsSpan(), _buffer);
        }

        public void Property(string indent, string name, Action<Utf8JsonWriter> write)
        {
            Raw($"{indent}\"{name}\": ");
            Value(write);
            Raw(",\n");
        }

        public void Value(Action<Utf8JsonWriter> write)
        {
            if (_json is null)
            {
                _json = new Utf8JsonWriter(_buffer, Layout);
            }
            else
            {
                _json.Reset(_buffer);
            }

            write(_json);
            _json.Flush();
        }

        public async Task FlushAsync(CancellationToken cancellationToken)
        {
            await stream.WriteAsync(_buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
            _buffer.ResetWrittenCount();
        }
    }
}
