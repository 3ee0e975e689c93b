using System.Globalization;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports.Contents;

/// <summary>
/// The items with the highest scores, found while all items stream by; no more than the wanted number is ever held. What changed alike in
/// several places (a kext in the kernelcaches of all boards) is one of them.
/// </summary>
internal static class TopItems
{
    private static readonly ItemGroup[] Groups = [ItemGroup.Added, ItemGroup.Removed, ItemGroup.Changed];

    /// <summary>Up to <paramref name="count"/> items, best first; of equal scores those that stand first in the report.</summary>
    /// <exception cref="IOException">Reading items failed.</exception>
    public static async Task<IReadOnlyList<TopItem>> FindAsync(ReportContents report, int count, CancellationToken cancellationToken)
    {
        var top = new PriorityQueue<TopItem, (int Score, long Place)>(count + 1);
        var held = new Dictionary<(string Handler, ItemGroup Group, string Path, ChangeClass? Class, int Score), TopItem>(count + 1);
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

                    var key = (section.Handler, group, item.Path, item.Class, score);
                    if (held.TryGetValue(key, out var twin))
                    {
                        twin.Others++;
                        continue;
                    }

                    // The queue gives up the least first, and of equals the one that came last.
                    var found = new TopItem(section.Handler, group, item);
                    held.Add(key, found);
                    top.Enqueue(found, (score, --place));
                    if (top.Count > count)
                    {
                        var least = top.Dequeue();
                        held.Remove((least.Handler, least.Group, least.Item.Path, least.Item.Class, least.Item.Score ?? 0));
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
internal sealed record TopItem(string Handler, ItemGroup Group, ReportItem Item)
{
    /// <summary>In how many other places the same changed alike.</summary>
    public int Others { get; set; }

    /// <summary>The place, and how many others there are; null where there is only one place for all items.</summary>
    public string? Place => Item.Volume is null ? null : Others == 0 ? Item.Volume : string.Create(CultureInfo.InvariantCulture, $"{Item.Volume} and {Others} more");
}
