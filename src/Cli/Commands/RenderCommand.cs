using System.CommandLine;
using IpswDiff.Cli.Output;
using IpswDiff.Diffing.Reports;
using IpswDiff.Diffing.Reports.Json;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Cli.Commands;

/// <summary><c>ipswdiff render REPORT</c>.</summary>
internal static class RenderCommand
{
    public static Command Create()
    {
        var report = new Argument<string>("REPORT") { Description = "The report.json of a report, or its folder." };
        var output = new Option<string>("--output", "-o") { Description = "Folder for what is written.", Required = true };
        var force = ForceOption.Create();
        var format = FormatOption.Create();
        var command = new Command("render", "Writes a report in other formats, from its report.json and details alone.") { report, output, force, format };
        command.SetAction((parsed, cancellationToken) => Guarded.RunAsync(() => RunAsync(
            parsed.GetValue(report)!, parsed.GetValue(output)!, parsed.GetValue(force), FormatOption.Read(parsed.GetValue(format)), cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(string report, string folder, bool force, IReadOnlyList<string> formats, CancellationToken cancellationToken)
    {
        var source = FolderOf(report);
        OutputFolder.Recover(source);
        var contents = await WrittenReport.OpenAsync(new FolderArtifactStore(source), cancellationToken);
        using var output = new OutputFolder("-o", folder, OutputKind.Report, force, ReportFormats.IndexNames(formats));
        await ReportFormats.WriteAsync(contents, output.Store, formats, cancellationToken);
        var withDetails = formats.Contains("json", StringComparer.Ordinal);
        if (withDetails)
        {
            await WrittenReport.CopyDetailsAsync(contents, output.Store, cancellationToken);
        }

        // Into the report's own folder, other formats are added to it.
        output.Commit(withDetails, keepOlder: output.IsAt(source));
        return contents.Head.IsIncomplete() ? ExitStatus.Incomplete : ExitStatus.Done;
    }

    private static string FolderOf(string report)
    {
        if (Directory.Exists(report))
        {
            return report;
        }

        return !File.Exists(report) ? throw new IOException($"{report}: there is no such file or folder")
            : Path.GetFileName(report) != JsonReport.FileName ? throw new ArgumentException($"{report}: a report's index is named {JsonReport.FileName}")
            : Path.GetDirectoryName(Path.GetFullPath(report))!;
    }
}
