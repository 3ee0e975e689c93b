using System.CommandLine;
using IpswDiff.Diffing.Reports;
using IpswDiff.Cli.Output;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Reports.Console;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Running;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Cli.Commands;

/// <summary><c>ipswdiff diff OLD NEW</c>.</summary>
internal static class DiffCommand
{
    // Each time another process has brought the same run to its end: it takes as many of them to get this far.
    private const int SharedAttempts = 3;

    public static Command Create()
    {
        var old = new Argument<string>("OLD") { Description = "The firmware to compare from: an IPSW, a folder with an unpacked one, a DMG, a shared cache, a kernelcache, an IM4P or a Mach-O." };
        var @new = new Argument<string>("NEW") { Description = "The firmware to compare to, of the same kind." };
        var output = new Option<string?>("--output", "-o") { Description = "Folder for the report; without it a summary goes to the console only." };
        var force = ForceOption.Create();
        var format = FormatOption.Create();
        var title = new Option<string?>("--title") { Description = "Heading of the report." };
        var handlers = List("--handlers", "Handlers to run, separated by commas; all without it.");
        var skip = List("--skip", "Handlers to leave out, separated by commas.");
        var strings = new Option<bool>("--strings") { Description = "Compare C-strings." };
        var functions = new Option<bool>("--functions") { Description = "Compare functions one by one." };
        var exhaustive = new Option<bool>("--exhaustive") { Description = "Compare everything, also what is proven identical." };
        var allow = List("--allow-list", "Compare these sections alone, as SEG.SECT, separated by commas.");
        var block = List("--block-list", "Leave these sections out, as SEG.SECT, separated by commas.");
        var device = new Option<string?>("--device") { Description = "Compare the kernelcache and firmware of this board alone, for example d83ap.", HelpName = "BOARD" };
        var kdk = new Option<string[]?>("--kdk")
        {
            Description = "Two Kernel Debug Kits, .dSYM bundles or kernels with DWARF, whose types are compared: OLD NEW.",
            HelpName = "OLD NEW",
            Arity = new ArgumentArity(2, 2),
            AllowMultipleArgumentsPerToken = true,
        };
        var locales = List("--locales", "Locales whose texts are compared, separated by commas, or all; en without it.");
        var memory = new Option<string>("--memory-limit") { Description = "Limit of resident memory, for example 512M.", DefaultValueFactory = _ => "512M" };
        var parallelism = new Option<int?>("--parallelism") { Description = "Workers at the same time; one a processor without it." };
        var work = new Option<string?>("--work") { Description = "Folder for what the run has done so far: the same command after an interruption goes on from there." };
        var storage = new Option<string?>("--storage") { Description = "Connection string of an Azure Storage account (or UseDevelopmentStorage=true) that takes the place of --work." };
        var unpack = new Option<bool>("--unpack") { Description = "Unpack the firmwares first, into --work or --storage, where later runs find them; without it they are read where they lie." };
        var exitCode = new Option<bool>("--exit-code") { Description = "Exit with 1 when the firmwares differ." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "No summary and no progress." };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Say what each part of the run took." };
        var noColor = new Option<bool>("--no-color") { Description = "No colours." };
        var images = new ImageArguments();
        var command = new Command("diff", "Compares two firmwares.")
        {
            old, @new, output, force, format, title, handlers, skip, strings, functions, exhaustive, allow, block, device, kdk, locales, memory, parallelism,
            work, storage, unpack, exitCode, quiet, verbose, noColor,
        };
        images.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guarded.RunAsync(() => RunAsync(
            new DiffOptions
            {
                OldPath = parsed.GetValue(old)!,
                NewPath = parsed.GetValue(@new)!,
                Title = parsed.GetValue(title),
                Handlers = parsed.GetValue(handlers) is { Length: > 0 } names ? names : null,
                Skip = parsed.GetValue(skip) ?? [],
                Strings = parsed.GetValue(strings),
                Functions = parsed.GetValue(functions),
                Exhaustive = parsed.GetValue(exhaustive),
                AllowList = parsed.GetValue(allow) ?? [],
                BlockList = parsed.GetValue(block) ?? [],
                Device = parsed.GetValue(device),
                KdkOld = parsed.GetValue(kdk) is [var oldKit, _] ? oldKit : null,
                KdkNew = parsed.GetValue(kdk) is [_, var newKit] ? newKit : null,
                Locales = parsed.GetValue(locales) is { Length: > 0 } wanted ? wanted : ["en"],
                Budget = Budget(parsed.GetValue(memory)!, parsed.GetValue(parallelism)),
            },
            images.Options(parsed),
            new Presentation(
                parsed.GetValue(output), parsed.GetValue(force), FormatOption.Read(parsed.GetValue(format)), parsed.GetValue(work), parsed.GetValue(storage), parsed.GetValue(unpack), parsed.GetValue(exitCode), parsed.GetValue(quiet),
                parsed.GetValue(verbose), Color: !parsed.GetValue(noColor) && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null),
            cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(
        DiffOptions options, InputOptions inputs, Presentation presentation, CancellationToken cancellationToken)
    {
        // The same command in another process may end the run and remove it at any moment; then it is run again, and in
        // the end apart.
        for (var attempt = 1; ; attempt++)
        {
            if (await TryRunAsync(
                options, inputs, presentation, attempt < SharedAttempts, cancellationToken) is { } status)
            {
                return status;
            }
        }
    }

    // Null where another process removed the run before this one had all of it.
    private static async Task<int?> TryRunAsync(
        DiffOptions options,
            InputOptions inputs, Presentation presentation, bool isShared, CancellationToken cancellationToken)
    {
        using var output = presentation.Output is { } folder
            ? new OutputFolder("-o", folder, OutputKind.Report, presentation.Force, ReportFormats.IndexNames(presentation.Formats))
            : null;
        var request = new DiffRequest { Options = options, Formats = output is null ? [] : presentation.Formats, Unpack = presentation.Unpack };
        using var place = await RunPlace.OpenAsync(
            request, output?.Store, presentation.Work, presentation.Storage, isShared, cancellationToken);
        ReportContents report;
        await using var summary = new StringWriter();
        try
        {
            using var progress = ProgressLine.ForTerminal(presentation.Quiet);
            report = await new DiffRun(request, place.Stores, place.RunId, progress).RunAsync(inputs, cancellationToken);

            // Only report.json refers to them.
            var keepDetails = presentation.Formats.Contains("json", StringComparer.Ordinal);
            if (output is not null && keepDetails)
            {
                await place.BringDetailsAsync(output.Store, cancellationToken);
            }

            if (!presentation.Quiet)
            {
                await ConsoleSummary.WriteAsync(report, summary, presentation.Color, cancellationToken);
            }

            if (await place.IsRemovedAsync(cancellationToken))
            {
                await place.RemoveAsync(cancellationToken);
                return null;
            }

            output?.Commit(keepDetails);
        }
        catch (DiffFailedException)
        {
            await place.RemoveAsync(cancellationToken);
            throw;
        }
        catch (Exception lost) when (lost is IOException or FirmwareFormatException or System.Text.Json.JsonException)
        {
            if (!await place.IsRemovedAsync(cancellationToken))
            {
                throw;
            }

            await place.RemoveAsync(cancellationToken);
            return null;
        }

        await Console.Out.WriteAsync(summary.ToString());
        if (presentation.Verbose)
        {
            foreach (var activity in report.Head.Run.Activities)
            {
                await Console.Error.WriteLineAsync(
                    $"{activity.Name,-10} {activity.DurationSeconds,8:0.000} s {activity.Items,10} items {activity.Bytes / 1e6,10:0.0} MB  peak {activity.PeakWorkingSetBytes >> 20} MiB");
            }
        }

        await place.RemoveAsync(cancellationToken);
        return report.Head.IsIncomplete() ? ExitStatus.Incomplete
            : presentation.ExitCode && report.Head.IsDifferent() ? ExitStatus.Different
            : ExitStatus.Done;
    }

    private static MemoryBudget Budget(string limit, int? parallelism)
    {
        if (!ByteSize.TryParse(limit, out var bytes) || bytes < MemoryBudget.MinimumBytes)
        {
            throw new ArgumentException($"--memory-limit takes a size of at least {MemoryBudget.MinimumBytes >> 20}M, for example 512M; it was given '{limit}'");
        }

        var workers = parallelism ?? Environment.ProcessorCount;
        return workers is >= 1 and <= 256
            ? MemoryBudget.Divide(bytes, workers)
            : throw new ArgumentException($"--parallelism takes a number from 1 to 256; it was given {workers}");
    }

    private static Option<string[]?> List(string name, string description) => new(name)
    {
        Description = description,
        AllowMultipleArgumentsPerToken = false,
        CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
        Arity = ArgumentArity.OneOrMore,
    };

    private sealed record Presentation(
        string? Output, bool Force, IReadOnlyList<string> Formats, string? Work, string? Storage, bool Unpack, bool ExitCode, bool Quiet, bool Verbose, bool Color);
}
