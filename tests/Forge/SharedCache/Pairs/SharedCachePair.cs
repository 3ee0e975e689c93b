using System.Globalization;
using IpswDiff.Forge.SharedCache.Generated;

namespace IpswDiff.Forge.SharedCache.Pairs;

/// <summary>
/// Two caches, the second of which is the first with changes, and the list of all of them. Only recipes are kept: the caches are written
/// as streams, whatever their size.
/// </summary>
public sealed class SharedCachePair
{
    private const int MaxHubs = 8;

    private static readonly string[] HubPaths =
    [
        "/usr/lib/libobjc.A.dylib", "/usr/lib/libSystem.B.dylib", "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation",
        "/System/Library/Frameworks/Foundation.framework/Foundation", "/usr/lib/swift/libswiftCore.dylib", "/usr/lib/libc++.1.dylib",
        "/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics", "/System/Library/Frameworks/UIKit.framework/UIKit",
    ];

    private static readonly string[] Words =
        ["Core", "Media", "Cloud", "Health", "Photo", "Siri", "Home", "Map", "Contact", "Wallet", "Game", "Audio", "Vision", "Search", "Social", "Network"];

    private readonly List<ImageRecipe> _old = [];
    private readonly List<ImageRecipe> _new = [];
    private readonly List<PlantedImage> _plants = [];
    private readonly ForgeRandom _random;

    private SharedCachePair(ulong seed, SharedCacheOptions oldOptions, SharedCacheOptions? newOptions)
    {
        _random = new ForgeRandom(seed);
        OldOptions = oldOptions;
        NewOptions = newOptions ?? oldOptions with
        {
            Seed = oldOptions.Seed + 1,
            OsVersion = NextVersion(oldOptions.OsVersion),
            LeadingPad = oldOptions.LeadingPad + 0x1000,
        };
    }

    public SharedCacheOptions OldOptions { get; }

    public SharedCacheOptions NewOptions { get; }

    public IReadOnlyList<ImageRecipe> OldImages => _old;

    public IReadOnlyList<ImageRecipe> NewImages => _new;

    /// <summary>Makes a pair.</summary>
    /// <param name="seed">What everything comes from.</param>
    /// <param name="imageCount">Images of the old cache.</param>
    /// <param name="proportions">What to plant.</param>
    /// <param name="options">The kind of cache.</param>
    /// <param name="bytesPerImage">Bytes of a cache divided by its images; that of iOS 26 unless given.</param>
    /// <param name="newOptions">The kind of the new cache; unless given that of the old, a version later and with longer tables, so that everything moves.</param>
    public static SharedCachePair Create(
        ulong seed,
        int imageCount,
        SharedCacheProportions? proportions = null,
        SharedCacheOptions? options = null,
        long bytesPerImage = 1_000_000,
        SharedCacheOptions? newOptions = null)
    {
        var pair = new SharedCachePair(seed, options ?? new SharedCacheOptions { Seed = seed }, newOptions);
        pair.MakeImages(imageCount, bytesPerImage);
        pair.Plant(proportions ?? new SharedCacheProportions());
        return pair;
    }

    /// <summary>Writes both caches and says what a comparison of them must find: one entry for every image of either, by path.</summary>
    public WrittenPair Write(CacheFiles oldFiles, CacheFiles newFiles)
    {
        var before = Write(oldFiles, _old, OldOptions);
        var after = Write(newFiles, _new, NewOptions);
        var places = before.Images.ToDictionary(static image => image.Path, StringComparer.Ordinal);
        var newPlaces = after.Images.ToDictionary(static image => image.Path, StringComparer.Ordinal);
        var plants = _plants.ConvertAll(plant => plant.Kind == PlantKind.MovedOnly && places[plant.Path].Segments.SequenceEqual(newPlaces[plant.Path].Segments)
            ? plant with { Kind = PlantKind.Identical }
            : plant);
        plants.Sort(static (a, b) => string.CompareOrdinal(a.Path, b.Path));
        return new WrittenPair(before, after, plants);
    }

    /// <summary>Writes the caches to the folders <c>old</c> and <c>new</c> of a folder.</summary>
    public WrittenPair Write(string folder)
    {
        using var oldFiles = new FolderCacheFiles(Path.Combine(folder, "old"));
        using var newFiles = new FolderCacheFiles(Path.Combine(folder, "new"));
        return Write(oldFiles, newFiles);
    }

    private static WrittenCache Write(CacheFiles files, List<ImageRecipe> images, SharedCacheOptions options)
    {
        var builder = new SharedCacheBuilder(options);
        builder.Images.AddRange(images.Select(static image => new GeneratedCacheImage(image)));
        return builder.Write(files);
    }

    private static string NextVersion(string version)
    {
        var parts = version.Split('.');
        return string.Create(CultureInfo.InvariantCulture, $"{parts[0]}.{int.Parse(parts[1], CultureInfo.InvariantCulture) + 1}");
    }

