using IpswDiff.Forge.SharedCache.Slides;

namespace IpswDiff.Forge.SharedCache;

/// <summary>
/// Writes a dyld shared cache of given images, in bounded memory: images are measured, placed, then written one after the other in each
/// group of files. The same images and options give the same bytes.
/// </summary>
public sealed class SharedCacheBuilder(SharedCacheOptions options)
{
    public SharedCacheOptions Options { get; } = options;

    /// <summary>The images, by address.</summary>
    public List<CacheImage> Images { get; } = [];

    /// <summary>Writes the cache into memory and returns the files by name.</summary>
    public (WrittenCache Cache, IReadOnlyDictionary<string, byte[]> Files) Build()
    {
        using var files = new MemoryCacheFiles();
        return (Write(files), files.Files);
    }

    /// <summary>Writes the cache.</summary>
    /// <exception cref="ArgumentException">The options contradict each other, or two images have one path.</exception>
    public WrittenCache Write(CacheFiles files)
    {
        var layout = new SharedCacheLayout(Options, Images);
        var all = layout.SymbolsFile is { } symbols ? layout.Files.Append(symbols).ToArray() : [.. layout.Files];
        foreach (var file in all)
        {
            files.Create(Options.Name + file.Suffix, file.Size);
        }

        var writers = new ThreadLocal<CacheImageRendering>(static () => new CacheImageRendering());
        Parallel.ForEach(
            layout.Groups,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            group => WriteGroup(layout, group, files, writers.Value!));

        var headers = new CacheHeaderWriter(layout);
        var signature = CacheSignature.Build(Options.Arch.Name);
        foreach (var file in all)
        {
            files.Write(Options.Name + file.Suffix, 0, headers.Write(file));
            if (file.Size > file.ContentSize)
            {
                files.Write(Options.Name + file.Suffix, file.ContentSize, signature);
            }
        }

        files.Write(Options.Name, layout.TrieOffset, layout.Trie);
        if (layout.Selectors is { } selectors)
        {
            files.Write(Options.Name, layout.ObjCOffset, headers.WriteObjC());
            files.Write(Options.Name, layout.ObjCOffset + CacheHeaderWriter.ObjCHeaderSize, selectors.Bytes);
        }

        if (layout.LocalsFile is { } locals)
        {
            var (info, entries) = headers.WriteLocalSymbols();
            files.Write(Options.Name + locals.Suffix, layout.LocalsOffset, info);
            files.Write(Options.Name + locals.Suffix, layout.LocalsOffset + info.Length + ((long)layout.LocalCount * layout.EntrySize), entries);
        }

        return new WrittenCache(layout, all);
    }

    private void WriteGroup(SharedCacheLayout layout, CacheGroup group, CacheFiles files, CacheImageRendering rendering)
    {
        var text = Options.Name + group.TextFile.Suffix;
        var data = Options.Name + group.DataFile.Suffix;
        var linkedit = Options.Name + group.LinkeditFile.Suffix;
        var encoders = group.Data.ConvertAll(mapping => (Mapping: mapping, Encoder: SlideEncoder.Create(Options, mapping, (offset, bytes) => files.Write(data, offset, bytes.Span))));
        files.Write(linkedit, group.NamesOffset, " <redacted>\0"u8);
        for (var i = group.First; i < group.First + group.Count; i++)
        {
            var place = layout.Images[i];
            rendering.Begin(place.Shape);
            place.Image.Render(place, rendering);
            Check(place, rendering);
            files.Write(text, place.FileOffsets[0], rendering.Segment(0).Written);
            for (var s = 1; s < place.Shape.Segments.Length; s++)
            {
                var pointers = rendering.Pointers(s);
                pointers.Sort(static (a, b) => a.Offset.CompareTo(b.Offset));
                var (mapping, encoder) = encoders.Find(pair => place.Addresses[s] - pair.Mapping.Address < (ulong)pair.Mapping.Size);
                encoder.Append((long)(place.Addresses[s] - mapping.Address), rendering.Segment(s).Written, pointers);
            }

            files.Write(linkedit, place.FunctionStarts, rendering.FunctionStarts.Written);
            files.Write(linkedit, place.Symbols, rendering.Symbols.Written);
            files.Write(linkedit, place.Indirect, rendering.Indirect.Written);
            files.Write(linkedit, group.NamesOffset + place.Names, rendering.Names.Written);
            if (layout.LocalsFile is { } locals && place.Shape.LocalCount > 0)
            {
                var start = layout.LocalsOffset + CacheHeaderWriter.LocalSymbolsInfoSize;
                var names = layout.LocalsOffset + layout.LocalsSize - layout.LocalNamesSize;
                files.Write(Options.Name + locals.Suffix, start + ((long)place.FirstLocal * layout.EntrySize), rendering.Locals.Written);
                files.Write(Options.Name + locals.Suffix, names + place.LocalNames, rendering.LocalNames.Written);
            }
        }

        encoders.ForEach(static pair => pair.Encoder.Finish());
    }

    /// <summary>An image that wrote more or less than it measured would spoil its neighbours.</summary>
    private static void Check(CacheImagePlace place, CacheImageRendering rendering)
    {
        var shape = place.Shape;
        var size = place.Layout.EntrySize;
        Same(shape.FunctionStartsSize, rendering.FunctionStarts.Length, "function starts");
        Same(shape.SymbolCount * size, rendering.Symbols.Length, "symbols");
        Same(shape.SymbolNamesSize, rendering.Names.Length, "names");
        Same(shape.IndirectCount * 4, rendering.Indirect.Length, "indirect symbols");
        Same(shape.LocalCount * size, rendering.Locals.Length, "local symbols");
        Same(shape.LocalNamesSize, rendering.LocalNames.Length, "names of local symbols");

        void Same(long measured, long written, string what)
        {
            if (measured != written)
            {
                throw new InvalidOperationException($"{place.Image.Path}: {what} took {written} bytes, not {measured}");
            }
        }
    }
}

/// <summary>A file that was written.</summary>
public sealed record WrittenCacheFile(string Name, Guid Uuid, long Size);

/// <summary>An image that was written.</summary>
public sealed record WrittenCacheImage(string Path, Guid Uuid, ulong Address, long TextSize, IReadOnlyList<(string Name, ulong Address, long Size)> Segments);

/// <summary>What a cache became: its files, and where its images are.</summary>
public sealed class WrittenCache
{
    internal WrittenCache(SharedCacheLayout layout, IEnumerable<CacheFile> files)
    {
        Options = layout.Options;
        BaseAddress = layout.Options.BaseAddress;
        SelectorBase = layout.SelectorBase;
        Files = [.. files.Select(file => new WrittenCacheFile(layout.Options.Name + file.Suffix, file.Uuid, file.Size))];
        Images = [.. layout.Images.Select(static image => new WrittenCacheImage(
            image.Image.Path,
            image.Image.Uuid,
            image.Addresses[0],
            image.Shape.Segments[0].Size,
            [.. image.Shape.Segments.Select((segment, i) => (segment.Name, image.Addresses[i], segment.Size))]))];
    }

    public SharedCacheOptions Options { get; }

    public ulong BaseAddress { get; }

    /// <summary>What relative method lists count from; 0 without shared selectors.</summary>
    public ulong SelectorBase { get; }

    /// <summary>The main file first, the one of symbols last.</summary>
    public IReadOnlyList<WrittenCacheFile> Files { get; }

    public long Size => Files.Sum(static file => file.Size);

    /// <summary>Images by address.</summary>
    public IReadOnlyList<WrittenCacheImage> Images { get; }
}
