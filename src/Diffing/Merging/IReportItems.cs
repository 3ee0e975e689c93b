using System.Runtime.CompilerServices;
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

    /// <summary>The items of one group that lie on one volume, in the order of the report.</summary>
    /// <param name="handler">The section.</param>
    /// <param name="group">The group.</param>
    /// <param name="volume">The volume; empty for items that name none.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="IOException">Storage failed.</exception>
    IAsyncEnumerable<ReportItem> ReadAsync(string handler, ItemGroup group, string volume, CancellationToken cancellationToken) =>
        ReadAsync(handler, group, cancellationToken).Where(item => (item.Volume ?? string.Empty) == volume);

    /// <summary>The volumes that items of one group lie on, in the order of the report, with how many follow one another there.</summary>
    /// <exception cref="IOException">Storage failed.</exception>
    async IAsyncEnumerable<(string? Volume, long Count)> RunsAsync(
        string handler, ItemGroup group, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (string? Volume, long Count) run = (null, 0);
        await foreach (var item in ReadAsync(handler, group, cancellationToken).ConfigureAwait(false))
        {
            if (run.Count > 0 && item.Volume != run.Volume)
            {
                yield return run;
                run.Count = 0;
            }

            run = (item.Volume, run.Count + 1);
        }

        if (run.Count > 0)
        {
            yield return run;
        }
    }

    /// <summary>The items with the highest scores.</summary>
    /// <param name="handlers">The sections, in the order of the report.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="IOException">Storage failed.</exception>
    Task<IReadOnlyList<TopItem>> TopAsync(IEnumerable<string> handlers, int count, CancellationToken cancellationToken) =>
        TopItems.FindAsync(this, handlers, count, cancellationToken);
}
