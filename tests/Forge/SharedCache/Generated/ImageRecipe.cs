namespace IpswDiff.Forge.SharedCache.Generated;

/// <summary>
/// What a generated library is made of. Everything in it follows from these numbers and the seed; nothing depends on where it lies,
/// and what has an identity (a function, a string) keeps its content when others come and go.
/// </summary>
public sealed class ImageRecipe
{
    /// <summary>Functions that are never removed and that other images call.</summary>
    public const int Anchors = 24;

    public required string Path { get; init; }

    public required ulong Seed { get; init; }

    public required Guid Uuid { get; init; }

    /// <summary>A.B.C of LC_SOURCE_VERSION.</summary>
    public string SourceVersion { get; init; } = "1.0.0";

    /// <summary>X.Y of the SDK and of the oldest system it runs on.</summary>
    public string Sdk { get; init; } = "26.0";

    /// <summary>Plain functions, at least <see cref="Anchors"/>.</summary>
    public required int Functions { get; init; }

    public int Strings { get; init; } = 8;

    public int CFStrings { get; init; }

    public int Classes { get; init; }

    /// <summary>Symbols in __data, every second one external.</summary>
    public int DataSymbols { get; init; } = 4;

    /// <summary>Words in __data, a quarter of them pointers to strings and a quarter to functions.</summary>
    public int DataWords { get; init; } = 64;

    /// <summary>Pointers in __const.</summary>
    public int ConstPointers { get; init; } = 16;

    /// <summary>Bytes of constants in __TEXT.</summary>
    public int ConstBytes { get; init; } = 64;

    public int ZeroFill { get; init; }

    /// <summary>Functions to import from <see cref="Hubs"/>.</summary>
    public int Imports { get; init; }

    /// <summary>Libraries that everything links; the first has the root class. May hold this one, which then does not import from itself.</summary>
    public IReadOnlyList<ImageRecipe> Hubs { get; init; } = [];

    /// <summary>Further libraries to link, from which nothing is imported.</summary>
    public IReadOnlyList<string> Dylibs { get; init; } = [];

    /// <summary>What was done to it since.</summary>
    public ImageEdits Edits { get; init; } = ImageEdits.None;

    /// <summary>The last part of the path without extension, which names its symbols.</summary>
    public string Prefix => System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>The same library, built again.</summary>
    public ImageRecipe Rebuild(Guid uuid, string? sourceVersion = null, ImageEdits? edits = null) => Copy(Path, uuid, sourceVersion, edits);

    /// <summary>The same library under another path.</summary>
    public ImageRecipe Rename(string path) => Copy(path, Uuid, null, null);

    private ImageRecipe Copy(string path, Guid uuid, string? sourceVersion, ImageEdits? edits) => new()
    {
        Path = path,
        Seed = Seed,
        Uuid = uuid,
        SourceVersion = sourceVersion ?? SourceVersion,
        Sdk = Sdk,
        Functions = Functions,
        Strings = Strings,
        CFStrings = CFStrings,
        Classes = Classes,
        DataSymbols = DataSymbols,
        DataWords = DataWords,
        ConstPointers = ConstPointers,
        ConstBytes = ConstBytes,
        ZeroFill = ZeroFill,
        Imports = Imports,
        Hubs = Hubs,
        Dylibs = Dylibs,
        Edits = edits ?? Edits,
    };
}

/// <summary>Changes to a generated library.</summary>
public sealed record ImageEdits
{
    public static ImageEdits None { get; } = new();

    /// <summary>Functions whose second half is written anew, and by how many words they grow.</summary>
    public IReadOnlyDictionary<uint, int> ChangedFunctions { get; init; } = new Dictionary<uint, int>();

    /// <summary>Functions that are gone, none of them among the anchors.</summary>
    public IReadOnlySet<uint> RemovedFunctions { get; init; } = new HashSet<uint>();

    /// <summary>How many functions came to the end.</summary>
    public int AddedFunctions { get; init; }

    /// <summary>Strings that say something else, and whether they keep their length.</summary>
    public IReadOnlyDictionary<int, bool> ChangedStrings { get; init; } = new Dictionary<int, bool>();

    /// <summary>Symbols of __data that are gone, none of them the first.</summary>
    public IReadOnlySet<int> RemovedSymbols { get; init; } = new HashSet<int>();

    /// <summary>How many symbols of __data came.</summary>
    public int AddedSymbols { get; init; }

    public IReadOnlyList<string> AddedDylibs { get; init; } = [];

    public IReadOnlySet<string> RemovedDylibs { get; init; } = new HashSet<string>();

    /// <summary>Classes that got a method more.</summary>
    public IReadOnlySet<int> AddedMethods { get; init; } = new HashSet<int>();

    /// <summary>Classes that lost their last method.</summary>
    public IReadOnlySet<int> RemovedMethods { get; init; } = new HashSet<int>();
}
