using System.Globalization;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Merging;

/// <summary>
/// The items with the highest scores, found while all items stream by in the order of the report; no more than the wanted number is ever
/// held. What changed alike in several places (a kext in the kernelcaches of all boards) is one of them.
/// </summary>
/// <param name="count">How many are wanted at most.</param>
internal sealed class TopItems(int count)
{
    /// <summary>The groups whose items can be among them.</summary>
    public static IReadOnlyList<ItemGroup> Groups { get; } = [ItemGroup.Added, ItemGroup.Removed, ItemGroup.Changed];

    private readonly PriorityQueue<TopItem, (int Score, long Place)> _best = new();
    private readonly Dictionary<(string Handler, ItemGroup Group, string Path, ChangeClass? Class, int Score), TopItem> _held = [];
    private long _place;

    /// <summary>Up to <paramref name="count"/> items, best first; of equal scores those that stand first in the report.</summary>
    /// <exception cref="IOException">Reading items failed.</exception>
    public static async Task<IReadOnlyList<TopItem>> FindAsync(
        IReportItems items, IEnumerable<string> handlers, int count, CancellationToken cancellationToken)
    {
        var top = new TopItems(count);
        foreach (var handler in handlers)
        {
            foreach (var group in Groups)
            {
                await foreach (var item in items.ReadAsync(handler, group, cancellationToken).ConfigureAwait(false))
                {
                    top.Add(handler, group, item);
                }
            }
        }

        return top.Take();
    }

    /// <summary>Looks at the next item.</summary>
    public void Add(string handler, ItemGroup group, ReportItem item)
    {
        if (item is not { Score: { } score, Class: >= ChangeClass.Data } || !Groups.Contains(group))
        {
            return;
        }

        var key = (handler, group, item.Path, item.Class, score);
        if (_held.TryGetValue(key, out var twin))
        {
            twin.Others++;
            return;
        }

        // The queue gives up the least first, and of equals the one that came last.
        var found = new TopItem(handler, group, item);
        _held.Add(key, found);
        _best.Enqueue(found, (score, --_place));
        if (_best.Count > count)
        {
            var least = _best.Dequeue();
            _held.Remove((least.Handler, least.Group, least.Item.Path, least.Item.Class, least.Item.Score ?? 0));
        }
    }

    /// <summary>What was found, best first; afterwards nothing is held.</summary>
    public IReadOnlyList<TopItem> Take()
    {
        var items = new TopItem[_best.Count];
        for (var i = items.Length - 1; i >= 0; i--)
        {
            items[i] = _best.Dequeue();
        }

        _held.Clear();
        return items;
    }
}

/// <summary>One of the items with the highest scores.</summary>
/// <param name="Handler">Its section.</param>
/// <param name="Group">Its group there.</param>
/// <param name="Item">The item.</param>
public sealed record TopItem(string Handler, ItemGroup Group, ReportItem Item)
{
    /// <summary>In how many other places the same changed alike.</summary>
    public int Others { get; set; }

    /// <summary>The place, and how many others there are; null where there is only one place for all items.</summary>
    internal string? Place => Item.Volume is null
        ? null
        : Others == 0 ? Item.Volume : string.Create(CultureInfo.InvariantCulture, $"{Item.Volume} and {Others} more");
}
