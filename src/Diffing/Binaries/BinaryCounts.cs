using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Binaries;

/// <summary>A changed binary in numbers, for the index.</summary>
internal static class BinaryCounts
{
    public static IReadOnlyDictionary<string, long> Of(IReadOnlyList<SliceChange> slices)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var slice in slices)
        {
            Add("symbolsAdded", slice.Symbols.Added.Count);
            Add("symbolsRemoved", slice.Symbols.Removed.Count);
            Add("cstringsAdded", slice.CStrings?.Added.Count ?? 0);
            Add("cstringsRemoved", slice.CStrings?.Removed.Count ?? 0);
            Add("functionsAdded", slice.Functions?.Added.Count ?? 0);
            Add("functionsRemoved", slice.Functions?.Removed.Count ?? 0);
            Add("functionsChanged", slice.Functions?.Changed.Count(static function => !function.IsTextAlone) ?? 0);
            Add("objcAdded", slice.ObjectiveC?.Added.Count ?? 0);
            Add("objcRemoved", slice.ObjectiveC?.Removed.Count ?? 0);
            Add("objcChanged", slice.ObjectiveC?.Changed.Count ?? 0);
            Add("swiftAdded", slice.Swift?.Added.Count ?? 0);
            Add("swiftRemoved", slice.Swift?.Removed.Count ?? 0);
            Add("swiftMoved", slice.Swift?.Moved.Count ?? 0);
            Add("swiftChanged", slice.Swift?.Changed.Count ?? 0);
            Add("conformancesAdded", slice.Swift?.ConformancesAdded.Count ?? 0);
            Add("conformancesRemoved", slice.Swift?.ConformancesRemoved.Count ?? 0);
            Add("sectionsChanged", slice is { Old: { } old, New: { } @new }
                ? old.Sections.Except(@new.Sections).Select(section => section.Name)
                    .Union(@new.Sections.Except(old.Sections).Select(section => section.Name), StringComparer.Ordinal).LongCount()
                    + slice.SameSizeSections.Count
                : 0);
            Add("dylibsAdded", slice is { Old: { } x, New: { } y } ? y.Dylibs.Except(x.Dylibs).LongCount() : 0);
            Add("dylibsRemoved", slice is { Old: { } p, New: { } q } ? p.Dylibs.Except(q.Dylibs).LongCount() : 0);
        }

        return counts;

        void Add(string name, long count)
        {
            if (count > 0)
            {
                counts[name] = counts.GetValueOrDefault(name) + count;
            }
        }
    }
}
