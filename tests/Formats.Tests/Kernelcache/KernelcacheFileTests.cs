using IpswDiff.Forge;
using IpswDiff.Forge.Img4;
using IpswDiff.Forge.Kernelcache;
using IpswDiff.Forge.MachO;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Kernelcache;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Tests.Kernelcache;

public sealed class KernelcacheFileTests
{
    public static TheoryData<KernelcacheForm> Forms => [.. Enum.GetValues<KernelcacheForm>()];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Lists_the_kernel_and_every_kext_with_code(KernelcacheForm form)
    {
        var builder = KernelcacheBuilder.Example(form);
        var cache = Open(builder.Build());

        Assert.Equal(Kind(form), cache.Kind);
        Assert.Equal(
            [("com.apple.kernel", builder.KernelAddress), .. builder.Kexts.Where(kext => kext.Image is not null).Select(kext => (kext.Id, kext.Address))],
            cache.Entries.Select(entry => (entry.Id, entry.Address)));
        Assert.True(cache.Entries[0].IsKernel);
        Assert.DoesNotContain(cache.Entries.Skip(1), entry => entry.IsKernel);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Reads_everything_of_each_image_from_where_it_lies(KernelcacheForm form)
    {
        var builder = KernelcacheBuilder.Example(form);
        var cache = Open(builder.Build());
        foreach (var kext in builder.Kexts.Where(kext => kext.Image is not null))
        {
            AssertHolds(kext.Image!, cache.Find(kext.Id)!.OpenImage());
        }

        AssertHolds(builder.Kernel, cache.Find("com.apple.kernel")!.OpenImage());
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Reads_the_Info_plist_of_each_kext(KernelcacheForm form)
    {
        var builder = KernelcacheBuilder.Example(form);
        var cache = Open(builder.Build());

        Assert.Equal(builder.Kexts.Select(kext => (kext.Id, (string?)kext.Version)), cache.ReadKextInfos().Select(info => (info.Id, info.Version)));
        var personality = cache.FindKextInfo("com.apple.driver.AppleExample")!.Personalities.Dictionary("Example")!;
        Assert.Equal("AppleExample", personality.String("IOClass"));
        Assert.Equal(1000, personality.Integer("IOProbeScore"));
        Assert.Empty(cache.FindKextInfo("com.apple.security.sandbox")!.Personalities);
        Assert.Null(cache.Find("com.apple.kpi.bsd"));
        Assert.Equal("25.5.0", cache.FindKextInfo("com.apple.kpi.bsd")!.Version);
        Assert.All(cache.FindKextInfo("com.apple.security.sandbox")!.Properties.Keys, key => Assert.Equal(key.StartsWith('_') || key == "ModuleIndex", KextInfo.IsBuilderKey(key)));
    }

    [Fact]
    public void Kexts_of_tables_have_the_version_of_their_module()
    {
        var cache = Open(KernelcacheBuilder.Example(KernelcacheForm.PrelinkedModules).Build());
        Assert.Equal([null, "1.2.3", "2.0", "300.0"], cache.Entries.Select(entry => entry.ModuleVersion));
    }

    [Fact]
    public void Identifiers_must_match_exactly()
    {
        var builder = new KernelcacheBuilder(KernelcacheForm.Fileset);
        builder.AddKext("com.apple.driver.AppleUSB.ACM", "1", 1);
        builder.AddKext("com.apple.ACM", "2", 2);
        var cache = Open(builder.Build());
        Assert.Equal(builder.Kexts[1].Address, cache.Find("com.apple.ACM")!.Address);
        Assert.Null(cache.Find("ACM"));
        Assert.Null(cache.Find("com.apple.acm"));
    }

    [Theory]
    [InlineData(Im4pPacking.None)]
    [InlineData(Im4pPacking.Lzfse)]
    [InlineData(Im4pPacking.Lzss)]
    public void Opens_the_payload_of_an_IM4P(Im4pPacking packing)
    {
        var builder = KernelcacheBuilder.Example(KernelcacheForm.Fileset);
        var payload = builder.Build();
        var writer = new Im4pWriter("krnl", "KernelCacheBuilder-1") { Packing = packing };
        Assert.Equal(4, Open(writer.Write(payload)).Entries.Count);
        Assert.Equal(4, Open(writer.WriteImg4(payload, new byte[8])).Entries.Count);
    }

    [Fact]
    public void A_payload_beyond_the_limit_is_refused_before_it_is_decoded()
    {
        var file = new Im4pWriter("krnl", "1") { Packing = Im4pPacking.Lzfse }.Write(KernelcacheBuilder.Example(KernelcacheForm.Fileset).Build());
        var fault = Assert.Throws<FirmwareFormatException>(() => KernelcacheFile.Open(new MemoryByteSource(file), maxDecodedBytes: 100_000));
        Assert.Contains("more than the 100000", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_encrypted_payload_says_so()
    {
        var file = new Im4pWriter("krnl", "1") { KeybagSeed = 1 }.Write(new byte[100]);
        Assert.Contains("encrypted", Assert.Throws<FirmwareFormatException>(() => Open(file)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Opens_a_fat_file_of_one_slice()
    {
        var bytes = FatBuilder.Build([(MachOArch.Arm64e, KernelcacheBuilder.Example(KernelcacheForm.Fileset).Build())]);
        var cache = Open(bytes);
        Assert.Equal("2.0", cache.FindKextInfo("com.apple.iokit.IOExampleFamily")!.Version);
        Assert.NotNull(cache.Entries[1].OpenImage().UuidText);
    }

    [Fact]
    public void Other_files_are_told_apart()
    {
        var dylib = ExampleImage.Create(MachOArch.Arm64, MachOFileType.Dylib).Build();
        Assert.False(KernelcacheFile.TryOpen(new MemoryByteSource(dylib), out _));
        Assert.False(KernelcacheFile.TryOpen(new MemoryByteSource(new byte[64]), out _));
        Assert.False(KernelcacheFile.TryOpen(new MemoryByteSource(new Im4pWriter("logo", "1").Write(new byte[64])), out _));
        Assert.Contains("no kernelcache", Assert.Throws<FirmwareFormatException>(() => Open(dylib)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_by_itself_is_no_kernelcache()
    {
        var kernel = new MachOBuilder(MachOArch.Arm64e, MachOFileType.Execute);
        kernel.AddSection("__PRELINK_INFO", "__info", []);
        Assert.False(KernelcacheFile.TryOpen(new MemoryByteSource(kernel.Build()), out _));
    }

    internal static KernelcacheFile Open(byte[] bytes) => KernelcacheFile.Open(new MemoryByteSource(bytes));

    private static KernelcacheKind Kind(KernelcacheForm form) => form switch
    {
        KernelcacheForm.Fileset => KernelcacheKind.Fileset,
        KernelcacheForm.PrelinkedModules => KernelcacheKind.PrelinkedModules,
        _ => KernelcacheKind.Prelinked,
    };

    private static void AssertHolds(MachOBuilder plan, MachOImage image)
    {
        Assert.Equal(plan.FileType, image.FileType);
        foreach (var section in plan.Sections)
        {
            var found = image.FindSection(section.SegmentName, section.Name);
            Assert.NotNull(found);
            Assert.Equal(section.Address, found.Address);
            var source = image.OpenSection(found);
            Assert.Equal(section.Bytes, source.ReadBytes(0, (int)source.Length));
        }

        var names = new List<string>();
        foreach (var symbol in image.Symbols!)
        {
            names.Add(System.Text.Encoding.UTF8.GetString(symbol.Name));
        }

        Assert.Equal(plan.SortedSymbols.Select(symbol => symbol.Name), names);
        Assert.Equal(plan.Functions!.Select(function => function.Section.Address + (ulong)function.Offset).Order(), image.ReadFunctionStarts()!.Starts.ToArray());
    }
}
