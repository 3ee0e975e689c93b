using System.Collections.Concurrent;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Shards;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Pairs;

/// <summary>
/// The shared caches of two firmwares, wherever they lie: matched within the pair of volumes they lie on, and those that are left by name
/// across volumes, since caches move between them. Each is opened once for all shards. Safe for concurrent use.
/// </summary>
internal sealed class CachePairs
{
    private readonly ConcurrentDictionary<string, OpenedOnce<CachePair>> _pairs = new(StringComparer.Ordinal);
    private readonly OpenedOnce<CacheSearch> _search;

    /// <summary>Prepares to search two firmwares.</summary>
    /// <param name="old">The firmware compared from.</param>
    /// <param name="new">The firmware compared to.</param>
    /// <param name="volumes">Their volumes, matched.</param>
    /// <param name="isDifferent">Which of them are not proven identical.</param>
    internal CachePairs(FirmwareInput old, FirmwareInput @new, IReadOnlyList<VolumePair> volumes, Func<VolumePair, bool> isDifferent) =>
        _search = new OpenedOnce<CacheSearch>(() => CacheSearch.Of(old, @new, volumes, isDifferent));

    /// <summary>The matches, by label.</summary>
    public IReadOnlyList<CacheMatch> Matches => _search.Get().Matches;

    /// <summary>Volumes that could not be searched, a sentence each.</summary>
    public IReadOnlyList<string> Faults => _search.Get().Faults;

    /// <summary>How many pairs of volumes with caches on them are proven identical and were not compared.</summary>
    public int Same => _search.Get().Same;

    /// <summary>Caches that lie on the volumes of several groups of boards.</summary>
    public IReadOnlyList<SplitPlace> Splits => _search.Get().Splits;

    /// <summary>The caches of one label.</summary>
    /// <exception cref="FirmwareFormatException">One of them cannot be read; names the file.</exception>
    public CachePair Open(string label) => _pairs.GetOrAdd(label, name => new OpenedOnce<CachePair>(() => Open(Matches.First(match => match.Label == name)))).Get();

    private CachePair Open(CacheMatch match) =>
        new(match.Label, Matches.Count == 1, match.Old?.Open(), match.New?.Open(), match.Notes);
}

/// <summary>Which shared cache of one firmware faces which of the other; at least one side is there.</summary>
/// <param name="Label">Its name in reports, unique among the matches.</param>
/// <param name="Name">The cache's own name: see <see cref="InputCache.Label"/>.</param>
/// <param name="Boards">The boards it is for; none where nothing says, or where it is all boards'.</param>
/// <param name="Old">The old one, or null.</param>
/// <param name="New">The new one, or null.</param>
/// <param name="Notes">What there is to say of the match, in a sentence each.</param>
internal sealed record CacheMatch(
    string Label, string Name, IReadOnlyList<string> Boards, InputCache? Old, InputCache? New, IReadOnlyList<string> Notes);
