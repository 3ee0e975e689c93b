using IpswDiff.Diffing.Options;
using IpswDiff.Functions.Runs;
using IpswDiff.Service;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace IpswDiff.Functions.Firmwares;

/// <summary>A firmware to fetch.</summary>
/// <param name="Address">Where it lies.</param>
/// <param name="RunId">The run that wants it; null in what an older app asked for.</param>
public sealed record FetchInput(string Address, string? RunId = null);

/// <summary>How far a firmware has been fetched.</summary>
/// <param name="BytesDone">Bytes that are there.</param>
/// <param name="BytesTotal">Bytes there are; 0 while unknown.</param>
/// <param name="IsWhole">Whether all of it is there.</param>
/// <param name="Failure">Why it cannot be had; null where nothing speaks against it.</param>
public sealed record FetchOutcome(long BytesDone, long BytesTotal, bool IsWhole, string? Failure = null);

/// <summary>
/// Fetches the firmwares that a run names by address into the container of firmwares. An activity ends long before the host would give it up,
/// wherever it is then, and the next one goes on with the parts that are there.
/// </summary>
/// <param name="fetcher">Fetches.</param>
/// <param name="gate">Knows which runs go on.</param>
public sealed class FirmwareFetch(FirmwareFetcher fetcher, RunGate gate)
{
    /// <summary>The activity that fetches for a while.</summary>
    public const string Activity = "Fetch";

    // Five hours of five minutes: a history of a few hundred events at most.
    private const int MostSlices = 60;

    private static readonly TaskOptions Retry = TaskOptions.FromRetryPolicy(new RetryPolicy(5, TimeSpan.FromSeconds(2), backoffCoefficient: 2));

    /// <summary>How long one activity fetches.</summary>
    public TimeSpan Slice { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Fetches for a while what lies at an address, unless it is there.</summary>
    /// <exception cref="RunEndedException">The run that wants it has ended.</exception>
    /// <exception cref="IOException">The network or the storage failed; the activity may be run again and goes on.</exception>
    [Function(Activity)]
    public async Task<FetchOutcome> FetchAsync([ActivityTrigger] FetchInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.RunId is { } runId)
        {
            await gate.PassAsync(runId, cancellationToken).ConfigureAwait(false);
        }

        var telling = new Lock();
        var fetched = new FetchOutcome(0, 0, IsWhole: false);
        using var slice = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        slice.CancelAfter(Slice);
        try
        {
            await fetcher.FetchAsync(input.Address, Tell, slice.Token).ConfigureAwait(false);
            return fetched with { IsWhole = true };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return fetched;
        }
        catch (Exception refused) when (refused is DiffFailedException or ServiceFaultException)
        {
            return fetched with { Failure = refused.Message };
        }

        // Parts end on several threads, not in their order.
        void Tell(long done, long total)
        {
            lock (telling)
            {
                fetched = done > fetched.BytesDone ? new FetchOutcome(done, total, IsWhole: false) : fetched;
            }
        }
    }

    /// <summary>Fetches all of them, in the orchestration of a run. Returns why one cannot be had, or null.</summary>
    /// <param name="context">The orchestration.</param>
    /// <param name="addresses">Where they lie.</param>
    public static async Task<string?> RunAsync(TaskOrchestrationContext context, IReadOnlyList<string> addresses)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(addresses);
        var since = new DateTimeOffset(context.CurrentUtcDateTime, TimeSpan.Zero);
        var fetched = new FetchOutcome[addresses.Count];
        Array.Fill(fetched, new FetchOutcome(0, 0, IsWhole: false));
        Tell();
        var failures = await Task.WhenAll(Enumerable.Range(0, addresses.Count).Select(FetchAsync)).ConfigureAwait(true);
        return failures.FirstOrDefault(failure => failure is not null);

        async Task<string?> FetchAsync(int number)
        {
            for (var slice = 0; slice < MostSlices; slice++)
            {
                FetchOutcome outcome;
                try
                {
                    outcome = await context.CallActivityAsync<FetchOutcome>(Activity, new FetchInput(addresses[number], context.InstanceId), Retry).ConfigureAwait(true);
                }
                catch (TaskFailedException fault)
                {
                    return fault.FailureDetails.ErrorMessage;
                }

                var hasCome = outcome.BytesDone > fetched[number].BytesDone;
                fetched[number] = outcome;
                Tell();
                if (outcome.IsWhole || outcome.Failure is not null)
                {
                    return outcome.Failure;
                }

                if (!hasCome)
                {
                    return $"{addresses[number]}: the transfer does not get on at {outcome.BytesDone:N0} of {outcome.BytesTotal:N0} bytes; upload the firmware instead";
                }
            }

            return $"{addresses[number]}: the server is too slow, {fetched[number].BytesDone:N0} of {fetched[number].BytesTotal:N0} bytes came; upload the firmware instead";
        }

        void Tell() => context.SetCustomStatus(
            new DiffProgress("fetch", fetched.Sum(firmware => firmware.BytesDone), fetched.Sum(firmware => firmware.BytesTotal), 0, 0, since));
    }
}
