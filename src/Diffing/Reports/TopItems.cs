using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports;

/// <summary>The items with the highest scores, found while all items stream by; no more than the wanted number is ever held.</summary>
internal static class TopItems
{
    private static readonly ItemGroup[] Groups = [ItemGroup.Added, ItemGroup.Removed, ItemGroup.Changed];

    /// <summary>Up to <paramref name="count"/> items, best first; of equal scores those that stand first in the report.</summary>
    /// <exception cref="IOException">Reading items failed.</exception>
    public static async Task<IReadOnlyList<TopItem>> FindAsync(ReportContents report, int count, CancellationToken cancellationToken)
    {
        var top = new PriorityQueue<TopItem, (int Score, long Place)>(count + 1);
        var place = 0L;
        foreach (var section in report.Head.Sections)
        {
            foreach (var group in Groups)
            {
                await foreach (var item in report.Items.ReadAsync(section.Handler, group, cancellationToken).ConfigureAwait(false))
                {
                    if (item is not { Score: { } score, Class: >= ChangeClass.Data })
                    {
                        continue;
                    }

                    // The queue gives up the least first, and of equals the one that came last.
                    place--;
                    if (top.Count < count)
                    {
                        top.Enqueue(new TopItem(section.Handler, group, item), (score, place));
                    }
                    else
                    {
                        top.EnqueueDequeue(new TopItem(section.Handler, group, item), (score, place));
                    }
                }
            }
        }

        var items = new TopItem[top.Count];
        for (var i = items.Length - 1; i >= 0; i--)
        {
            items[i] = top.Dequeue();
        }

        return items;
    }
}

/// <summary>One of the items with the highest scores.</summary>
/// <param name="Handler">Its section.</param>
/// <param name="Group">Its group there.</param>
/// <param name="Item">The item.</param>
internal sealed record TopItem(string Handler, ItemGroup Group, ReportItem Item);
