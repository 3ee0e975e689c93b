using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Pairs;

/// <summary>Where a handler puts what it finds in one shard. One handler of one worker writes to it.</summary>
internal sealed class ItemSink
{
    private readonly List<FoundItem> _found = [];
    private readonly Dictionary<string, long> _identical = new(StringComparer.Ordinal);

    private readonly List<SectionFact> _facts = [];

    /// <summary>How many items were of the handler's kind since the last <see cref="Clear"/>.</summary>
    internal long Examined { get; private set; }

    /// <summary>What was found of the firmwares as wholes.</summary>
    internal IReadOnlyList<SectionFact> Facts => _facts;

    /// <summary>What was found since the last <see cref="Clear"/>, in order.</summary>
    internal IReadOnlyList<FoundItem> Found => _found;

    /// <summary>How many items were proven identical, by proof.</summary>
    internal IReadOnlyDictionary<string, long> Identical => _identical;

    /// <summary>Adds an item; <paramref name="details"/> is written beside the report and named by it.</summary>
    public void Add(ItemGroup group, ReportItem item, ItemDetails? details = null) => _found.Add(new FoundItem(group, item, details));

    /// <summary>
    /// Adds a binary of which both sides are there and are not the same: as changed, or where nothing but its identity
    /// differs as rebuilt, of which there is no more to tell.
    /// </summary>
    public void AddDifferent(ReportItem item, ItemDetails? details)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (item.What?.All(Aspects.IsIdentity) ?? true)
        {
            Add(ItemGroup.Rebuilt, item);
        }
        else
        {
            Add(ItemGroup.Changed, item, details);
        }
    }

    /// <summary>Says that the item at hand is of the handler's kind.</summary>
    public void Examine() => Examined++;

    /// <summary>Counts an item that was proven identical without being compared.</summary>
    public void SkipIdentical(string proof) => _identical[proof] = _identical.GetValueOrDefault(proof) + 1;

    /// <summary>Says something of both firmwares as wholes in the head of the handler's section.</summary>
    public void AddFact(SectionFact fact) => _facts.Add(fact);

    internal void Clear()
    {
        Examined = 0;
        _found.Clear();
        _facts.Clear();
    }

    internal readonly record struct FoundItem(ItemGroup Group, ReportItem Item, ItemDetails? Details);
}
