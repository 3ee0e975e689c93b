namespace IpswDiff.Forge.SharedCache;

/// <summary>A library to put into a cache: it says how much room it takes, and is written once its place is known.</summary>
public abstract class CacheImage
{
    /// <summary>Its install path.</summary>
    public abstract string Path { get; }

    /// <summary>LC_UUID.</summary>
    public abstract Guid Uuid { get; }

    /// <summary>What it takes of every region and table. Must not depend on addresses.</summary>
    internal abstract CacheImageShape Measure(SharedCacheOptions options);

    /// <summary>Writes it for the place it has.</summary>
    internal abstract void Render(CacheImagePlace place, CacheImageRendering rendering);
}

/// <summary>Room for a segment.</summary>
internal readonly record struct CacheSegmentShape(string Name, CacheRegion Region, long Size, int Alignment);

/// <summary>Room for an image.</summary>
internal sealed class CacheImageShape
{
    /// <summary>Segments in the order of its commands, __TEXT first, __LINKEDIT not among them.</summary>
    internal required CacheSegmentShape[] Segments { get; init; }

    internal int FunctionStartsSize { get; init; }

    internal int SymbolCount { get; init; }

    internal int SymbolNamesSize { get; init; }

    internal int IndirectCount { get; init; }

    /// <summary>Local symbols that go to the cache's own table.</summary>
    internal int LocalCount { get; init; }

    internal int LocalNamesSize { get; init; }

    /// <summary>Selectors to share, each once.</summary>
    internal string[] Selectors { get; init; } = [];

    /// <summary>Offsets of what other images may refer to, by an identity that the images agree about.</summary>
    internal IReadOnlyDictionary<int, (int Segment, int Offset)> Exports { get; init; } = new Dictionary<int, (int, int)>();
}

/// <summary>Where an image is, and where its parts of the shared tables begin.</summary>
internal sealed class CacheImagePlace
{
    internal required SharedCacheLayout Layout { get; init; }

    internal required CacheImage Image { get; init; }

    internal required CacheImageShape Shape { get; init; }

    internal CacheGroup Group { get; set; } = null!;

    internal ulong[] Addresses { get; init; } = [];

    internal long[] FileOffsets { get; init; } = [];

    internal long FunctionStarts { get; set; }

    internal long Symbols { get; set; }

    internal long Indirect { get; set; }

    /// <summary>Index of its first name in its group's pool of names.</summary>
    internal uint Names { get; set; }

    internal int FirstLocal { get; set; }

    internal uint LocalNames { get; set; }
}

/// <summary>What an image wrote: bytes and pointers of its segments, and its parts of the shared tables.</summary>
internal sealed class CacheImageRendering
{
    private readonly List<CacheBuffer> _segments = [];
    private readonly List<List<CachePointer>> _pointers = [];

    internal CacheBuffer FunctionStarts { get; } = new();

    internal CacheBuffer Symbols { get; } = new();

    internal CacheBuffer Names { get; } = new();

    internal CacheBuffer Indirect { get; } = new();

    internal CacheBuffer Locals { get; } = new();

    internal CacheBuffer LocalNames { get; } = new();

    internal CacheBuffer Segment(int index) => _segments[index];

    /// <summary>Pointers of a segment; the writer sorts them.</summary>
    internal List<CachePointer> Pointers(int index) => _pointers[index];

    internal void Begin(CacheImageShape shape)
    {
        for (var i = 0; i < shape.Segments.Length; i++)
        {
            if (i == _segments.Count)
            {
                _segments.Add(new CacheBuffer());
                _pointers.Add([]);
            }

            _segments[i].Reset(shape.Segments[i].Size);
            _pointers[i].Clear();
        }

        FunctionStarts.Clear();
        Symbols.Clear();
        Names.Clear();
        Indirect.Clear();
        Locals.Clear();
        LocalNames.Clear();
    }
}
