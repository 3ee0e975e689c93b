using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Signal;

/// <summary>How many changes of each class something holds.</summary>
internal sealed class ClassTally
{
    private readonly long[] _counts = new long[Enum.GetValues<ChangeClass>().Length];
    private readonly SortedDictionary<string, long> _folded = new(StringComparer.Ordinal);

    /// <summary>Changes of one class.</summary>
    public long this[ChangeClass of] => _counts[(int)of];

    /// <summary>All changes.</summary>
    public long Total => _counts.Sum();

    /// <summary>Names and strings that rules of residue fold, by the rules' names.</summary>
    public IReadOnlyDictionary<string, long> Folded => _folded;

    /// <summary>The highest class there is a change of, or null where there is none.</summary>
    public ChangeClass? Highest
    {
        get
        {
            var index = Array.FindLastIndex(_counts, count => count > 0);
            return index < 0 ? null : (ChangeClass)index;
        }
    }

    /// <summary>Counts changes.</summary>
    public void Add(ChangeClass of, long count = 1) => _counts[(int)of] += count;

    /// <summary>Counts a name or a string: as residue where a rule folds it, else under <paramref name="otherwise"/>.</summary>
    public void Add(ResidueKinds kind, string text, ChangeClass otherwise)
    {
        if (ResidueRules.Find(kind, text) is not { } rule)
        {
            Add(otherwise);
            return;
        }

        Add(ChangeClass.Residue);
        _folded[rule.Name] = _folded.GetValueOrDefault(rule.Name) + 1;
    }
}
