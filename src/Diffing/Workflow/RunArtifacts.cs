using System.Globalization;
using IpswDiff.Diffing.Merging;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Shards;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow.Messages;

namespace IpswDiff.Diffing.Workflow;

/// <summary>The records that a run keeps with its artifacts, by name.</summary>
public static class RunArtifacts
{
    private const string Request = "request.json.gz";
    private const string Plan = "plan.json.gz";
    private const string Head = "head.json.gz";

    /// <summary>Keeps what the run is asked for; the first request under a name stays.</summary>
    /// <exception cref="IOException">Storage failed.</exception>
    public static Task CreateRequestAsync(IArtifactStore work, DiffRequest request, CancellationToken cancellationToken) =>
        work.TryCreateJsonAsync(Request, request, WorkflowJson.Compact.DiffRequest, cancellationToken);

    /// <summary>What the run is asked for.</summary>
    /// <exception cref="IOException">It is not there, or storage failed.</exception>
    public static Task<DiffRequest> ReadRequestAsync(IArtifactStore work, CancellationToken cancellationToken) =>
        work.ReadJsonAsync(Request, WorkflowJson.Compact.DiffRequest, cancellationToken);

    /// <summary>The report, to be rendered: its head, and its items streamed from the merged lists.</summary>
    /// <exception cref="IOException">The run is not merged yet, or storage failed.</exception>
    public static async Task<ReportContents> OpenReportAsync(IArtifactStore work, IArtifactStore report, CancellationToken cancellationToken) => new(
        await ReadHeadAsync(work, cancellationToken).ConfigureAwait(false),
        await MergedLists.OpenAsync(work, cancellationToken).ConfigureAwait(false),
        report);

    /// <summary>The head of the report, which knows all but the items.</summary>
    /// <exception cref="IOException">The run is not merged yet, or storage failed.</exception>
    public static Task<Report> ReadHeadAsync(IArtifactStore work, CancellationToken cancellationToken) =>
        work.ReadJsonAsync(Head, WorkflowJson.Compact.Report, cancellationToken);

    internal static Task<bool> HasPlanAsync(IArtifactStore work, CancellationToken cancellationToken) => work.ExistsAsync(Plan, cancellationToken);

    internal static Task CreatePlanAsync(IArtifactStore work, DiffPlan plan, CancellationToken cancellationToken) =>
        work.TryCreateJsonAsync(Plan, plan, WorkflowJson.Compact.DiffPlan, cancellationToken);

    internal static Task<DiffPlan> ReadPlanAsync(IArtifactStore work, CancellationToken cancellationToken) =>
        work.ReadJsonAsync(Plan, WorkflowJson.Compact.DiffPlan, cancellationToken);

    internal static Task CreateHeadAsync(IArtifactStore work, Report head, CancellationToken cancellationToken) =>
        work.TryCreateJsonAsync(Head, head, WorkflowJson.Compact.Report, cancellationToken);

    internal static Task CreateResultAsync(IArtifactStore work, ShardResult result, CancellationToken cancellationToken) =>
        work.TryCreateJsonAsync(ResultName(result.Shard.Number), result, WorkflowJson.Compact.ShardResult, cancellationToken);

    internal static Task<ShardResult?> TryReadResultAsync(IArtifactStore work, int number, CancellationToken cancellationToken) =>
        work.TryReadJsonAsync(ResultName(number), WorkflowJson.Compact.ShardResult, cancellationToken);

    /// <summary>
    /// The results there are, in the order of their shards. A shard that could not be compared has none.
    /// </summary>
    internal static async Task<IReadOnlyList<ShardResult>> ReadResultsAsync(IArtifactStore work, DiffPlan plan, CancellationToken cancellationToken)
    {
        var results = new List<ShardResult>(plan.Shards.Count);
        foreach (var shard in plan.Shards)
        {
            if (await TryReadResultAsync(work, shard.Number, cancellationToken).ConfigureAwait(false) is { } result)
            {
                results.Add(result);
            }
        }

        return results;
    }

    private static string ResultName(int number) => string.Create(CultureInfo.InvariantCulture, $"results/{number:D6}.json.gz");
}
