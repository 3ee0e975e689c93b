using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Merging;

/// <summary>The items of a report's sections, streamed; what renderers and writers read beside the report's head.</summary>
public interface IReportItems
{
    /// <summary>The items of one group of a handler's section, in the order of the report.</summary>
    /// <exception cref="IOException">Storage failed.</exception>
    IAsyncEnumerable<ReportItem> ReadAsync(string handler, ItemGroup group, CancellationToken cancellationToken);

    /// <summary>How many items each group of a handler's section has; groups without items may be missing.</summary>
    IReadOnlyDictionary<ItemGroup, long> Count(string handler);
}
