using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Diffing.Pairs;

/// <summary>
/// One shared cache in both firmwares, its images matched by install path and in the order in which they lie in the cache. Of a cache
/// nothing is held but its headers and tables. Immutable.
/// </summary>
internal sealed class CachePair
{
    // What comparing one local symbol reads: its entry and its name.
    private const long BytesPerSymbol = 64;

    /// <summary>Matches the images of two caches, one of which may be missing.</summary>
    /// <param name="label">Their label.</param>
    /// <param name="isOnly">Whether there is no other pair, so that items need not say where they lie.</param>
    /// <param name="old">The old cache, or null.</param>
    /// <param name="new">The new cache, or null.</param>
    /// <param name="notesOfMatch">What there is to say of how the two came together, in a sentence each.</param>
    internal CachePair(string label, bool isOnly, DyldSharedCache? old, DyldSharedCache? @new, IReadOnlyList<string>? notesOfMatch = null)
    {
        Label = label;
        Place = isOnly ? null : label;
        List<string> notes = [.. notesOfMatch ?? []];
        if (old is not null && @new is not null && old.Arch != @new.Arch)
        {
            notes.Add(@new.Architecture is { } now && old.Architecture is { } then && (now.Succeeds(then) || then.Succeeds(now))
                ? $"the old cache is for {old.Arch}, the new one for {@new.Arch}, which {(now.Succeeds(then) ? "succeeded" : "preceded")} it: they are compared with each other"
                : $"the old cache is for {old.Arch}, the new one for {@new.Arch}: they are compared because they are called the same");
        }

        HaveLocalSymbols = CompareLocalSymbols(old, @new, notes);
        Images = Match(old?.Images ?? [], @new?.Images ?? []);
        Info = new ContainerInfo(
            label,
            old?.Images.Count ?? 0,
            @new?.Images.Count ?? 0,
            Images.LongCount(pair => pair.HaveSameIdentity),
            Images.LongCount(pair => pair.HaveSameIdentity && pair.Old!.Address != pair.New!.Address),
            notes);
    }

    /// <summary>The caches' label.</summary>
    public string Label { get; }

    /// <summary>What items name as the place they lie in: the label, or null where there is no other cache.</summary>
    public string? Place { get; }

    /// <summary>The images of both sides.</summary>
    public IReadOnlyList<ImagePair> Images { get; }

    /// <summary>Whether both caches have local symbols that can be read; else neither side's are compared.</summary>
    public bool HaveLocalSymbols { get; }

    /// <summary>The caches in numbers, and what could not be had of them.</summary>
    public ContainerInfo Info { get; }

    /// <summary>About how many bytes comparing a pair reads.</summary>
    internal long EstimateBytes(ImagePair pair) => EstimateBytes(pair.Old) + EstimateBytes(pair.New);

    private long EstimateBytes(SharedCacheImage? image) => image is null
        ? 0
        : (long)image.TextSize + (HaveLocalSymbols ? (image.OpenLocalSymbols()?.Count ?? 0) * BytesPerSymbol : 0);

    private ImagePair[] Match(IReadOnlyList<SharedCacheImage> old, IReadOnlyList<SharedCacheImage> @new)
    {
        var byPath = new Dictionary<string, SharedCacheImage>(old.Count, StringComparer.Ordinal);
        var rest = new List<SharedCacheImage>();
        foreach (var image in old)
        {
            if (!byPath.TryAdd(image.Path, image))
            {
                rest.Add(image);
            }
        }

        var pairs = new List<ImagePair>(@new.Count);
        foreach (var image in @new.OrderBy(image => image.Address))
        {
            byPath.Remove(image.Path, out var before);
            pairs.Add(new ImagePair(this, before, image));
        }

        // Removed images come last, in the order of the old cache.
        pairs.AddRange(byPath.Values.Concat(rest).OrderBy(image => image.Address).Select(image => new ImagePair(this, image, null)));
        return [.. pairs];
    }

    private static bool CompareLocalSymbols(DyldSharedCache? old, DyldSharedCache? @new, List<string> notes)
    {
        var readable = true;
        foreach (var cache in new[] { old, @new }.OfType<DyldSharedCache>())
        {
            notes.AddRange(cache.Notes);
            try
            {
                cache.LoadLocalSymbols();
            }
            catch (FirmwareFormatException fault)
            {
                notes.Add($"{fault.Message}: local symbols are not read");
                readable = false;
            }
        }

        if (old is null || @new is null)
        {
            return readable && (old ?? @new)!.HasLocalSymbols;
        }

        if (old.HasLocalSymbols != @new.HasLocalSymbols)
        {
            notes.Add($"only the {(old.HasLocalSymbols ? "old" : "new")} cache has local symbols: they are not compared");
        }

        return readable && old.HasLocalSymbols && @new.HasLocalSymbols;
    }
}
