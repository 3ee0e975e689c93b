using System.Buffers.Binary;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Plist;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.Kernelcache;

/// <summary>How a kernelcache is to hold its kexts.</summary>
public enum KernelcacheForm
{
    /// <summary>MH_FILESET; the segments of each image lie apart, grouped by kind.</summary>
    Fileset,

    /// <summary>Segments of the kernel, each kext's split over them; addresses in the property list.</summary>
    Prelinked,

    /// <summary>Kexts in one piece each, to be loaded elsewhere than they stand, as on x86.</summary>
    PrelinkedInOnePiece,

    /// <summary>As prelinked, but found by tables of tagged pointers.</summary>
    PrelinkedModules,
}

/// <summary>
/// Builds a kernelcache from images: the kernel with its banner, kexts with code and without. The plans know afterwards at which
/// address each image stands.
/// </summary>
public sealed class KernelcacheBuilder(KernelcacheForm form)
{
    public const string KernelId = "com.apple.kernel";

    internal const ulong KernelBase = 0xFFFFFFF0_07004000;
    private const ulong LoadSlide = 0x40_0000;

    public KernelcacheForm Form { get; } = form;

    /// <summary>The kernel's image; a small one by default, to which the banners are added when the cache is built.</summary>
    public MachOBuilder Kernel { get; init; } = DefaultKernel();

    /// <summary>Text for <c>__TEXT,__const</c> of the kernel; null leaves it without a banner.</summary>
    public string? Banner { get; set; } =
        "Darwin Kernel Version 25.5.0: Fri May  1 21:00:01 PDT 2026; root:xnu-12345.6.7~1/RELEASE_ARM64_T8103";

    public string? Compiler { get; set; } = "Apple LLVM 17.0.0 (clang-1700.3.9.903) [+internal-os, ptrauth-isa=deployment-target-based]";

    public List<KextPlan> Kexts { get; } = [];

    /// <summary>Address of the kernel's Mach header, known once the cache has been built.</summary>
    public ulong KernelAddress { get; private set; }

    public KextPlan AddKext(string id, string version, ulong seed, PlistDict? personalities = null)
    {
        var kext = new KextPlan(id, version) { Image = KextPlan.SyntheticImage(id, seed), Personalities = personalities };
        Kexts.Add(kext);
        return kext;
    }

    /// <summary>A cache with something of everything.</summary>
    public static KernelcacheBuilder Example(KernelcacheForm form)
    {
        var builder = new KernelcacheBuilder(form);
        builder.AddKext("com.apple.driver.AppleExample", "1.2.3", 11, ForgePlist.Dict(
            ("Example", ForgePlist.Dict(("IOClass", "AppleExample"), ("IOProviderClass", "IOPlatformDevice"), ("IONameMatch", "example,1"), ("IOProbeScore", 1000)))));
        builder.AddKext("com.apple.iokit.IOExampleFamily", "2.0", 12);
        builder.AddKext("com.apple.security.sandbox", "300.0", 13);
        builder.Kexts.Add(new KextPlan("com.apple.kpi.bsd", "25.5.0"));
        return builder;
    }

    public byte[] Build()
    {
        SetBanners();
        return Form switch
        {
            KernelcacheForm.Fileset => new FilesetLayout(this).Build(),
            _ => new PrelinkedLayout(this, Form == KernelcacheForm.PrelinkedInOnePiece ? LoadSlide : 0).Build(),
        };
    }

    internal void SetKernelAddress(ulong address) => KernelAddress = address;

    /// <summary>The list of kexts in the kernel's dialect.</summary>
    internal byte[] WriteInfo()
    {
        var kexts = new List<object>();
        var module = 0;
        foreach (var kext in Kexts)
        {
            var info = ForgePlist.Dict(
                ("CFBundleIdentifier", kext.Id),
                ("CFBundleName", kext.Id[(kext.Id.LastIndexOf('.') + 1)..]),
                ("CFBundleVersion", kext.Version),
                ("CFBundlePackageType", "KEXT"),
                ("OSBundleRequired", "Root"));
            if (kext.Personalities is not null)
            {
                info.Add("IOKitPersonalities", kext.Personalities);
            }

            if (kext.Image is not null && Form == KernelcacheForm.PrelinkedModules)
            {
                info.Add("ModuleIndex", module++);
            }
            else if (kext.Image is not null)
            {
                info.Add("_PrelinkBundlePath", "/System/Library/Extensions/" + kext.Id + ".kext");
                info.Add("_PrelinkExecutableLoadAddr", kext.Address);
                info.Add("_PrelinkExecutableSourceAddr", kext.Address - (Form == KernelcacheForm.PrelinkedInOnePiece ? LoadSlide : 0));
                info.Add("_PrelinkExecutableSize", VirtualSize(kext.Image));
            }

            kexts.Add(info);
        }

        return KernelPlistWriter.Write(ForgePlist.Dict(("_PrelinkInfoDictionary", kexts.ToArray()), ("_PrelinkKCID", new byte[16])));
    }

    internal static ulong VirtualSize(MachOBuilder image) =>
        image.Segments.Max(static segment => segment.Address + segment.Size) - image.Segment("__TEXT").Address;

    private static MachOBuilder DefaultKernel()
    {
        var random = new ForgeRandom(1);
        var kernel = new MachOBuilder(MachOArch.Arm64e, MachOFileType.Execute) { BaseAddress = KernelBase, HeaderFlags = 1, SourceVersion = "12345.6.7.0.1" };
        kernel.AddCStrings(["panic(cpu %d caller 0x%llx)", "Darwin Kernel Version %s", "mach_msg_send_from_kernel"]);
        var text = kernel.AddCode(random.Bytes(4096), "__TEXT_EXEC");
        for (var i = 0; i < 16; i++)
        {
            kernel.AddFunction(text, i * 256);
        }

        kernel.AddExternal("_start", text, 0);
        kernel.AddSection("__DATA", "__data", random.Bytes(500));
        kernel.AddZeroFill("__DATA", "__bss", 20_000);
        return kernel;
    }

    private void SetBanners()
    {
        var constants = Kernel.Sections.FirstOrDefault(static section => section is { SegmentName: "__TEXT", Name: "__const" })
            ?? Kernel.AddSection("__TEXT", "__const", []);
        constants.Bytes =
        [
            .. new ForgeRandom(5).Bytes(100), 0, .. Text(Banner), 0, .. Text(Compiler), 0, .. "@(#)VERSION: Darwin Kernel Version 0"u8, 0,
        ];
    }

    private static byte[] Text(string? text) => System.Text.Encoding.ASCII.GetBytes(text ?? string.Empty);
}

/// <summary>Short ways for the writers of this folder.</summary>
internal static class KernelcacheBytes
{
    internal static byte[] Bytes(this ForgeRandom random, int count)
    {
        var bytes = new byte[count];
        random.Fill(bytes);
        return bytes;
    }

    /// <summary>Calls <paramref name="visit"/> with the offset of each LC_SEGMENT_64 of an image.</summary>
    internal static void EachSegment(byte[] image, Action<int> visit)
    {
        var count = BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(16));
        for (var (i, at) = (0, 32); i < count; i++)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(at)) == 0x19)
            {
                visit(at);
            }

            at += BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(at + 4));
        }
    }
}
