using System.Text.Json;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Cli.Output;

/// <summary>What of a folder is ours: a file that a command leaves in its output folder, which names every other file that it wrote there.</summary>
/// <param name="Kind">Whose the folder is; see <see cref="OutputKind"/>.</param>
/// <param name="Files">The files, relative to the folder with <c>/</c>, without the manifest itself.</param>
internal sealed record FolderManifest(string Kind, IReadOnlyList<string> Files)
{
    /// <summary>The manifest's name in its folder.</summary>
    public const string FileName = ".ipswdiff-manifest.json";

    private const int SchemaVersion = 1;

    // A hundred thousand names of the longest kind.
    private const long MaxBytes = 96 << 20;

    /// <summary>Reads the manifest of a folder; null where there is none, where it is a link, or where it is not what we write.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static FolderManifest? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (FolderEntry.KindOf(path) != EntryKind.File || new FileInfo(path).Length > MaxBytes)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            return root.GetProperty("tool").GetString() == "ipswdiff" && root.GetProperty("schemaVersion").GetInt32() == SchemaVersion
                ? new FolderManifest(root.GetProperty("kind").GetString()!, [.. root.GetProperty("files").EnumerateArray().Select(Name)])
                : null;
        }
        catch (Exception damaged) when (damaged is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Writes the manifest into <paramref name="folder"/>, in place of one that is there.</summary>
    /// <exception cref="IOException">It cannot be written; the one that was there stays.</exception>
    public void Write(string folder)
    {
        var partial = Path.Combine(folder, OutputFolder.NewName());
        try
        {
            using (var stream = new FileStream(partial, FileMode.CreateNew))
            using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
            {
                writer.WriteStartObject();
                writer.WriteString("tool", "ipswdiff");
                writer.WriteNumber("schemaVersion", SchemaVersion);
                writer.WriteString("kind", Kind);
                writer.WriteStartArray("files");
                foreach (var file in Files.Order(StringComparer.Ordinal))
                {
                    writer.WriteStringValue(file);
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            File.Move(partial, Path.Combine(folder, FileName), overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    // The file may come from anywhere with the folder: what it names must lie in it.
    private static string Name(JsonElement element)
    {
        var name = element.GetString() ?? throw new FormatException("a file has no name");
        ArtifactNames.Check(name);
        return name;
    }
}

/// <summary>Whose an output folder is.</summary>
internal static class OutputKind
{
    /// <summary>A report, of <c>diff</c> or <c>render</c>.</summary>
    public const string Report = "report";

    /// <summary>The runs and the catalogue of <c>serve</c>.</summary>
    public const string Service = "service";
}
