using IpswDiff.Forge.MachO;

namespace IpswDiff.Forge.SharedCache.Generated;

/// <summary>A section of a generated library, by its place in its segment.</summary>
internal sealed record GeneratedSection(int Segment, string SegmentName, string Name, uint Flags, int Alignment, int Offset, int Size, int Ordinal, uint Reserved1 = 0, uint Reserved2 = 0)
{
    internal bool IsZeroFill => (Flags & 0xFF) == 1;
}

/// <summary>The inner order of a generated library: which functions, strings and classes it has and where in their sections they are.</summary>
internal sealed class GeneratedLayout
{
    internal const int RootClass = 1000;
    internal const int RootMetaclass = 1001;
    internal const int StringClass = 1002;
    internal const int EmptyCache = 1003;

    private readonly List<CacheSegmentShape> _segments = [];
    private readonly List<GeneratedSection> _sections = [];

    internal GeneratedLayout(ImageRecipe recipe, SharedCacheOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(recipe.Functions, ImageRecipe.Anchors);
        Recipe = recipe;
        Options = options;
        Names = new GeneratedNames(recipe);
        ListFunctions();
        ListStrings();
        ListClasses();
        ListImports();
        PlaceSections();
    }

    internal ImageRecipe Recipe { get; }

    internal SharedCacheOptions Options { get; }

    internal GeneratedNames Names { get; }

    internal uint[] FunctionKeys { get; private set; } = [];

    /// <summary>Offsets in __text, and behind the last its size.</summary>
    internal int[] FunctionOffsets { get; private set; } = [];

    /// <summary>Offsets in __cstring, and behind the last its size.</summary>
    internal int[] StringOffsets { get; private set; } = [];

    /// <summary>Selectors in the order of __objc_methname, with their offsets there.</summary>
    internal Dictionary<string, int> Selectors { get; } = new(StringComparer.Ordinal);

    internal int[][] ClassMethods { get; private set; } = [];

    /// <summary>Offsets in __objc_methlist.</summary>
    internal int[] MethodLists { get; private set; } = [];

    internal int[] ClassNames { get; private set; } = [];

    internal int[] TypeOffsets { get; private set; } = [];

    /// <summary>Where the methods' functions begin among all.</summary>
    internal int FirstMethodFunction { get; private set; }

    internal (ImageRecipe Hub, uint Key)[] Imports { get; private set; } = [];

    internal string[] Dylibs { get; private set; } = [];

    internal IReadOnlyList<CacheSegmentShape> Segments => _segments;

    internal IReadOnlyList<GeneratedSection> Sections => _sections;

    internal int PointerSize => Options.Is64Bit ? 8 : 4;

    internal bool IsAuthenticated => Options.Arch.Name.StartsWith("arm64e", StringComparison.Ordinal);

    internal int StubSize => !Options.IsArm ? 6 : IsAuthenticated ? 16 : 12;

    internal int ClassSize => PointerSize * 5;

    internal int ClassDataSize => Options.Is64Bit ? 72 : 40;

    internal int CFStringSize => PointerSize * 4;

    internal IEnumerable<int> DataSymbols =>
        Enumerable.Range(0, Recipe.DataSymbols + Recipe.Edits.AddedSymbols).Where(id => !Recipe.Edits.RemovedSymbols.Contains(id));

    internal static bool IsLocalData(int id) => id % 2 != 0;

    internal GeneratedSection? Find(string name) => _sections.Find(section => section.Name == name);

    internal GeneratedSection Text => _sections[0];

    /// <summary>Words of a function.</summary>
    internal static int Words(ImageRecipe recipe, uint key)
    {
        var hash = GeneratedNames.Mix(recipe.Seed, key, 9);
        var rank = (long)(hash & 0xFF);
        var words = 8 + (rank / 6) + (rank * rank * rank * rank * rank / (255L * 255 * 255 * 255));
        words *= (hash >> 8 & 0x3FF) == 0 ? 8 : 1;
        return (int)words + recipe.Edits.ChangedFunctions.GetValueOrDefault(key);
    }

    private void ListFunctions()
    {
        var edits = Recipe.Edits;
        var keys = new List<uint>(Recipe.Functions + edits.AddedFunctions + (Recipe.Classes * 8));
        for (var id = 0u; id < Recipe.Functions + edits.AddedFunctions; id++)
        {
            if (edits.RemovedFunctions.Count == 0 || !edits.RemovedFunctions.Contains(id))
            {
                keys.Add(id);
            }
        }

        FirstMethodFunction = keys.Count;
        ClassMethods = new int[Recipe.Classes][];
        for (var i = 0; i < Recipe.Classes; i++)
        {
            ClassMethods[i] = [.. Names.Methods(i)];
            foreach (var method in ClassMethods[i])
            {
                keys.Add(GeneratedNames.Key(i, method));
            }
        }

        FunctionKeys = [.. keys];
        FunctionOffsets = new int[keys.Count + 1];
        for (var i = 0; i < keys.Count; i++)
        {
            FunctionOffsets[i + 1] = FunctionOffsets[i] + (Words(Recipe, keys[i]) * 4);
        }
    }

    private void ListStrings()
    {
        Span<byte> text = stackalloc byte[GeneratedNames.MaxLength];
        StringOffsets = new int[Recipe.Strings + 1];
        for (var i = 0; i < Recipe.Strings; i++)
        {
            StringOffsets[i + 1] = StringOffsets[i] + Names.WriteString(i, text) + 1;
        }
    }

