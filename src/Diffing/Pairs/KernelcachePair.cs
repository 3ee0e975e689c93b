using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.Img4;
using IpswDiff.Formats.Kernelcache;

namespace IpswDiff.Diffing.Pairs;

/// <summary>
/// One kernelcache in both firmwares, opened; at least one side is there. Used by one worker at a time.
/// </summary>
internal sealed class KernelcachePair : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    private KernelcachePair(KernelcacheMatch match, bool isOnly)
    {
        Label = match.Label;
        Volume = isOnly ? null : match.Label;
        Boards = [.. (match.New?.Boards ?? []).Concat(match.Old?.Boards ?? []).Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>The label of the pair.</summary>
    public string Label { get; }

    /// <summary>What items say of where they lie: the label, or null where there is no other pair.</summary>
    public string? Volume { get; }

    /// <summary>The boards that boot it.</summary>
    public IReadOnlyList<string> Boards { get; }

    /// <summary>The old side, or null.</summary>
    public KernelcacheFile? Old { get; private set; }

    /// <summary>The new side, or null.</summary>
    public KernelcacheFile? New { get; private set; }

    /// <summary>Why a side's list of Info.plists cannot be read, or null; then nobody has one.</summary>
    public string? InfoFault { get; private set; }

    /// <summary>
    /// The kernel and all kexts of both sides, matched by identifier, in order; empty where one cache is missing.
    /// </summary>
    public IReadOnlyList<KextPair> Kexts { get; private set; } = [];

    /// <summary>Opens both sides.</summary>
    /// <param name="match">The files.</param>
    /// <param name="isOnly">Whether there is no other pair.</param>
    /// <param name="memoryLimit">
    /// What both decompressed together may take in memory, in bytes; beyond that they go to temporary files.
    /// </param>
    /// <exception cref="FirmwareFormatException">
    /// A side is missing from its archive, damaged, encrypted, or no kernelcache; names the file.
    /// </exception>
    /// <exception cref="IOException">Storage failed.</exception>
    internal static KernelcachePair Open(KernelcacheMatch match, bool isOnly, long memoryLimit)
    {
        return Disposal.OrDispose(new KernelcachePair(match, isOnly), pair =>
        {
            pair.Old = pair.OpenSide(match.Old, memoryLimit / 2);
            pair.New = pair.OpenSide(match.New, memoryLimit / 2);
            pair.Kexts = pair.Old is null || pair.New is null ? [] : pair.MatchKexts();
            return pair;
        });
    }

    /// <summary>Closes files and lets go of what was decompressed.</summary>
    public void Dispose()
    {
        foreach (var owned in Enumerable.Reverse(_owned))
        {
            owned.Dispose();
        }

        _owned.Clear();
    }

    private KernelcacheFile? OpenSide(InputKernelcache? side, long memoryLimit)
    {
        if (side is null)
        {
            return null;
        }

        try
        {
            var source = Own(side.Open()).Source;
            Span<byte> prefix = stackalloc byte[Img4File.HeadLength];
            if (Img4File.TryDetect(prefix[..source.ReadUpTo(0, prefix)], out _) && Img4File.Open(source).Payload is { } payload)
            {
                source = Own(payload.UnpackPayload(memoryLimit)).Source;
            }

            return KernelcacheFile.Open(source);
        }
        catch (FirmwareFormatException fault) when (fault.File is null)
        {
            throw fault.In(side.Path);
        }
    }

    private OwnedByteSource Own(OwnedByteSource opened)
    {
        _owned.Add(opened);
        return opened;
    }

    private KextPair[] MatchKexts()
    {
        var (before, after) = (InfosOf(Old!), InfosOf(New!));
        if (InfoFault is not null)
        {
            (before, after) = ([], []);
        }

        return
        [
            .. SortedJoin.Join(Sides(Old!, before), Sides(New!, after), static (x, y) => PathOrder.Compare(x.Id, y.Id))
                .Select(sides => new KextPair(this, (sides.Old ?? sides.New)!.Id, sides.Old?.Side, sides.New?.Side)),
        ];
    }

    private IReadOnlyList<KextInfo> InfosOf(KernelcacheFile cache)
    {
        try
        {
            return cache.ReadKextInfos();
        }
        catch (FirmwareFormatException fault)
        {
            InfoFault ??= fault.Message;
            return [];
        }
    }

    private static IEnumerable<KextNamed> Sides(KernelcacheFile cache, IReadOnlyList<KextInfo> infos)
    {
        var sides = cache.Entries.ToDictionary(entry => entry.Id, entry => new KextSide(entry, null), StringComparer.Ordinal);
        foreach (var info in infos)
        {
            sides[info.Id] = new KextSide(sides.GetValueOrDefault(info.Id)?.Entry, info);
        }

        return sides.Select(side => new KextNamed(side.Key, side.Value)).OrderBy(side => side.Id, PathOrder.Instance);
    }

    private sealed record KextNamed(string Id, KextSide Side);
}
