using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// The functions of two images one by one. On arm64, arm64e, arm64_32 and x86_64 a function changed when its instructions did, addresses aside,
/// and a function that only moved or was only renamed is no change. On other processors only sizes are compared. To be disposed.
/// </summary>
internal sealed class FunctionComparison : IDisposable
{
    // Functions that only their order and size brought together and that share less than this are two functions. Of fewer tokens than
    // a handful every run differs after one change.
    private const double LeastSimilarity = 0.1;
    private const long SmallestJudged = 64;

    private readonly FunctionRanges _oldRanges;
    private readonly FunctionRanges _newRanges;
    private readonly FunctionTable? _old;
    private readonly FunctionTable? _new;
    private readonly int[] _newOf = [];
    private readonly int[] _oldOf = [];
    private readonly TargetComparison? _targets;

    // Functions whose instructions are those of their partner, but not what they refer to.
    private readonly HashSet<(int Old, int New)> _redirected = [];

    private FunctionComparison(FunctionRanges old, FunctionRanges @new) => (_oldRanges, _newRanges) = (old, @new);

    private FunctionComparison(
        FunctionRanges oldRanges, FunctionRanges newRanges, FunctionTable old, FunctionTable @new, bool comparesTargets)
        : this(oldRanges, newRanges)
    {
        (_old, _new) = (old, @new);
        IsExact = old.Functions.IsExact && @new.Functions.IsExact;

        // The same code in the same order is the same functions: most images of a shared cache that were linked again end here, and
        // their names need not be read.
        if (old.Functions.Values.SequenceEqual(@new.Functions.Values) && old.Functions.Sizes.SequenceEqual(@new.Functions.Sizes))
        {
            _newOf = [.. Enumerable.Range(0, old.Count)];
            _oldOf = _newOf;
            if (!IsExact || !comparesTargets)
            {
                return;
            }

            _targets = new TargetComparison(old, @new, _newOf, _oldOf);
            if (Enumerable.Range(0, old.Count).All(i => _targets.HaveSameTargets(i, i)))
            {
                return;
            }

            _targets.Dispose();
        }

        // Two functions that are alike but for what they refer to may have changed their places.
        using (var targets = comparesTargets ? new TargetHashes(old, @new) : null)
        {
            _newOf = targets is null
                ? FunctionMatching.Match(old.Keys, @new.Keys, IsExact)
                : FunctionMatching.Match(old.Keys, @new.Keys, IsExact, targets.OfOld, targets.OfNew);
        }

        _oldOf = new int[@new.Count];
        Array.Fill(_oldOf, -1);
        for (var i = 0; i < _newOf.Length; i++)
        {
            if (_newOf[i] >= 0)
            {
                _oldOf[_newOf[i]] = i;
            }
        }

        ShareByName();
        _targets = IsExact && comparesTargets ? new TargetComparison(old, @new, _newOf, _oldOf) : null;
        for (var i = 0; i < _newOf.Length; i++)
        {
            IsChanged |= _newOf[i] < 0 || IsOther(i, _newOf[i]);
        }

        for (var j = 0; j < _oldOf.Length; j++)
        {
            IsChanged |= _oldOf[j] < 0 || (_newOf[_oldOf[j]] != j && IsOther(_oldOf[j], j));
        }
    }

    private bool IsOther(int i, int j)
    {
        if (_targets is not null && _old!.Functions.Values[i] == _new!.Functions.Values[j]
            && !_targets.HaveSameTargets(i, j))
        {
            _redirected.Add((i, j));
            var isText = _targets.Describe(i, j).All(static pair => pair.Kind == TargetWords.Of(TargetKind.String));
            HasOtherTexts |= isText;
            return !isText;
        }

        return Differ(i, j);
    }

