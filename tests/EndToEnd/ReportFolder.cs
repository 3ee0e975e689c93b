using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;

namespace IpswDiff.EndToEnd;

/// <summary>A written report, read for comparison with another one.</summary>
internal static class ReportFolder
{
    /// <summary>Every file by name with its contents; what tells how a run went, and not what it found, is left out.</summary>
    public static IReadOnlyDictionary<string, string> Facts(string folder) => Directory
        .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(file => Path.GetRelativePath(folder, file), Read, StringComparer.Ordinal);

    private static string Read(string file)
    {
        if (file.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var unpacked = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
            return unpacked.ReadToEnd();
        }

        var text = File.ReadAllText(file, Encoding.UTF8);
        return Path.GetFileName(file) switch
        {
            "report.json" => Strip(JsonNode.Parse(text)!.AsObject()),
            "README.md" => text[..text.IndexOf("## Run", StringComparison.Ordinal)],
            _ => text,
        };
    }

    private static string Strip(JsonObject report)
    {
        var run = report["run"]!.AsObject();
        run.Remove("startedAt");
        run.Remove("durationSeconds");
        run.Remove("peakWorkingSetBytes");
        run.Remove("activities");
        report["options"]!.AsObject().Remove("parallelism");
        foreach (var section in report["sections"]!.AsArray())
        {
            section!.AsObject().Remove("durationSeconds");
        }

        return report.ToJsonString();
    }
}
