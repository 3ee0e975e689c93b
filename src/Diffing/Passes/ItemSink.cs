using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Passes;

/// <summary>Where a handler puts what it finds in one shard. One handler of one worker writes to it.</summary>
public sealed class ItemSink
{
    private readonly List<FoundItem> _found = [];
    private readonly Dictionary<string, long> _identical = new(StringComparer.Ordinal);

    /// <summary>What was found since the last <see cref="Clear"/>, in order.</summary>
    internal IReadOnlyList<FoundItem> Found => _found;

    /// <summary>How many items were proven identical, by proof.</summary>
    internal IReadOnlyDictionary<string, long> Identical => _identical;

    /// <summary>Adds an item; <paramref name="details"/> is written beside the report and named by it.</summary>
    public void Add(ItemGroup group, ReportItem item, BinaryChange? details = null) => _found.Add(new FoundItem(group, item, details));

    /// <summary>Counts an item that was proven identical without being compared.</summary>
    public void SkipIdentical(string proof) => _identical[proof] = _identical.GetValueOrDefault(proof) + 1;

    internal void Clear() => _found.Clear();

    internal readonly record struct FoundItem(ItemGroup Group, ReportItem Item, BinaryChange? Details);
}