    /// <summary>
    /// A function without a partner that bears a name which the other side knows is neither new nor gone: a linker
    /// that folds equal code
    /// gives one function several names, or keeps copies of one. It faces the function of that name beside that
    /// one's partner.
    /// </summary>
    private void ShareByName()
    {
        var (lonelyOld, lonelyNew) = (Lonely(_newOf), Lonely(_oldOf));
        var (oldNames, newNames) = (lonelyNew.Length == 0 ? [] : NamesOf(_old!, _new!), lonelyOld.Length == 0 ? []
            : NamesOf(_new!, _old!));
        foreach (var i in lonelyOld)
        {
            _newOf[i] = Namesake(_old!, i, newNames, _new!);
        }

        foreach (var j in lonelyNew)
        {
            _oldOf[j] = Namesake(_new!, j, oldNames, _old!);
        }

        static int[] Lonely(int[] partners) => [.. Enumerable.Range(0, partners.Length).Where(index =>
            partners[index] < 0)];
    }

    /// <summary>The functions of a side by name, those whose code the other side has first.</summary>
    private static Dictionary<ulong, int> NamesOf(FunctionTable side, FunctionTable other)
    {
        var names = new Dictionary<ulong, int>();
        var known = other.Keys.Fingerprints.ToHashSet();
        for (var i = 0; i < side.Count; i++)
        {
            Add(side.Keys.Names[i], i);
        }

        foreach (var (function, name) in side.Keys.Aliases)
        {
            Add(name, function);
        }

        return names;

        void Add(ulong name, int function)
        {
            if (name != 0 && (!names.TryGetValue(name, out var first)
                || (!known.Contains(side.Keys.Fingerprints[first])
                && known.Contains(side.Keys.Fingerprints[function]))))
            {
                names[name] = function;
            }
        }
    }

    private static int Namesake(FunctionTable side, int function, Dictionary<ulong, int> names, FunctionTable other)
    {
        var found = -1;
        foreach (var name in side.NamesOf(function))
        {
            if (names.TryGetValue(name, out var partner) && (found < 0
                || other.Keys.Fingerprints[partner] == side.Keys.Fingerprints[function]))
            {
                found = partner;
            }
        }

        return found;
    }

    /// <summary>How many functions the old image has.</summary>
    public int OldCount => _oldRanges.Count;

    /// <summary>How many functions the new image has.</summary>
    public int NewCount => _newRanges.Count;

    /// <summary>Whether instructions were compared, and not only sizes.</summary>
    public bool IsExact { get; }

    /// <summary>Whether a function was added, removed or changed, other than in the text that it refers to.</summary>
    public bool IsChanged { get; }

    /// <summary>Whether a function refers to other text: to another string, or to one that was changed.</summary>
    public bool HasOtherTexts { get; private set; }

    /// <summary>Finds the functions of two images and which of them are the same.</summary>
    /// <param name="old">The old image.</param>
    /// <param name="new">The new image.</param>
    /// <param name="isSameCode">Whether the code of both is known to be the same, byte for byte at the same addresses.</param>
    /// <param name="comparesTargets">Whether functions differ, too, that refer to something else.</param>
    /// <exception cref="FirmwareFormatException">An image is damaged.</exception>
    public static FunctionComparison Compare(MachOImage old, MachOImage @new, bool isSameCode, bool comparesTargets)
    {
        var (before, after) = (FunctionRanges.Find(old), FunctionRanges.Find(@new));
        using var targets = comparesTargets ? new SameTargets(old, @new) : null;
        return (isSameCode && before.Starts.SequenceEqual(after.Starts)
                && (targets is null || (targets.HaveSameSections() && targets.MovedBy(0))))
            || SameCode.IsSame(old, before, @new, after, targets)
            ? new FunctionComparison(before, after)
            : new FunctionComparison(
                before,
                after,
                FunctionTable.Read(old, before, comparesTargets),
                FunctionTable.Read(@new, after, comparesTargets),
                comparesTargets);
    }

    /// <summary>Whether both images have functions in these sections, so that <see cref="IsChanged"/> speaks for their code.</summary>
    public bool Covers(MachOSection old, MachOSection @new) => _oldRanges.ReachInto(old) && _newRanges.ReachInto(@new);

