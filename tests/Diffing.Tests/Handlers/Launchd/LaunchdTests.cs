using IpswDiff.Diffing.Results;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Plist;
using static IpswDiff.Forge.Plist.ForgePlist;

namespace IpswDiff.Diffing.Tests.Handlers.Launchd;

public sealed class LaunchdTests
{
    [Fact]
    public async Task Compares_the_configuration_inside_launchd_by_key()
    {
        using var run = new VolumeRun();
        run.Old.AddFile("/sbin/launchd", Program(Dict(("Boot", Dict(("a", Dict(("Program", "/x"))))))));
        run.New.AddFile("/sbin/launchd", Program(Dict(("Boot", Dict(("a", Dict(("Program", "/y"))), ("b", Dict(("Program", "/z"))))))));
        var report = await run.RunAsync("Launchd");
        Assert.Equal(["Boot/a/Program: \"/x\" -> \"/y\"", "Boot/b/Program: – -> \"/z\""], report.Values("/sbin/launchd"));
    }

    [Fact]
    public async Task Code_alone_is_no_change_of_what_is_started()
    {
        using var run = new VolumeRun();
        run.Old.AddFile("/sbin/launchd", Program(Dict(("Boot", Dict(("a", 1)))), seed: 1));
        run.New.AddFile("/sbin/launchd", Program(Dict(("Boot", Dict(("a", 1)))), seed: 2));
        var report = await run.RunAsync("Launchd");
        Assert.Empty(report.Lines());
        Assert.Equal(SectionState.Complete, report.Section.State);
    }

    [Theory]
    [InlineData("/System/Library/LaunchDaemons/a.plist", true)]
    [InlineData("/System/Library/LaunchAgents/a.plist", true)]
    [InlineData("/System/Library/NanoLaunchDaemons/a.plist", true)]
    [InlineData("/Library/LaunchDaemons/a.plist", true)]
    [InlineData("/Applications/A.app/Contents/Library/LaunchAgents/a.plist", true)]
    [InlineData("/System/Library/xpc/launchd.plist", true)]
    [InlineData("/System/Library/xpc/other.plist", false)]
    [InlineData("/System/Library/LaunchDaemons/a.txt", false)]
    [InlineData("/System/Library/Other/a.plist", false)]
    public async Task Reads_jobs_wherever_launchd_looks_for_them(string path, bool isJob)
    {
        using var run = new VolumeRun();
        run.Old.AddFile("/other", "x");
        run.New.AddFile(path, XmlPlistWriter.Write(Dict(("Label", "a"), ("RunAtLoad", true))));
        var report = await run.RunAsync("Launchd");
        Assert.Equal(isJob ? [$"Added {path}"] : [], report.Lines());
        Assert.Equal(isJob ? SectionState.Complete : SectionState.Skipped, report.Section.State);
    }

    [Fact]
    public async Task A_broken_configuration_is_unreadable()
    {
        using var run = new VolumeRun();
        run.Old.AddFile("/sbin/launchd", Program(Dict(("Boot", 1))));
        var builder = SyntheticMachO.Program("launchd", 1, 20_000);
        builder.AddSection("__TEXT", "__config", "<?xml version=\"1.0\"?><plist><dict><key>"u8.ToArray());
        run.New.AddFile("/sbin/launchd", builder.Build());
        var report = await run.RunAsync("Launchd");
        Assert.Equal(["Unreadable /sbin/launchd"], report.Lines());
    }

    private static byte[] Program(PlistDict config, ulong seed = 1)
    {
        var builder = SyntheticMachO.Program("launchd", seed, 20_000);
        builder.AddSection("__TEXT", "__config", [.. XmlPlistWriter.Write(config), 0, 0, 0]);
        return builder.Build();
    }
}
