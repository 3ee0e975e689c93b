using IpswDiff.Diffing.Merging;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Reports.Contents;

/// <summary>All that a renderer reads: the head, the items as a stream, and where their details are.</summary>
/// <param name="Head">Everything but the items.</param>
/// <param name="Items">The items of every section.</param>
/// <param name="Details">The store that holds what <see cref="ReportItem.Details"/> names.</param>
public sealed record ReportContents(Report Head, IReportItems Items, IArtifactStore Details)
{
    /// <summary>The items with the highest scores, best first; of equal scores those that stand first in the report.</summary>
    /// <exception cref="IOException">Reading items failed.</exception>
    public Task<IReadOnlyList<TopItem>> TopAsync(int count, CancellationToken cancellationToken) =>
        Items.TopAsync(Head.Sections.Select(section => section.Handler), count, cancellationToken);

    // More than there are cores: the oldest may be long, and the cores are not to wait for it. Each may hold the details of one item.
    internal static readonly int ItemsAhead = Math.Clamp(2 * Environment.ProcessorCount, 2, 8);
}