    /// <summary>Every function that was added, removed or changed, in the order of addresses.</summary>
    /// <exception cref="FirmwareFormatException">An image is damaged.</exception>
    public FunctionChanges List()
    {
        if (_old is null || _new is null || !(IsChanged || HasOtherTexts))
        {
            return new FunctionChanges([], [], []);
        }

        var (added, removed, changed) = (new List<int>(), new List<int>(), new List<(int Old, int New, double Similarity)>());
        using var similarity = new FunctionSimilarity();
        for (var i = 0; i < _newOf.Length; i++)
        {
            if (_newOf[i] < 0)
            {
                removed.Add(i);
            }
            else if (_oldOf[_newOf[i]] != i && Differ(i, _newOf[i]))
            {
                Judge(i, _newOf[i]);
            }
        }

        for (var j = 0; j < _oldOf.Length; j++)
        {
            var i = _oldOf[j];
            if (i < 0)
            {
                added.Add(j);
            }
            else if (Differ(i, j))
            {
                Judge(i, j);
            }
        }

        changed.Sort(static (left, right) => (left.New, left.Old).CompareTo((right.New, right.Old)));
        removed.Sort();
        added.Sort();
        var oldNames = _old.GetText(removed.Concat(changed.Select(static pair => pair.Old)).ToHashSet());
        var newNames = _new.GetText(added.Concat(changed.Select(static pair => pair.New)).ToHashSet());
        var targets = DescribeTargets(changed);
        return new FunctionChanges(
            [.. added.Select(j => new FunctionSize(newNames[j], _new.Keys.Sizes[j]))],
            [.. removed.Select(i => new FunctionSize(oldNames[i], _old.Keys.Sizes[i]))],
            [.. changed.Select(pair => new FunctionChange(
                newNames[pair.New],
                _old.HaveOneName(pair.Old, _new, pair.New) ? null : oldNames[pair.Old],
                _old.Keys.Sizes[pair.Old],
                _new.Keys.Sizes[pair.New],
                Math.Round(pair.Similarity, 3))
            {
                Targets = targets.GetValueOrDefault((pair.Old, pair.New)),
            })]);

        void Judge(int i, int j)
        {
            var shared = _redirected.Contains((i, j)) ? 1 : IsExact
                ? similarity.Compare(_old.OpenCode(i), _new.OpenCode(j), _new.Instructions)
                : (double)Math.Min(_old.Keys.Sizes[i], _new.Keys.Sizes[j]) / Math.Max(_old.Keys.Sizes[i],
                    _new.Keys.Sizes[j]);
            if (IsExact && shared < LeastSimilarity && !_old.HaveOneName(i, _new, j)
                && Math.Max(_old.Keys.Sizes[i], _new.Keys.Sizes[j]) >= SmallestJudged)
            {
                removed.Add(i);
                added.Add(j);
            }
            else
            {
                changed.Add((i, j, shared));
            }
        }
    }

    /// <summary>By old function what it refers to differently.</summary>
    private Dictionary<(int Old, int New), TargetChange[]> DescribeTargets(List<(int Old, int New,
        double Similarity)> changed)
    {
        var pairs = new List<TargetPair>();
        var places = new List<(int Old, int New, int First, int End)>();
        foreach (var (i, j, _) in changed)
        {
            if (_redirected.Contains((i, j)))
            {
                var first = pairs.Count;
                pairs.AddRange(_targets!.Describe(i, j));
                places.Add((i, j, first, pairs.Count));
            }
        }

        var texts = places.Count == 0 ? [] : _targets!.GetText(pairs);
        return places.ToDictionary(static place => (place.Old, place.New), place => texts[place.First..place.End]);
    }

    /// <summary>Gives back where the functions lie.</summary>
    public void Dispose()
    {
        _targets?.Dispose();
        _old?.Dispose();
        _new?.Dispose();
        _oldRanges.Dispose();
        _newRanges.Dispose();
    }

    private bool Differ(int i, int j) => IsExact
        ? _old!.Functions.Values[i] != _new!.Functions.Values[j] || _redirected.Contains((i, j))
        : _old!.Functions.Sizes[i] != _new!.Functions.Sizes[j];
}
