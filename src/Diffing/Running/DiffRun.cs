using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Inputs.Opening;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Registry;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;

namespace IpswDiff.Diffing.Running;

/// <summary>One comparison in this process, on files of this machine: the workflow with the in-process engine.</summary>
public sealed class DiffRun
{
    // Disks seldom recover by being asked again; one that was busy does.
    private static readonly ActivityRetry Retry = new(3, TimeSpan.FromMilliseconds(200));

    private readonly DiffRequest _request;
    private readonly IRunStores _stores;
    private readonly string _runId;
    private readonly IProgress<DiffProgress>? _progress;

    /// <summary>Prepares a run, or the continuation of one that was interrupted.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="stores">Where activities leave their results for each other, and where the report goes.</param>
    /// <param name="runId">The run's name in the stores.</param>
    /// <param name="progress">Told how far the run is.</param>
    /// <exception cref="ArgumentException">The options name a handler that does not exist.</exception>
    public DiffRun(DiffRequest request, IRunStores stores, string runId, IProgress<DiffProgress>? progress = null)
    {
        _request = request;
        _stores = stores;
        _runId = runId;
        _progress = progress;
        HandlerRegistry.Check(request.Options);
    }

    /// <summary>Prepares a run that has two stores for itself.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="work">Where activities leave their results for each other.</param>
    /// <param name="report">Where the report goes, and with it the details of items.</param>
    /// <exception cref="ArgumentException">The options name a handler that does not exist.</exception>
    public DiffRun(DiffRequest request, IArtifactStore work, IArtifactStore report)
        : this(request, new SingleRunStores(work, report), "run")
    {
    }

    /// <summary>Compares the two inputs, writes the report and returns all that a renderer needs.</summary>
    /// <exception cref="DiffFailedException">An input cannot be read at all or the two do not go together; names file, format and offset.</exception>
    /// <exception cref="IOException">An input or the storage failed.</exception>
    public async Task<ReportContents> RunAsync(InputOptions inputs, CancellationToken cancellationToken)
    {
        var work = _stores.Work(_runId);
        await RunArtifacts.CreateRequestAsync(work, _request, cancellationToken).ConfigureAwait(false);
        using var activities = new DiffActivities(new LocalFirmwares(inputs), _stores);
        try
        {
            var outcome = await new InProcessWorkflowEngine(activities, _progress, Retry).RunAsync(_runId, cancellationToken).ConfigureAwait(false);
            return outcome.Failure is { } failure
                ? throw new DiffFailedException(failure)
                : await RunArtifacts.OpenReportAsync(work, _stores.Report(_runId), cancellationToken).ConfigureAwait(false);
        }
        catch (ActivityFailedException failure)
        {
            throw new IOException(failure.Reason, failure);
        }
    }
}
