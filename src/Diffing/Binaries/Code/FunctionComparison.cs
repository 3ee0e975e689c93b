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

    private FunctionComparison(FunctionRanges old, FunctionRanges @new) => (_oldRanges, _newRanges) = (old, @new);

    private FunctionComparison(FunctionRanges oldRanges, FunctionRanges newRanges, FunctionTable old, FunctionTable @new)
        : this(oldRanges, newRanges)
    {
        (_old, _new) = (old, @new);
        IsExact = old.Functions.IsExact && @new.Functions.IsExact;

        // The same code in the same order is the same functions: most images of a shared cache that were linked again end here, and
        // their names need not be read.
        if (old.Functions.Values.SequenceEqual(@new.Functions.Values) && old.Functions.Sizes.SequenceEqual(@new.Functions.Sizes))
        {
            return;
        }

        _newOf = FunctionMatching.Match(old.Keys, @new.Keys, IsExact);
        _oldOf = new int[@new.Count];
        Array.Fill(_oldOf, -1);
        for (var i = 0; i < _newOf.Length; i++)
        {
            if (_newOf[i] < 0)
            {
                IsChanged = true;
                continue;
            }

            _oldOf[_newOf[i]] = i;
            IsChanged |= Differ(old.Keys, i, @new.Keys, _newOf[i]);
        }

        IsChanged |= _oldOf.AsSpan().Contains(-1);
    }

    /// <summary>How many functions the old image has.</summary>
    public int OldCount => _oldRanges.Count;

    /// <summary>How many functions the new image has.</summary>
    public int NewCount => _newRanges.Count;

    /// <summary>Whether instructions were compared, and not only sizes.</summary>
    public bool IsExact { get; }

    /// <summary>Whether a function was added, removed or changed.</summary>
    public bool IsChanged { get; }

    /// <summary>Finds the functions of two images and which of them are the same.</summary>
    /// <param name="old">The old image.</param>
    /// <param name="new">The new image.</param>
    /// <param name="isSameCode">Whether the code of both is known to be the same, byte for byte at the same addresses.</param>
    /// <exception cref="FirmwareFormatException">An image is damaged.</exception>
    public static FunctionComparison Compare(MachOImage old, MachOImage @new, bool isSameCode)
    {
        var (before, after) = (FunctionRanges.Find(old), FunctionRanges.Find(@new));
        return (isSameCode && before.Starts.SequenceEqual(after.Starts)) || SameCode.IsSame(old, before, @new, after)
            ? new FunctionComparison(before, after)
            : new FunctionComparison(before, after, FunctionTable.Read(old, before), FunctionTable.Read(@new, after));
    }

    /// <summary>Whether both images have functions in these sections, so that <see cref="IsChanged"/> speaks for their code.</summary>
    public bool Covers(MachOSection old, MachOSection @new) => _oldRanges.ReachInto(old) && _newRanges.ReachInto(@new);

    /// <summary>Every function that was added, removed or changed, in the order of addresses.</summary>
    /// <exception cref="FirmwareFormatException">An image is damaged.</exception>
    public FunctionChanges List()
    {
        if (_old is null || _new is null || !IsChanged)
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
        }

        for (var j = 0; j < _oldOf.Length; j++)
        {
            var i = _oldOf[j];
            if (i < 0)
            {
                added.Add(j);
            }
            else if (Differ(_old.Keys, i, _new.Keys, j))
            {
                var shared = IsExact
                    ? similarity.Compare(_old.OpenCode(i), _new.OpenCode(j), _new.Instructions)
                    : (double)Math.Min(_old.Keys.Sizes[i], _new.Keys.Sizes[j]) / Math.Max(_old.Keys.Sizes[i], _new.Keys.Sizes[j]);
                if (IsExact && shared < LeastSimilarity && !HaveOneName(_old.Keys, i, _new.Keys, j)
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

        removed.Sort();
        var oldNames = _old.GetText(removed.Concat(changed.Select(static pair => pair.Old)).ToHashSet());
        var newNames = _new.GetText(added.Concat(changed.Select(static pair => pair.New)).ToHashSet());
        return new FunctionChanges(
            [.. added.Select(j => new FunctionSize(newNames[j], _new.Keys.Sizes[j]))],
            [.. removed.Select(i => new FunctionSize(oldNames[i], _old.Keys.Sizes[i]))],
            [.. changed.Select(pair => new FunctionChange(
                newNames[pair.New],
                HaveOneName(_old.Keys, pair.Old, _new.Keys, pair.New) ? null : oldNames[pair.Old],
                _old.Keys.Sizes[pair.Old],
                _new.Keys.Sizes[pair.New],
                Math.Round(pair.Similarity, 3)))]);
    }

    /// <summary>Gives back where the functions lie.</summary>
    public void Dispose()
    {
        _oldRanges.Dispose();
        _newRanges.Dispose();
    }

    private bool Differ(FunctionKeys old, int i, FunctionKeys @new, int j) =>
        IsExact ? old.Fingerprints[i] != @new.Fingerprints[j] : old.Sizes[i] != @new.Sizes[j];

    private static bool HaveOneName(FunctionKeys old, int i, FunctionKeys @new, int j) => old.Names[i] == @new.Names[j] && old.Names[i] != 0;
}
