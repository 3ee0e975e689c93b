using System.Text.Json;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Registry;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Formats.Aea;

namespace IpswDiff.Service;

/// <summary>Makes runs of what is asked for, and of firmwares that came. Safe for concurrent use.</summary>
/// <param name="catalog">The catalogue.</param>
/// <param name="artifacts">Where the artifacts of runs lie, each run below <see cref="SharedRunStores.Scope"/>.</param>
/// <param name="firmwares">Where firmwares lie.</param>
/// <param name="launcher">Runs comparisons.</param>
/// <param name="registry">Knows the neighbours of a firmware.</param>
/// <param name="options">What whoever runs the service decided.</param>
/// <param name="time">The clock.</param>
public sealed class RunStarter(
    IRunCatalog catalog,
    IArtifactStore artifacts,
    IFirmwareStore firmwares,
    IRunLauncher launcher,
    FirmwareRegistry registry,
    ServiceOptions options,
    TimeProvider time)
{
    private const int LongestTitle = 200;

    private static readonly TimeSpan LaunchGrace = TimeSpan.FromMinutes(1);

    private readonly SharedRunStores _stores = new(artifacts);

    /// <summary>Starts a comparison.</summary>
    /// <exception cref="ServiceFaultException">
    /// A side does not exist or may not be fetched, or an option means nothing.
    /// </exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<RunRecord> StartAsync(StartDiff start, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(start);
        var old = await ResolveAsync(start.Old, "old", cancellationToken).ConfigureAwait(false);
        var @new = await ResolveAsync(start.New, "new", cancellationToken).ConfigureAwait(false);
        var request = Request(old.StoreName, @new.StoreName, start.Options);
        var now = time.GetUtcNow();
        var run = new RunRecord
        {
            Id = RunRecord.NewId(now),
            Old = old.Shown,
            New = @new.Shown,
            OldFirmware = old.FirmwareId,
            NewFirmware = @new.FirmwareId,
            Options = start.Options is null ? null : JsonSerializer.Serialize(start.Options, ServiceJson.Default.StartOptions),
            CreatedAt = now,
        };
        ReadOnlyMemory<byte>[] keys = [.. Keys(start.OldKey, "oldKey"), .. Keys(start.NewKey, "newKey")];
        if (keys.Length > 0 && !launcher.TryKeepKeys(run.Id, keys))
        {
            throw new ServiceFaultException(
                FaultKind.Malformed,
                "keys are not taken from requests here: whoever runs this service gives them in its settings");
        }

        await LaunchAsync(run, request, cancellationToken).ConfigureAwait(false);
        return run;
    }

    /// <summary>
    /// Starts the comparisons of a registered firmware with its neighbours of the same product, the newest earlier
    /// build and the next later one, each once: a second call starts nothing, whoever makes it, also after the run was
    /// removed. Returns the runs that this call started.
    /// </summary>
    /// <exception cref="IOException">Storage failed; call again.</exception>
    public async Task<IReadOnlyList<RunRecord>> StartPairsAsync(FirmwareRecord firmware, CancellationToken cancellationToken)
    {
        var started = new List<RunRecord>();
        foreach (var (old, @new) in await registry.FindPairsAsync(firmware, cancellationToken).ConfigureAwait(false))
        {
            var mark = $"pairs/{old.Id}-{@new.Id}";
            if (await artifacts.ExistsAsync(mark, cancellationToken).ConfigureAwait(false))
            {
                continue;
            }

            // The name follows from the pair alone, so that two events at once add one run.
            var run = new RunRecord
            {
                Id = FirmwareRegistry.RunId(old, @new),
                Old = old.Name,
                New = @new.Name,
                OldFirmware = old.Id,
                NewFirmware = @new.Id,
                Options = JsonSerializer.Serialize(options.DroppedOptions, ServiceJson.Default.StartOptions),
                CreatedAt = time.GetUtcNow(),
            };
            var (added, launched) = await LaunchAsync(run, Request(old.Name, @new.Name, options.DroppedOptions), cancellationToken).ConfigureAwait(false);
            if (added)
            {
                started.Add(run);
            }

            if (!launched)
            {
                continue;
            }

            await artifacts.TryCreateAsync(mark, (_, _) => Task.CompletedTask, cancellationToken).ConfigureAwait(false);
        }

        return started;
    }

    private async Task<(bool Added, bool Launched)> LaunchAsync(RunRecord run, DiffRequest request, CancellationToken cancellationToken)
    {
        // The request before the record: a run that the catalogue knows can always be run.
        await RunArtifacts.CreateRequestAsync(_stores.Work(run.Id), request, cancellationToken).ConfigureAwait(false);
        var added = await catalog.TryAddRunAsync(run, cancellationToken).ConfigureAwait(false);
        var waiting = added ? null : (await catalog.FindRunAsync(run.Id, cancellationToken).ConfigureAwait(false))?.Value;
        if (waiting is { State: RunState.Queued } && time.GetUtcNow() - waiting.CreatedAt < LaunchGrace)
        {
            // Another has just added it and is about to launch it. Where it dies instead, the event that it worked for
            // comes again, later.
            return (false, false);
        }

        if (added || waiting?.State == RunState.Queued)
        {
            await launcher.LaunchAsync(run.Id, cancellationToken).ConfigureAwait(false);
        }

        return (added, true);
    }

    private static IReadOnlyList<ReadOnlyMemory<byte>> Keys(string? text, string which)
    {
        try
        {
            return string.IsNullOrEmpty(text) ? [] : AeaKeyOptions.ParseKeys(text);
        }
        catch (FormatException fault)
        {
            // It says what a key is and does not repeat the one that was given.
            throw new ServiceFaultException(FaultKind.Malformed, $"{which}: {fault.Message}");
        }
    }

    private DiffRequest Request(string old, string @new, StartOptions? asked)
    {
        if (asked?.Title is { Length: > LongestTitle })
        {
            throw new ServiceFaultException(FaultKind.Malformed, $"a title has up to {LongestTitle} characters");
        }

        var diff = new DiffOptions
        {
            OldPath = old,
            NewPath = @new,
            Title = asked?.Title,
            Handlers = asked?.Handlers is { Count: > 0 } handlers ? handlers : null,
            Skip = asked?.Skip ?? [],
            Strings = asked?.Strings ?? false,
            Functions = asked?.Functions ?? false,
            Exhaustive = asked?.Exhaustive ?? false,
            Budget = options.Budget,
        };
        try
        {
            HandlerRegistry.Check(diff);
        }
        catch (ArgumentException unknown)
        {
            throw new ServiceFaultException(FaultKind.Malformed, unknown.Message);
        }

        return new DiffRequest { Options = diff, Formats = options.Formats, Unpack = options.Unpack, MaxConcurrency = options.MaxConcurrency };
    }

    private async Task<Side> ResolveAsync(string? reference, string which, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(reference))
        {
            throw new ServiceFaultException(FaultKind.Malformed, $"'{which}' is missing: name a firmware, its id, or an https address");
        }

        if (FirmwareAddress.IsAddress(reference))
        {
            var address = FirmwareAddress.Check(reference, options);
            return new Side(FirmwareAddress.StoreName(address), address.AbsoluteUri, null);
        }

        ServiceNames.Check(reference);
        if (await catalog.FindFirmwareAsync(reference, cancellationToken).ConfigureAwait(false) is { Value: var known })
        {
            return new Side(known.Name, known.Name, known.Id);
        }

        return await firmwares.Files.ExistsAsync(reference, cancellationToken).ConfigureAwait(false)
            ? new Side(reference, reference, null)
            : throw new ServiceFaultException(FaultKind.Unprocessable, $"'{which}': there is no firmware {reference}; GET /{ApiRoutes.Firmwares} lists those there are");
    }

    private sealed record Side(string StoreName, string Shown, string? FirmwareId);
}
