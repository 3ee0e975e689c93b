using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using IpswDiff.Cli.Inspection;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Formats.Aea;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;

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

        using var described = new MemoryStream();
        using (var writer = new Utf8JsonWriter(described, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            Describe(path, writer, options, cancellationToken);
        }

        await Console.Out.WriteLineAsync(json
            ? System.Text.Encoding.UTF8.GetString(described.GetBuffer(), 0, (int)described.Length)
            : PlainDescription.Of(described.ToArray()));
        return ExitStatus.Done;
    }

    private static void Describe(string path, Utf8JsonWriter writer, InputOptions options, CancellationToken cancellationToken)
    {
        try
        {
            writer.WriteStartObject();
            if (Directory.Exists(path))
            {
                if (!OtaDescription.TryWriteFolder(writer, path))
                {
                    ArchiveDescription.Write(writer, path, null);
                }
            }
            else
            {
                using var source = new FileByteSource(path);
                DescribeFile(path, source, writer, options, cancellationToken);
            }

            writer.WriteEndObject();
        }
        catch (FirmwareFormatException fault)
        {
            throw fault.In(path);
        }
    }

    private static void DescribeFile(string path, FileByteSource source, Utf8JsonWriter writer, InputOptions options, CancellationToken cancellationToken)
    {
        var format = FileFormats.Detect(source);
        switch (format)
        {
            case FileFormat.Zip or FileFormat.AppleArchive or FileFormat.Pbzx when OtaDescription.TryWrite(writer, source, options.Images):
                break;
            case FileFormat.Aea:
                var archive = AeaArchive.Open(source, options.Images.Keys, options.Images.Cache);
                if (!OtaDescription.TryWrite(writer, archive, options.Images, isEncrypted: true))
                {
                    ImageDescription.Write(writer, archive, format, options.Images, cancellationToken);
                }

                break;
            case FileFormat.Zip:
                ArchiveDescription.Write(writer, path, source);
                break;
            case FileFormat.DiskImage or FileFormat.Apfs or FileFormat.HfsPlus:
                ImageDescription.Write(writer, source, format, options.Keys.For(path, options.Images), cancellationToken);
                break;
            case FileFormat.ImagePatch:
                PatchDescription.Write(writer, source);
                break;
            case FileFormat.StaticLibrary:
                LibraryDescription.Write(writer, source);
                break;
            case FileFormat.MachO when KernelcacheDescription.TryWrite(writer, source):
                break;
            case FileFormat.MachO:
                MachODescription.Write(writer, source);
                break;
            case FileFormat.Im4p or FileFormat.Img4 or FileFormat.Img3:
                Img4Description.Write(writer, options.Keys.Unlock(path, source));
                break;
            case FileFormat.SharedCache:
                SharedCacheDescription.Write(writer, path);
                break;
            case FileFormat.Plist:
                PlistDescription.Write(writer, source);
                break;
            default:
                throw new FirmwareFormatException("file", 0, "nothing known begins like this");
        }
    }
}
