using System.Globalization;
using System.Text;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>The Run section: what the run cost in all and in each activity, and what was passed over by proof, and why that is safe.</summary>
internal static class RunText
{
    public static string Of(Report head)
    {
        var run = head.Run;
        var text = new StringBuilder("## Run\n\n").Append(
            CultureInfo.InvariantCulture,
            $"- {MarkdownText.Text(head.Tool.Name)} {MarkdownText.Text(head.Tool.Version)}, {run.DurationSeconds:0.00} s, peak {run.PeakWorkingSetBytes / 1048576.0:0} MiB, {Amount.Of(run.Shards, "shard", "shards")}\n");
        foreach (var (proof, count) in run.Skipped.OrderBy(skip => skip.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"- {count} proven identical by {MarkdownText.Text(proof)}").Append(WhySafe(proof) is { } why ? $": {why}" : string.Empty).Append('\n');
        }

        text.Append('\n');
        if (run.Activities.Count > 0)
        {
            text.Append("| Activity | Time | Items | Read | Peak |\n| :-- | --: | --: | --: | --: |\n");
            foreach (var part in run.Activities)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {MarkdownText.Text(part.Name)} | {part.DurationSeconds:0.00} s | {part.Items} | {Amount.Of(part.Bytes, "byte", "bytes")} | {part.PeakWorkingSetBytes / 1048576.0:0} MiB |\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string? WhySafe(string proof) => proof switch
    {
        "uuid" => "the linker gives every link another one, and load commands, sizes of sections and counts are equal too",
        "content hash" => "the sealed volume keeps a SHA-256 of each file, and they are equal",
        "crc32" => "the archive keeps size and CRC-32 of each member, and both are equal",
        "volume digest" => "the manifests give both volumes the same digest",
        _ => null,
    };
}