    private void MakeImages(int count, long bytesPerImage)
    {
        var hubs = new ImageRecipe[Math.Clamp(count / 4, 1, MaxHubs)];
        var functions = ImageSizes.Functions(_random, count, count * bytesPerImage);
        for (var i = 0; i < count; i++)
        {
            var recipe = MakeImage(NamePath(i, hubs.Length), functions[i], hubs, needsClasses: i == 0);
            _old.Add(recipe);
            if (i < hubs.Length)
            {
                hubs[i] = recipe;
            }
        }
    }

    private static string NamePath(int index, int hubs)
    {
        if (index < hubs)
        {
            return HubPaths[index];
        }

        if (index == hubs)
        {
            return "/System/Library/Frameworks/WebKit.framework/WebKit";
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"{Words[index % Words.Length]}{Words[index / Words.Length % Words.Length]}{index}");
        return (index % 10) switch
        {
            0 => $"/usr/lib/lib{name}.dylib",
            1 or 2 => $"/System/Library/Frameworks/{name}.framework/{name}",
            _ => $"/System/Library/PrivateFrameworks/{name}.framework/{name}",
        };
    }

    private ImageRecipe MakeImage(string path, int functions, ImageRecipe[] hubs, bool needsClasses = false) => new()
    {
        Path = path,
        Seed = _random.NextUInt64(),
        Uuid = NextUuid(),
        SourceVersion = string.Create(CultureInfo.InvariantCulture, $"{100 + _random.Next(900)}.{_random.Next(30)}.{_random.Next(10)}"),
        Sdk = OldOptions.OsVersion,
        Functions = functions,
        Strings = 8 + (functions / 3),
        CFStrings = functions / 24,

        // A quarter of the libraries are plain C.
        Classes = needsClasses || _random.Next(4) != 0 ? 1 + (functions / 60) : 0,
        DataSymbols = 4 + (functions / 16),
        DataWords = functions * 6,
        ConstPointers = functions * 2,
        ConstBytes = functions * 8,
        ZeroFill = functions * 4,
        Imports = 4 + (functions / 12),
        Hubs = hubs,
        Dylibs = ["/usr/lib/libz.1.dylib", "/usr/lib/swift/libswiftFoundation.dylib"],
    };

