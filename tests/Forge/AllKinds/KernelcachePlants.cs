using IpswDiff.Forge.Img4;
using IpswDiff.Forge.Kernelcache;
using IpswDiff.Forge.Plist;

namespace IpswDiff.Forge.AllKinds;

/// <summary>A kernelcache of every form, each for a board of its own, with every kind of change that a kext can have.</summary>
internal static class KernelcachePlants
{
    internal const string OldBoard = "d90ap";
    internal const string NewBoard = "d97ap";

    private const string Section = "Kernelcache";
    private const string Driver = "com.apple.driver.";
    private const string NewBanner = "Darwin Kernel Version 25.6.0: Fri May 15 20:59:14 PDT 2026; root:xnu-12345.6.8~3/RELEASE_ARM64_T8103";
    private const int FunctionBytes = 64;
    private const int KernelFunctionBytes = 256;

    /// <summary>Boards that both firmwares serve, with their products.</summary>
    internal static IReadOnlyList<(string Board, string Product)> Boards { get; } =
        [("d91ap", "iPhone91,1"), ("d92ap", "iPhone92,1"), ("d93ap", "iPhone93,1"), ("d94ap", "iPhone94,1"), ("d95ap", "iPhone95,1")];

    /// <summary>Version and date of the kernels, by kernelcache; nothing of the one that is encrypted.</summary>
    internal static IEnumerable<PlantedFact> Facts =>
        Enumerable.Range(91, 4).SelectMany(static number => FactsOf(number, true, true)).Concat(FactsOf(90, true, false)).Concat(FactsOf(97, false, true));

    internal static IEnumerable<Plant> Plan(ArchivePlants archive)
    {
        var plants = new List<Plant>();
        Cache(91, KernelcacheForm.Fileset, static cache => Packed(cache, Im4pPacking.Lzfse), "kernelcache: fileset, LZFSE");
        Cache(92, KernelcacheForm.Prelinked, static cache => Packed(cache, Im4pPacking.Lzss), "kernelcache: __PRELINK_INFO, LZSS");
        Cache(93, KernelcacheForm.PrelinkedInOnePiece, static cache => Packed(cache, Im4pPacking.BareLzss), "kernelcache: __PRELINK_INFO in one piece, LZSS without a header");
        Cache(94, KernelcacheForm.PrelinkedModules, static cache => cache, "kernelcache: modules, bare");
        plants.Add(Locked(archive));
        plants.AddRange(OneSided(archive));
        return plants;

        void Cache(int number, KernelcacheForm form, Func<byte[], byte[]> pack, string kind)
        {
            // The first one is called otherwise since, and is known by its board.
            var name = Name(number);
            var old = form == KernelcacheForm.Fileset ? name + "a" : name;
            if (old == name)
            {
                archive.Component("KernelCache", name, pack(Build(form, isNew: false)), pack(Build(form, isNew: true)), $"d{number}ap");
            }
            else
            {
                archive.Renamed("KernelCache", old, name, pack(Build(form, isNew: false)), pack(Build(form, isNew: true)), $"d{number}ap");
            }

            plants.AddRange(Kexts(name, form, [kind, .. old == name ? Array.Empty<string>() : ["kernelcache: another name for the same board"]]));
        }
    }

    private static string Name(int number) => $"kernelcache.release.iphone{number}";

    private static PlantedFact[] FactsOf(int number, bool hasOld, bool hasNew) =>
    [
        new(Section, "Version", Name(number), hasOld ? "25.5.0" : null, hasNew ? "25.6.0" : null),
        new(Section, "Build", Name(number), hasOld ? "12345.6.7~1" : null, hasNew ? "12345.6.8~3" : null),
        new(Section, "Date", Name(number), hasOld ? "Fri, 01May2026 21:00:01 PDT" : null, hasNew ? "Fri, 15May2026 20:59:14 PDT" : null),
    ];

    private static byte[] Packed(byte[] cache, Im4pPacking packing) => Payloads.Im4p("krnl", cache, packing);

    private static Plant Locked(ArchivePlants archive)
    {
        static byte[] Cache(bool isNew) => Payloads.Encrypted("krnl", Build(KernelcacheForm.Fileset, isNew));
        archive.Component("KernelCache", Name(95), Cache(isNew: false), Cache(isNew: true), "d95ap");
        return new Plant(Section, "unreadable", null, Name(95), "kernelcache: encrypted") { Reason = "encrypted" };
    }

    private static Plant[] OneSided(ArchivePlants archive)
    {
        archive.Component("KernelCache", Name(90), Packed(Build(KernelcacheForm.Fileset, isNew: false), Im4pPacking.Lzfse), null, OldBoard);
        archive.Component("KernelCache", Name(97), null, Packed(Build(KernelcacheForm.Fileset, isNew: true), Im4pPacking.Lzfse), NewBoard);
        return
        [
            new Plant(Section, "removed", null, Name(90), "kernelcache: removed"),
            new Plant(Section, "added", null, Name(97), "kernelcache: added"),
        ];
    }

