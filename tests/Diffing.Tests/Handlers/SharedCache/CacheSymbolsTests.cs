using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Running;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Tests.Binaries;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Diffing.Workflow.Messages;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Dylibs;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Tests.Handlers.SharedCache;

/// <summary>
/// Kinds and split-off parts where the local symbols of an image lie in another file than the others.
/// </summary>
public sealed class CacheSymbolsTests
{
    private const string Path = "/usr/lib/libplanted.dylib";

    [Theory]
    [InlineData(LocalSymbolsPlace.SymbolsFile, false)]
    [InlineData(LocalSymbolsPlace.SymbolsFile, true)]
    [InlineData(LocalSymbolsPlace.MainFile, false)]
    [InlineData(LocalSymbolsPlace.Images, true)]
    public async Task Says_what_became_of_each_name(LocalSymbolsPlace place, bool isReversed)
    {
        var folder = Directory.CreateTempSubdirectory("ipswdiff-dsc");
        try
        {
            var options = new SharedCacheOptions { LocalSymbols = place };
            options = place == LocalSymbolsPlace.MainFile ? options with { HeaderSize = SharedCacheOptions.SlideMappingsHeader, SlideVersion = 3, Split = SharedCacheSplit.None } : options;
            var old = Write(System.IO.Path.Combine(folder.FullName, "old"), options, isReversed);
            var @new = Write(System.IO.Path.Combine(folder.FullName, "new"), options with { LeadingPad = options.LeadingPad + 0x1000 }, !isReversed);
            var store = new FolderArtifactStore(System.IO.Path.Combine(folder.FullName, "run"));
            var request = new DiffRequest
            {
                Options = new DiffOptions { OldPath = old, NewPath = @new, Handlers = ["SharedCache"], Budget = MemoryBudget.Divide(MemoryBudget.DefaultBytes, 1) },
                Formats = ["json"],
            };
            var report = await SectionReport.ReadAsync(
            await new DiffRun(request, store, store).RunAsync(new InputOptions(), CancellationToken.None), "SharedCache");
            Assert.Equal((SectionState.Complete, null), (report.Section.State, report.Section.Reason));
            Assert.Equal([Path], report.Paths(ItemGroup.Changed));
            Assert.Equal(SymbolPlants.Says(isReversed), SymbolLines.Of(Assert.Single(report.Details[Path].Slices)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Write(string folder, SharedCacheOptions options, bool isNew)
    {
        var image = new MachOBuilder(MachOArch.Arm64e, MachOFileType.Dylib) { InstallName = Path };
        image.AddDylib("/usr/lib/libSystem.B.dylib");
        var text = image.AddCode(new byte[0x200]);
        image.AddFunction(text, 0);
        image.AddSection("__DATA", "__data", new byte[64]);
        SymbolPlants.Add(image, text, isNew);
        var builder = new SharedCacheBuilder(options);
        builder.Images.Add(new MachOCacheImage(image.Build()));
        using var files = new FolderCacheFiles(folder);
        builder.Write(files);
        return System.IO.Path.Combine(folder, options.Name);
    }
}
