using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Tests.Binaries;
using IpswDiff.Forge.Img4;
using IpswDiff.Forge.Kernelcache;
using IpswDiff.Forge.MachO;

namespace IpswDiff.Diffing.Tests.Handlers.Kernelcache;

/// <summary>Kinds and split-off parts of a kext's symbols, in every form of kernelcache.</summary>
public sealed class KextSymbolsTests
{
    private const string Id = "com.apple.driver.Planted";

    [Theory]
    [InlineData(KernelcacheForm.Fileset, false)]
    [InlineData(KernelcacheForm.Fileset, true)]
    [InlineData(KernelcacheForm.Prelinked, false)]
    [InlineData(KernelcacheForm.PrelinkedInOnePiece, true)]
    [InlineData(KernelcacheForm.PrelinkedModules, false)]
    public async Task Says_what_became_of_each_name(KernelcacheForm form, bool isReversed)
    {
        using var pair = new ForgedFirmwares("a.im4p", Pack(form, isReversed), "b.im4p", Pack(form, !isReversed));
        var report = await pair.RunAsync("Kernelcache");

        // Of the older forms the kernel lies elsewhere when a kext grows.
        Assert.Equal([Id], report.Paths(ItemGroup.Changed));
        Assert.Empty(report.Paths(ItemGroup.Rebuilt).Except(["com.apple.kernel"]));
        Assert.Equal(SymbolPlants.Says(isReversed), SymbolLines.Of(Assert.Single(report.Details[Id].Slices)));
    }

    private static byte[] Pack(KernelcacheForm form, bool isNew)
    {
        var cache = new KernelcacheBuilder(form);
        var image = cache.AddKext(Id, "1.0", 7).Image!;
        image.Uuid = new Guid(isNew ? 2 : 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
        SymbolPlants.Add(image, image.Sections.Single(static section => section.Name == "__text"), isNew);
        return KernelcachePlants.Pack(cache, Im4pPacking.Lzfse);
    }
}
