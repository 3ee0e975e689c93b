using IpswDiff.Diffing.Results;
using IpswDiff.Forge.Ar;
using IpswDiff.Forge.MachO;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Tests.Handlers.MachO;

public sealed class StaticLibraryTests
{
    private const string Thin = "/usr/lib/libthin.a";
    private const string Fat = "/usr/lib/libfat.a";

    [Fact]
    public async Task Compares_the_members_of_libraries_by_architecture_and_name()
    {
        using var run = new VolumeRun();
        run.Old.AddFile(Thin, Library(MachOArch.Arm64, ("same.o", "same"), ("changed.o", "before"), ("gone.o", "gone")));
        run.New.AddFile(Thin, Library(MachOArch.Arm64, ("new.o", "new"), ("changed.o", "after"), ("same.o", "same")));
        run.Old.AddFile(Fat, FatLibrary("x"));
        run.New.AddFile(Fat, FatLibrary("y"));
        var report = await run.RunAsync("MachO");
        Assert.Equal(SectionState.Complete, report.Section.State);
        Assert.Equal([$"Changed {Fat}", $"Changed {Thin}"], report.Lines());
        Assert.Equal(
            ["arm64(changed.o)", "arm64(new.o) +", "arm64(gone.o) -"],
            report.Details[Thin].Slices!.Select(slice => slice.Arch + (slice.Old is null ? " +" : slice.New is null ? " -" : string.Empty)));
        var changed = report.Details[Thin].Slices!.Single(slice => slice.Arch == "arm64(changed.o)");
        Assert.Contains("_after", changed.Symbols.Added.Select(symbol => symbol.Name));
        Assert.Contains("_before", changed.Symbols.Removed.Select(symbol => symbol.Name));
        Assert.Equal("x86_64(part.o)", Assert.Single(report.Details[Fat].Slices!).Arch);
    }

    [Fact]
    public async Task Tells_a_member_that_is_no_image_by_its_contents()
    {
        using var run = new VolumeRun();
        run.Old.AddFile(Thin, new ArWriter().Add("a.bc", [1, 2, 3]).Add("b.bc", [1]).Add("c.bc", [9]).Write());
        run.New.AddFile(Thin, new ArWriter().Add("a.bc", [1, 2, 4]).Add("b.bc", [1, 2]).Add("c.bc", [9]).Write());
        var report = await run.RunAsync("MachO");
        Assert.Equal(
            [("(a.bc)", "content"), ("(b.bc)", "sections")],
            report.Details[Thin].Slices!.Select(slice => (slice.Arch, Assert.Single(slice.What))));
    }

    [Fact]
    public async Task A_library_that_became_an_image_is_another_file()
    {
        using var run = new VolumeRun();
        run.Old.AddFile("/a", Library(MachOArch.Arm64, ("a.o", "a")));
        run.New.AddFile("/a", Object(MachOArch.Arm64, "a"));
        run.Old.AddFile("/gone.a", FatLibrary("x"));
        var report = await run.RunAsync("MachO");
        Assert.Equal(["Added /a", "Removed /a", "Removed /gone.a"], report.Lines());
        Assert.Equal(2, report.Items[ItemGroup.Removed][1].Counts!["members"]);
    }

    [Fact]
    public async Task A_damaged_library_is_unreadable_and_the_rest_is_compared()
    {
        using var run = new VolumeRun();
        run.Old.AddFile("/a.a", Library(MachOArch.Arm64, ("a.o", "a")));
        run.New.AddFile("/a.a", Library(MachOArch.Arm64, ("a.o", "a"))[..200]);
        run.Old.AddFile("/b", Object(MachOArch.Arm64, "before"));
        run.New.AddFile("/b", Object(MachOArch.Arm64, "after"));
        var report = await run.RunAsync("MachO");
        Assert.Equal(["Changed /b", "Unreadable /a.a"], report.Lines());
    }

    private static byte[] FatLibrary(string symbol) => FatBuilder.Build(
        [(MachOArch.Arm64e, Library(MachOArch.Arm64e, ("part.o", "same"))), (MachOArch.X8664, Library(MachOArch.X8664, ("part.o", symbol)))]);

    private static byte[] Library(MachOArch arch, params (string Name, string Symbol)[] members)
    {
        var library = new ArWriter();
        foreach (var (name, symbol) in members)
        {
            library.Add(name, Object(arch, symbol));
        }

        return library.Write();
    }

    private static byte[] Object(MachOArch arch, string symbol)
    {
        var builder = new MachOBuilder(arch, MachOFileType.Object);
        var text = builder.AddCode(new byte[64]);
        builder.AddExternal("_" + symbol, text, 0);
        return builder.Build();
    }
}
