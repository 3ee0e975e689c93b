using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using IpswDiff.Cli.Inspection;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Cli.Commands;

/// <summary><c>ipswdiff inspect FILE</c>.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "Any file of a firmware, or a firmware." };
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var images = new ImageArguments();
        var command = new Command("inspect", "Says what a file is and describes it.") { file, json };
        images.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guarded.RunAsync(() => RunAsync(parsed.GetValue(file)!, parsed.GetValue(json), images.Options(parsed), cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(string path, bool json, InputOptions options, CancellationToken cancellationToken)
    {
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            throw new FileNotFoundException($"{path}: there is no such file or folder");
        }

        var parts = new Parts();
        using var described = new MemoryStream();
        var writing = new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = PlainDescription.MaxDepth };
        using (var writer = new Utf8JsonWriter(described, writing))
        {
            Describe(path, writer, options, parts, cancellationToken);
        }

        await Console.Out.WriteLineAsync(json
            ? System.Text.Encoding.UTF8.GetString(described.GetBuffer(), 0, (int)described.Length)
            : PlainDescription.Of(described.ToArray()));
        foreach (var (part, reason) in parts.Unreadable)
        {
            await Console.Error.WriteLineAsync($"ipswdiff: {MarkdownText.Visible($"{path}: {part}: {reason}")}");
        }

        return parts.Unreadable.Count == 0 ? ExitStatus.Done : ExitStatus.Incomplete;
    }

    private static void Describe(string path, Utf8JsonWriter writer, InputOptions options, Parts parts, CancellationToken cancellationToken)
    {
        try
        {
            writer.WriteStartObject();
            if (Directory.Exists(path))
            {
                if (!OtaDescription.TryWriteFolder(writer, path))
                {
                    ArchiveDescription.Write(writer, path, null, parts);
                }
            }
            else
            {
                using var source = new FileByteSource(path);
                FileDescription.Write(writer, path, source, options, parts, cancellationToken);
            }

            WriteUnreadable(writer, parts);
            writer.WriteEndObject();
        }
        catch (FirmwareFormatException fault)
        {
            throw fault.In(path);
        }
    }

    private static void WriteUnreadable(Utf8JsonWriter writer, Parts parts)
    {
        if (parts.Unreadable.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("unreadable");
        foreach (var (part, reason) in parts.Unreadable)
        {
            writer.WriteStartObject();
            writer.WriteString("part", part);
            writer.WriteString("reason", reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
