using System.CommandLine;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Inputs.Opening;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Cli.Commands;

/// <summary><c>ipswdiff cat IMAGE PATH</c>.</summary>
internal static class CatCommand
{
    public static Command Create()
    {
        var image = new Argument<string>("IMAGE") { Description = "A DMG, a raw image, an AEA archive around one, or an IPSW." };
        var path = new Argument<string>("PATH") { Description = "The file, as ls names it." };
        var images = new ImageArguments();
        var command = new Command("cat", "Writes one file of an image to standard output.") { image, path };
        images.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guarded.RunAsync(() => RunAsync(
            parsed.GetValue(image)!, parsed.GetValue(path)!, images.Options(parsed), cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(string image, string path, InputOptions options, CancellationToken cancellationToken)
    {
        using var input = InputOpener.Open(image, options);
        var (volume, within) = Locate(ListedVolumes.Of(input, image), path);
        try
        {
            var files = volume.Open();
            var entry = files.Find(within) ?? throw new FirmwareFormatException("volume", -1, $"there is no '{within}'");
            if (entry.Kind != FileKind.File)
            {
                throw new FirmwareFormatException("volume", -1, $"'{within}' is a {entry.Kind.ToString().ToLowerInvariant()}, not a file");
            }

            await using var output = Console.OpenStandardOutput();
            await using var stream = new ByteSourceStream(files.Open(entry));
            await stream.CopyToAsync(output, 1 << 20, cancellationToken);
        }
        catch (FirmwareFormatException fault)
        {
            throw fault.In(image);
        }

        return ExitStatus.Done;
    }

    private static (InputVolume Volume, string Path) Locate(IReadOnlyList<InputVolume> volumes, string path)
    {
        var named = volumes.FirstOrDefault(volume => path.StartsWith(volume.Label + ":", StringComparison.Ordinal));
        if (named is not null)
        {
            return (named, Rooted(path[(named.Label.Length + 1)..]));
        }

        return volumes.Count == 1
            ? (volumes[0], Rooted(path))
            : throw new ArgumentException($"'{path}' names no volume; begin it with one of {string.Join(", ", volumes.Select(volume => volume.Label + ":"))}");
    }

    private static string Rooted(string path) => path.StartsWith('/') ? path : "/" + path;
}
