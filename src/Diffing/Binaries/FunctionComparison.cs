using IpswDiff.Diffing.Results;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries;

/// <summary>
/// The functions of two images one by one: first by name, then, between two neighbours that were found by name, by equal size in
/// order. What is left over is added or removed.
/// </summary>
internal static class FunctionComparison
{
    // The table of the longest common subsequence of one gap; a larger gap is paired by position alone.
    private const long LargestTable = 1 << 20;

    /// <summary>Compares the functions that LC_FUNCTION_STARTS lists.</summary>
    /// <exception cref="Formats.FirmwareFormatException">A symbol table is damaged.</exception>
    public static FunctionChanges Compare(MachOImage old, FunctionStarts? oldStarts, MachOImage @new, FunctionStarts? newStarts)
    {
        var (before, after) = (List(old, oldStarts), List(@new, newStarts));
        var (added, removed, changed) = (new List<FunctionSize>(), new List<FunctionSize>(), new List<FunctionChange>());
        var anchors = Anchors(before, after);
        var (i, j) = (0, 0);
        foreach (var (x, y) in anchors.Append((X: before.Length, Y: after.Length)))
        {
            PairGap(before.AsSpan(i, x - i), after.AsSpan(j, y - j), added, removed, changed);
            if (x < before.Length)
            {
                AddIfResized(before[x], after[y], changed);
            }

            (i, j) = (x + 1, y + 1);
        }

        return new FunctionChanges(added, removed, changed);
    }

    private static Function[] List(MachOImage image, FunctionStarts? starts)
    {
        if (starts is null)
        {
            return [];
        }

        var names = new Dictionary<ulong, string>();
        var known = new HashSet<ulong>(starts.Count);
        foreach (var start in starts.Starts)
        {
            known.Add(start);
        }

        if (image.Symbols is { } symbols)
        {
            foreach (var symbol in symbols)
            {
                if (symbol.Kind is SymbolKind.External or SymbolKind.Local && !symbol.Name.IsEmpty && known.Contains(symbol.Value)
                    && !symbol.Name.SequenceEqual("<redacted>"u8))
                {
                    names.TryAdd(symbol.Value, ByteText.Decode(symbol.Name));
                }
            }
        }

        var ends = new ulong[starts.Count];
        starts.GetEnds(ends);
        var functions = new Function[starts.Count];
        for (var i = 0; i < functions.Length; i++)
        {
            var start = starts.Starts[i];
            functions[i] = new Function(names.GetValueOrDefault(start), start, ends[i] > start ? (long)(ends[i] - start) : 0);
        }

        return functions;
    }

    /// <summary>Pairs of equal names that keep their order on both sides: the longest increasing run of them.</summary>
    private static List<(int X, int Y)> Anchors(Function[] before, Function[] after)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var y = 0; y < after.Length; y++)
        {
            if (after[y].Name is { } name)
            {
                places[name] = places.ContainsKey(name) ? -1 : y;
            }
        }

        var pairs = new List<(int X, int Y)>();
        for (var x = 0; x < before.Length; x++)
        {
            if (before[x].Name is { } name && places.TryGetValue(name, out var y) && y >= 0)
            {
                pairs.Add((x, y));
                places[name] = -1;
            }
        }

        return Increasing(pairs);
    }

    private static List<(int X, int Y)> Increasing(List<(int X, int Y)> pairs)
    {
        var tails = new List<int>();
        var previous = new int[pairs.Count];
        for (var i = 0; i < pairs.Count; i++)
        {
            var (low, high) = (0, tails.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = pairs[tails[middle]].Y < pairs[i].Y ? (middle + 1, high) : (low, middle);
            }

            previous[i] = low == 0 ? -1 : tails[low - 1];
            if (low == tails.Count)
            {
                tails.Add(i);
            }
            else
            {
                tails[low] = i;
            }
        }

        var run = new List<(int X, int Y)>();
        for (var i = tails.Count == 0 ? -1 : tails[^1]; i >= 0; i = previous[i])
        {
            run.Add(pairs[i]);
        }

        run.Reverse();
        return run;
    }

    private static void PairGap(
        ReadOnlySpan<Function> before, ReadOnlySpan<Function> after,
        List<FunctionSize> added, List<FunctionSize> removed, List<FunctionChange> changed)
    {
        if (before.Length == after.Length || (long)(before.Length + 1) * (after.Length + 1) > LargestTable)
        {
            var common = Math.Min(before.Length, after.Length);
            for (var i = 0; i < common; i++)
            {
                if (before[i].Name is not null && after[i].Name is not null)
                {
                    // Two names that found no partner are two functions, whatever their place.
                    AddAll(before.Slice(i, 1), removed);
                    AddAll(after.Slice(i, 1), added);
                }
                else
                {
                    AddIfResized(before[i], after[i], changed);
                }
            }

            AddAll(before[common..], removed);
            AddAll(after[common..], added);
            return;
        }

        var kept = CommonSizes(before, after);
        var (x, y) = (0, 0);
        foreach (var (left, right) in kept)
        {
            AddAll(before[x..left], removed);
            AddAll(after[y..right], added);
            (x, y) = (left + 1, right + 1);
        }

        AddAll(before[x..], removed);
        AddAll(after[y..], added);
    }

    private static List<(int X, int Y)> CommonSizes(ReadOnlySpan<Function> before, ReadOnlySpan<Function> after)
    {
        var width = after.Length + 1;
        var lengths = new int[(before.Length + 1) * width];
        for (var x = before.Length - 1; x >= 0; x--)
        {
            for (var y = after.Length - 1; y >= 0; y--)
            {
                lengths[(x * width) + y] = before[x].MayBe(after[y])
                    ? lengths[((x + 1) * width) + y + 1] + 1
                    : Math.Max(lengths[((x + 1) * width) + y], lengths[(x * width) + y + 1]);
            }
        }

        var pairs = new List<(int X, int Y)>();
        for (var (x, y) = (0, 0); x < before.Length && y < after.Length;)
        {
            if (before[x].MayBe(after[y]))
            {
                pairs.Add((x++, y++));
            }
            else if (lengths[((x + 1) * width) + y] >= lengths[(x * width) + y + 1])
            {
                x++;
            }
            else
            {
                y++;
            }
        }

        return pairs;
    }

    private static void AddIfResized(Function before, Function after, List<FunctionChange> changed)
    {
        if (before.Size != after.Size)
        {
            changed.Add(new FunctionChange(after.Text, before.Name == after.Name ? null : before.Text, before.Size, after.Size));
        }
    }

    private static void AddAll(ReadOnlySpan<Function> functions, List<FunctionSize> list)
    {
        foreach (var function in functions)
        {
            list.Add(new FunctionSize(function.Text, function.Size));
        }
    }

    private readonly record struct Function(string? Name, ulong Start, long Size)
    {
        public string Text => Name ?? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"sub_{Start:x}");

        public bool MayBe(Function other) => Size == other.Size && (Name is null || other.Name is null);
    }
}