    private static IEnumerable<Plant> Kexts(string cache, KernelcacheForm form, string[] kinds)
    {
        yield return new Plant(Section, "added", cache, Driver + "Added", ["kext: added", .. kinds]);
        yield return new Plant(Section, "removed", cache, Driver + "Gone", "kext: removed");
        yield return new Plant(Section, "removed", cache, "com.apple.kpi.gone", "kext: without code");
        yield return new Plant(Section, "changed", cache, Driver + "Code", "kext: code") { What = ["uuid", "code"], Says = ["~ function _Code_method3"] };
        yield return new Plant(Section, "changed", cache, Driver + "Symbols", "kext: symbols") { What = ["uuid", "symbols"], Says = ["+ import _IOSleep"] };
        yield return new Plant(Section, "changed", cache, Driver + "Plist", "kext: version", "kext: personalities")
        {
            What = ["plist"],
            Says =
            [
                Plant.Value("CFBundleVersion", "1.0", "1.1"),
                Plant.Value("IOKitPersonalities/Example/IOProbeScore", "1000", "1001"),
                Plant.Value("IOKitPersonalities/New", null, """{"IOClass":"AppleNew"}"""),
                Plant.Value("IOKitPersonalities/Old", """{"IOClass":"AppleOld"}""", null),
            ],
        };
        yield return new Plant(Section, "changed", cache, "com.apple.kpi.bsd", "kext: without code") { What = ["plist"], Says = [Plant.Value("CFBundleVersion", "25.5.0", "25.6.0")] };
        yield return new Plant(Section, "rebuilt", cache, Driver + "Rebuilt", "kext: rebuilt") { What = ["uuid"] };
        yield return form == KernelcacheForm.Fileset
            ? new Plant(Section, "changed", cache, KernelcacheBuilder.KernelId, "kernel: code") { What = ["uuid", "code"], Says = ["~ function _mach_trap"] }
            : new Plant(Section, "rebuilt", cache, KernelcacheBuilder.KernelId, "kext: rebuilt") { What = ["uuid"] };
    }

    private static byte[] Build(KernelcacheForm form, bool isNew)
    {
        var cache = new KernelcacheBuilder(form);
        if (isNew)
        {
            // What is added first pushes all the others to other addresses.
            cache.Banner = NewBanner;
            Add("Added", "7.0", 9);
        }

        Add("Same", "1.0", 1);
        var code = Add("Code", "1.0", isNew ? 102 : 2, imageSeed: 2);
        Add("Plist", isNew ? "1.1" : "1.0", 4, personalities: isNew ? Personalities("New", 1001) : Personalities("Old", 1000));
        var symbols = Add("Symbols", "1.0", isNew ? 105 : 5, imageSeed: 5);
        Add("Rebuilt", "1.0", isNew ? 106 : 6, imageSeed: 6);
        cache.Kexts.Add(new KextPlan("com.apple.kpi.bsd", isNew ? "25.6.0" : "25.5.0"));
        Kernel(cache, form == KernelcacheForm.Fileset && isNew);
        if (isNew)
        {
            Instructions(code.Image!, 3 * FunctionBytes, FunctionBytes);
            symbols.Image!.AddUndefined("_IOSleep");
        }
        else
        {
            Add("Gone", "1.0", 3);
            cache.Kexts.Add(new KextPlan("com.apple.kpi.gone", "25.5.0"));
        }

        return cache.Build();

        // A linker's UUID does not depend on where the builder of a cache puts the image.
        KextPlan Add(string name, string version, int seed, int? imageSeed = null, PlistDict? personalities = null)
        {
            var kext = cache.AddKext(Driver + name, version, (ulong)(imageSeed ?? seed), personalities);
            kext.Image!.Uuid = new Guid(seed, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
            return kext;
        }
    }

    private static void Kernel(KernelcacheBuilder cache, bool isChanged)
    {
        const int Function = 5;
        var text = cache.Kernel.Sections.Single(static section => section.Name == "__text");
        cache.Kernel.AddLocal("_mach_trap", text, Function * KernelFunctionBytes);
        if (isChanged)
        {
            Instructions(cache.Kernel, Function * KernelFunctionBytes, KernelFunctionBytes);
        }
    }

    // Additions of registers: other instructions, none of them with an address.
    private static void Instructions(MachO.MachOBuilder image, int from, int count)
    {
        const uint Add = 0x8B020020;
        var text = image.Sections.Single(static section => section.Name == "__text");
        for (var i = 0; i < count; i += 4)
        {
            BitConverter.TryWriteBytes(text.Bytes.AsSpan(from + i), Add + (uint)(i % 32));
        }
    }

    private static PlistDict Personalities(string added, int score) => ForgePlist.Dict(
        ("Example", ForgePlist.Dict(("IOClass", "AppleExample"), ("IOProbeScore", score))),
        (added, ForgePlist.Dict(("IOClass", "Apple" + added))));
}