    private Guid NextUuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x30);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    private void Plant(SharedCacheProportions proportions)
    {
        // Places are drawn without putting back; what many images link is never removed.
        var count = _old.Count;
        var hubs = _old[0].Hubs.Count;
        var order = Enumerable.Range(0, count).ToArray();
        for (var i = count - 1; i > 0; i--)
        {
            var other = _random.Next(i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }

        var places = new Queue<int>(order);
        var fates = new PlantKind[count];
        Array.Fill(fates, PlantKind.MovedOnly);
        Draw(Part(proportions.Removed), static _ => PlantKind.ImageRemoved, i => i > hubs);
        Draw(Part(proportions.Changed), static n => PlantKind.CodeChanged + (n % (PlantKind.Several - PlantKind.CodeChanged + 1)), static _ => true);
        Draw(Part(proportions.Rebuilt), static _ => PlantKind.RebuiltOnly, static _ => true);
        Draw(Part(proportions.Renamed), static _ => PlantKind.ImageRenamed, i => i > hubs);

        var added = Part(proportions.Added);
        var nextAdded = 0;
        for (var i = 0; i < count; i++)
        {
            // Spread evenly, the first of them in the middle of the first stretch.
            for (; nextAdded < added && i >= ((nextAdded * 2L) + 1) * count / (added * 2L) && i > hubs; nextAdded++)
            {
                var image = MakeImage($"/System/Library/PrivateFrameworks/Added{nextAdded}.framework/Added{nextAdded}", 60 + _random.Next(2000), [.. _old[0].Hubs]);
                _new.Add(image);
                _plants.Add(new PlantedImage(image.Path, PlantKind.ImageAdded) { NewUuid = image.Uuid, NewVersion = image.SourceVersion });
            }

            PlantImage(_old[i], fates[i]);
        }

        int Part(double proportion) => (int)((count * proportion) + 0.5);

        void Draw(int number, Func<int, PlantKind> kind, Func<int, bool> allows)
        {
            for (int n = 0, tries = places.Count; n < number && tries > 0; tries--)
            {
                var place = places.Dequeue();
                if (allows(place))
                {
                    fates[place] = kind(n++);
                }
                else
                {
                    places.Enqueue(place);
                }
            }
        }
    }

    private void PlantImage(ImageRecipe image, PlantKind kind)
    {
        if (kind == PlantKind.ImageRemoved)
        {
            _plants.Add(new PlantedImage(image.Path, kind) { OldUuid = image.Uuid, OldVersion = image.SourceVersion });
            return;
        }

        if (kind == PlantKind.ImageRenamed)
        {
            var renamed = image.Rename("/System/Library/Renamed/" + image.Path[(image.Path.LastIndexOf('/') + 1)..]);
            _new.Add(renamed);
            _plants.Add(new PlantedImage(renamed.Path, kind)
            {
                OldPath = image.Path,
                OldUuid = image.Uuid,
                NewUuid = image.Uuid,
                OldVersion = image.SourceVersion,
                NewVersion = image.SourceVersion,
            });
            return;
        }

        if (kind is PlantKind.MethodAdded or PlantKind.MethodRemoved && image.Classes == 0)
        {
            kind = PlantKind.FunctionAdded;
        }

        var built = kind switch
        {
            PlantKind.MovedOnly => image,
            PlantKind.RebuiltOnly => image.Rebuild(NextUuid()),
            _ => image.Rebuild(NextUuid(), _random.Next(2) == 0 ? NextSource(image.SourceVersion) : null, Edit(image, kind)),
        };
        _new.Add(built);
        _plants.Add(PlantedImage.Compare(image, built, kind));
    }

    private static string NextSource(string version)
    {
        var parts = version.Split('.');
        return string.Create(CultureInfo.InvariantCulture, $"{parts[0]}.{int.Parse(parts[1], CultureInfo.InvariantCulture) + 1}.{parts[2]}");
    }

    private ImageEdits Edit(ImageRecipe image, PlantKind kind) => kind switch
    {
        PlantKind.CodeChanged => new ImageEdits { ChangedFunctions = PickFunctions(image, static random => 1 + random.Next(40)) },
        PlantKind.CodeChangedSameSize => new ImageEdits { ChangedFunctions = PickFunctions(image, static _ => 0) },
        PlantKind.StringChanged => new ImageEdits { ChangedStrings = PickStrings(image) },
        PlantKind.SymbolAdded => new ImageEdits { AddedSymbols = 1 + _random.Next(3) },
        PlantKind.SymbolRemoved => new ImageEdits { RemovedSymbols = new HashSet<int> { 2 + _random.Next(image.DataSymbols - 2) } },
        PlantKind.FunctionAdded => new ImageEdits { AddedFunctions = 1 + _random.Next(5) },
        PlantKind.FunctionRemoved => new ImageEdits { RemovedFunctions = PickRemoved(image) },
        PlantKind.DylibAdded => new ImageEdits { AddedDylibs = ["/System/Library/Frameworks/Fresh.framework/Fresh"] },
        PlantKind.DylibRemoved => new ImageEdits { RemovedDylibs = new HashSet<string>(StringComparer.Ordinal) { image.Dylibs[_random.Next(image.Dylibs.Count)] } },
        PlantKind.MethodAdded => new ImageEdits { AddedMethods = new HashSet<int> { _random.Next(image.Classes) } },
        PlantKind.MethodRemoved => new ImageEdits { RemovedMethods = new HashSet<int> { _random.Next(image.Classes) } },
        _ => new ImageEdits
        {
            ChangedFunctions = PickFunctions(image, static random => random.Next(20)),
            ChangedStrings = PickStrings(image),
            AddedFunctions = 2,
            RemovedFunctions = PickRemoved(image),
            AddedSymbols = 1,
            AddedDylibs = ["/usr/lib/libFresh.dylib"],
            AddedMethods = image.Classes > 0 ? new HashSet<int> { 0 } : new HashSet<int>(),
        },
    };

    private SortedDictionary<uint, int> PickFunctions(ImageRecipe image, Func<ForgeRandom, int> growth)
    {
        // Long enough that the half that is written anew cannot come out as before, and among those that are never removed.
        const int MinWords = 24;
        var picked = new SortedDictionary<uint, int>();
        var first = _random.Next(ImageRecipe.Anchors);
        for (var i = 0; i < ImageRecipe.Anchors && picked.Count < 3; i++)
        {
            var key = (uint)((first + i) % ImageRecipe.Anchors);
            if (GeneratedLayout.Words(image, key) >= MinWords)
            {
                picked.Add(key, growth(_random));
            }
        }

        return picked;
    }

    private Dictionary<int, bool> PickStrings(ImageRecipe image)
    {
        var first = _random.Next(image.Strings - 1);
        return new Dictionary<int, bool> { [first] = _random.Next(2) == 0, [first + 1] = _random.Next(2) == 0 };
    }

    private HashSet<uint> PickRemoved(ImageRecipe image)
    {
        var first = (uint)(ImageRecipe.Anchors + _random.Next(image.Functions - ImageRecipe.Anchors - 2));
        return [first, first + 1];
    }
}

/// <summary>Two caches that were written, and every image of either with what became of it, by path.</summary>
public sealed record WrittenPair(WrittenCache Old, WrittenCache New, IReadOnlyList<PlantedImage> Plants);
