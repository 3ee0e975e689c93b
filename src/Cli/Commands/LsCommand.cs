using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Inputs.Opening;
using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Cli.Commands;

/// <summary><c>ipswdiff ls IMAGE</c>.</summary>
internal static class LsCommand
{
    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var image = new Argument<string>("IMAGE") { Description = "A DMG, a raw image, an AEA archive around one, or an IPSW." };
        var json = new Option<bool>("--json") { Description = "One JSON object a line." };
        var hash = new Option<bool>("--hash") { Description = "SHA-256 of the contents of files." };
        var images = new ImageArguments();
        var command = new Command("ls", "Lists the files of an image.") { image, json, hash };
        images.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guarded.RunAsync(() => RunAsync(
            parsed.GetValue(image)!, parsed.GetValue(json), parsed.GetValue(hash), images.Options(parsed), cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(string path, bool json, bool hash, InputOptions options, CancellationToken cancellationToken)
    {
        using var input = InputOpener.Open(path, options);
        var volumes = ListedVolumes.Of(input, path);
        await using var output = Console.OpenStandardOutput();
        await using var text = new StreamWriter(output, new System.Text.UTF8Encoding(false), 65536) { NewLine = "\n" };
        var status = ExitStatus.Done;
        foreach (var volume in volumes)
        {
            if (volume.Refusal is { } refusal)
            {
                await Console.Error.WriteLineAsync($"{MarkdownText.Visible(volume.Source)}: {MarkdownText.Visible(refusal)}");
                status = ExitStatus.Incomplete;
                continue;
            }

            // An archive holds several volumes: there each path says which.
            var prefix = InputKinds.IsFirmware(input.Info.Kind) || volumes.Count > 1 ? volume.Label + ":" : string.Empty;
            var hasher = hash ? new ContentHasher(volume.Source, cancellationToken) : null;
            List(volume, prefix, text, json, hasher, cancellationToken);
            status = hasher is { HasRefused: true } ? ExitStatus.Incomplete : status;
        }

        return status;
    }

    private static void List(
        InputVolume volume,
            string prefix, StreamWriter text, bool json, ContentHasher? hasher, CancellationToken cancellationToken)
    {
        var files = volume.Open();
        try
        {
            foreach (var entry in files.Walk(cancellationToken: cancellationToken))
            {
                if (entry.Path == "/")
                {
                    continue;
                }

                var sha256 = entry.Kind == FileKind.File ? hasher?.TryHash(files, entry) : null;
                text.WriteLine(json ? Json(entry, prefix, sha256) : Line(entry, prefix, sha256));
            }
        }
        catch (FirmwareFormatException fault)
        {
            throw fault.In(volume.Source);
        }
    }

    private static string Json(FileEntry entry, string prefix, string? sha256)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, OneLine))
        {
            writer.WriteStartObject();
            writer.WriteString("path", prefix + entry.Path);
            writer.WriteString("kind", KindName(entry.Kind));
            writer.WriteNumber("size", entry.Size);
            writer.WriteString("mode", Octal(entry));
            if (entry.Target is { } target)
            {
                writer.WriteString("target", target);
            }

            writer.WriteBoolean("compressed", entry.IsCompressed);
            if (sha256 is not null)
            {
                writer.WriteString("sha256", sha256);
            }

            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static string Line(FileEntry entry, string prefix, string? sha256)
    {
        var mark = entry.Kind switch
        {
            FileKind.Directory => 'd',
            FileKind.Symlink => 'l',
            FileKind.File => '-',
            _ => 's',
        };
        var target = entry.Target is null ? string.Empty : " -> " + MarkdownText.Visible(entry.Target);
        var sum = sha256 is null ? string.Empty : sha256 + "  ";
        return string.Create(CultureInfo.InvariantCulture, $"{mark}{Octal(entry)} {entry.Size,12}  {sum}{MarkdownText.Visible(prefix + entry.Path)}{target}");
    }

    private static string Octal(FileEntry entry) => Convert.ToString(entry.Mode, 8).PadLeft(4, '0');

    private static string KindName(FileKind kind) => kind switch
    {
        FileKind.File => "file",
        FileKind.Directory => "directory",
        FileKind.Symlink => "symlink",
        _ => "special",
    };
}