    private void ListClasses()
    {
        MethodLists = new int[Recipe.Classes + 1];
        ClassNames = new int[Recipe.Classes + 1];
        var names = 0;
        for (var i = 0; i < Recipe.Classes; i++)
        {
            MethodLists[i + 1] = MethodLists[i] + 8 + (ClassMethods[i].Length * 12);
            ClassNames[i + 1] = ClassNames[i] + Names.Class(i).Length + 1;
            foreach (var method in ClassMethods[i])
            {
                var selector = Names.Selector(i, method);
                if (Selectors.TryAdd(selector, names))
                {
                    names += selector.Length + 1;
                }
            }
        }

        MethodNamesSize = names;
        TypeOffsets = new int[GeneratedNames.MethodTypes.Count + 1];
        for (var i = 0; i < GeneratedNames.MethodTypes.Count; i++)
        {
            TypeOffsets[i + 1] = TypeOffsets[i] + GeneratedNames.MethodTypes[i].Length + 1;
        }
    }

    private int MethodNamesSize { get; set; }

    private void ListImports()
    {
        var hubs = Recipe.Hubs.Where(hub => hub.Path != Recipe.Path).ToArray();
        var edits = Recipe.Edits;
        Dylibs = [.. hubs.Select(static hub => hub.Path), .. Recipe.Dylibs.Where(path => !edits.RemovedDylibs.Contains(path)), .. edits.AddedDylibs];
        var all = hubs.Length * ImageRecipe.Anchors;
        Imports = new (ImageRecipe, uint)[Math.Min(all, Recipe.Imports)];
        for (var i = 0; i < Imports.Length; i++)
        {
            var index = (int)((GeneratedNames.Mix(Recipe.Seed, 10) + (ulong)i) % (ulong)all);
            Imports[i] = (hubs[index % hubs.Length], (uint)(index / hubs.Length));
        }
    }

    private void PlaceSections()
    {
        const uint Code = 0x80000400;
        const uint Strings = 2;
        var commands = GeneratedCommands.Measure(this);
        var pointer = PointerSize;
        var pointerBits = Options.Is64Bit ? 3 : 2;
        var classes = Recipe.Classes;
        var stubs = Imports.Length;
        var hasClasses = classes > 0;
        var stubFlags = Code | 8;

        Begin("__TEXT", CacheRegion.Text, 0x1000, commands);
        Add("__text", FunctionOffsets[^1], Code, 4);
        Add(IsAuthenticated ? "__auth_stubs" : "__stubs", stubs * StubSize, stubFlags, 2, 0, (uint)StubSize);
        Add("__objc_methlist", MethodLists[^1], 0, 3);
        Add("__const", Recipe.ConstBytes, 0, 3);
        Add("__cstring", StringOffsets[^1], Strings, 0);
        Add("__objc_methname", MethodNamesSize, Strings, 0);
        Add("__objc_classname", ClassNames[^1], Strings, 0);
        Add("__objc_methtype", hasClasses ? TypeOffsets[^1] : 0, Strings, 0);
        End(0x1000);

        Begin("__DATA_CONST", CacheRegion.DataConst, 32);
        if (!IsAuthenticated)
        {
            Add("__got", stubs * pointer, 6, pointerBits, (uint)stubs);
        }

        Add("__const", Recipe.ConstPointers * pointer, 0, pointerBits);
        if (!IsAuthenticated)
        {
            Add("__cfstring", Recipe.CFStrings * CFStringSize, 0, pointerBits);
        }

        Add("__objc_classlist", classes * pointer, 0x10000000, pointerBits);
        Add("__objc_imageinfo", hasClasses ? 8 : 0, 0, 2);
        if (!IsAuthenticated)
        {
            Add("__objc_const", classes * 2 * ClassDataSize, 0, pointerBits);
        }

        End(32);
        if (IsAuthenticated)
        {
            Begin("__AUTH_CONST", CacheRegion.AuthConst, 32);
            Add("__auth_got", stubs * pointer, 6, 3, (uint)stubs);
            Add("__cfstring", Recipe.CFStrings * CFStringSize, 0, 3);
            Add("__objc_const", classes * 2 * ClassDataSize, 0, 3);
            End(32);
            Begin("__AUTH", CacheRegion.Auth, 32);
            Add("__objc_data", classes * 2 * ClassSize, 0, 3);
            End(32);
        }

        // In one library of eight most processes write to the data.
        var isDirty = GeneratedNames.Mix(Recipe.Seed, 11) % 8 == 0;
        Begin("__DATA", CacheRegion.Data, 32);
        Add("__objc_selrefs", Selectors.Count * pointer, 0x10000005, pointerBits);
        if (!IsAuthenticated)
        {
            Add("__objc_data", classes * 2 * ClassSize, 0, pointerBits);
        }

        if (isDirty)
        {
            End(32);
            Begin("__DATA_DIRTY", CacheRegion.DirtyData, 32);
        }

        Add("__data", Math.Max(Recipe.DataWords, Recipe.DataSymbols + 16) * pointer, 0, pointerBits);
        Add("__bss", Recipe.ZeroFill, 1, 3);
        End(32);
    }

    private string _name = string.Empty;
    private CacheRegion _region;
    private int _alignment;
    private int _at;

    private void Begin(string segment, CacheRegion region, int alignment, int start = 0) => (_name, _region, _alignment, _at) = (segment, region, alignment, start);

    private void Add(string name, int size, uint flags, int alignment, uint reserved1 = 0, uint reserved2 = 0)
    {
        if (size > 0)
        {
            _at = (int)CacheBuffer.Align(_at, 1 << alignment);
            _sections.Add(new GeneratedSection(_segments.Count, _name, name, flags, alignment, _at, size, _sections.Count + 1, reserved1, reserved2));
            _at += size;
        }
    }

    private void End(int alignment)
    {
        if (_at > 0)
        {
            _segments.Add(new CacheSegmentShape(_name, _region, CacheBuffer.Align(_at, alignment), _alignment));
        }
    }
}
