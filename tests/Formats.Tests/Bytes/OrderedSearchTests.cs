using CsCheck;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Tests.Bytes;

public class OrderedSearchTests
{
    [Fact]
    public void Finds_the_last_item_that_begins_at_or_before_a_key() => Gen.Select(Gen.Int[-50, 50].Array[0, 40], Gen.Int[-60, 60]).Sample((starts, key) =>
    {
        var items = starts.Distinct().Order().Select(start => new Item(start)).ToArray();
        Assert.Equal(Array.FindLastIndex(items, item => item.Start <= key), OrderedSearch.LastAtOrBefore<Item, int>(items, key));
    });

    private readonly record struct Item(int Start) : IOrdered<int>
    {
        public int CompareStart(int key) => Start.CompareTo(key);
    }
}
