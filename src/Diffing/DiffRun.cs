using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Reports;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Formats;

namespace IpswDiff.Diffing;

/// <summary>One comparison in this process, on files of this machine: the workflow with the in-process engine.</summary>
public sealed class DiffRun
{
    // Disks seldom recover by being asked again; one that was busy does.
    private static readonly ActivityRetry Retry = new(3, TimeSpan.FromMilliseconds(200));

    private readonly DiffRequest _request;
    private readonly IArtifactStore _work;
    private readonly IArtifactStore _report;
    private readonly IProgress<DiffProgress>? _progress;

    /// <summary>Prepares a run.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="work">Where activities leave their results for each other.</param>
    /// <param name="report">Where the report goes in the formats that are asked for, and with it the details of items.</param>
    /// <param name="progress">Told how far the run is.</param>
    /// <exception cref="ArgumentException">The options name a handler that does not exist.</exception>
    public DiffRun(DiffRequest request, IArtifactStore work, IArtifactStore report, IProgress<DiffProgress>? progress = null)
    {
        _request = request;
        _work = work;
        _report = report;
        _progress = progress;
        Handlers.HandlerRegistry.Check(request.Options);
    }

    /// <summary>Compares the two inputs, writes the report and returns all that a renderer needs.</summary>
    /// <exception cref="DiffFailedException">An input cannot be read at all or the two do not go together; names file, format and offset.</exception>
    /// <exception cref="IOException">An input or the storage failed.</exception>
    public async Task<ReportContents> RunAsync(InputOptions inputs, CancellationToken cancellationToken)
    {
        const string Id = "run";
        await RunArtifacts.CreateRequestAsync(_work, _request, cancellationToken).ConfigureAwait(false);
        using var activities = new DiffActivities(new LocalFirmwares(inputs), new SingleRunStores(_work, _report));
        try
        {
            var outcome = await new InProcessWorkflowEngine(activities, _progress, Retry).RunAsync(Id, cancellationToken).ConfigureAwait(false);
            return outcome.Failure is { } failure
                ? throw new DiffFailedException(failure)
                : await RunArtifacts.OpenReportAsync(_work, _report, cancellationToken).ConfigureAwait(false);
        }
        catch (ActivityFailedException failure)
        {
            throw new IOException(failure.Reason, failure);
        }
    }
}
