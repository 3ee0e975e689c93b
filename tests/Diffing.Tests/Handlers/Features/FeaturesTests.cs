using System.Text;
using IpswDiff.Diffing.Results;
using IpswDiff.Forge;
using IpswDiff.Forge.Plist;
using static IpswDiff.Forge.Plist.ForgePlist;

namespace IpswDiff.Diffing.Tests.Handlers.Features;

public sealed class FeaturesTests
{
    private const string Domain = "/System/Library/FeatureFlags/Domain/";

    [Fact]
    public async Task Compares_flags_by_attribute_in_exact_case_whatever_the_form()
    {
        using var run = new VolumeRun();
        run.Old.AddFile(Domain + "A.plist", BinaryPlistWriter.Write(Dict(("flag", Dict(("Enabled", true))), ("steady", Dict(("Enabled", 1))))));
        run.New.AddFile(Domain + "A.plist", XmlPlistWriter.Write(Dict(("steady", Dict(("Enabled", 1.0))), ("Flag", Dict(("Enabled", true))))));
        var report = await run.RunAsync("Features");
        Assert.Equal(["Flag/Enabled: – -> true", "flag/Enabled: true -> –"], report.Values(Domain + "A.plist"));
    }

    [Fact]
    public async Task Every_kind_of_value_is_compared()
    {
        using var run = new VolumeRun();
        var day = new DateTime(2024, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        run.Old.AddFile(Domain + "A.plist", BinaryPlistWriter.Write(Dict(
            ("data", new byte[] { 1, 2 }), ("date", day), ("kind", "true"), ("real", 1.5), ("uid", new PlistReference(1)), ("whole", Dict()))));
        run.New.AddFile(Domain + "A.plist", BinaryPlistWriter.Write(Dict(
            ("data", new byte[] { 1, 3 }), ("date", day.AddSeconds(1)), ("kind", true), ("real", 2.5), ("uid", new PlistReference(2)), ("whole", Dict(("x", 1))))));
        Assert.Equal(
            [
                "data: \"AQI=\" -> \"AQM=\"",
                "date: \"2024-01-02T03:04:05Z\" -> \"2024-01-02T03:04:06Z\"",
                "kind: \"true\" -> true",
                "real: 1.5 -> 2.5",
                "uid: {\"CF$UID\":1} -> {\"CF$UID\":2}",
                "whole/x: – -> 1",
            ],
            (await run.RunAsync("Features")).Values(Domain + "A.plist"));
    }

    [Fact]
    public async Task Looks_nowhere_else_and_says_so()
    {
        using var run = new VolumeRun();
        run.Old.AddFile("/System/Library/Other/A.plist", XmlPlistWriter.Write(Dict(("a", 1))));
        run.New.AddFile("/System/Library/FeatureFlags/readme.txt", "text");
        var report = await run.RunAsync("Features");
        Assert.Equal(SectionState.Skipped, report.Section.State);
        Assert.Equal("the volumes that were compared hold no feature-flag property lists", report.Section.Reason);
    }

    [Fact]
    public async Task An_unreadable_list_is_listed_with_its_reason_and_the_rest_goes_on()
    {
        using var run = new VolumeRun();
        run.Old.AddFile(Domain + "A.plist", XmlPlistWriter.Write(Dict(("a", 1))));
        run.New.AddFile(Domain + "A.plist", "<?xml version=\"1.0\"?><plist><dict><key>a");
        run.New.AddFile(Domain + "B.plist", XmlPlistWriter.Write(Dict(("b", 1))));
        var report = await run.RunAsync("Features");
        Assert.Equal([$"Added {Domain}B.plist", $"Unreadable {Domain}A.plist"], report.Lines());
        Assert.StartsWith("new side: plist", report.Items[ItemGroup.Unreadable][0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_domain_under_another_path_is_a_move_whatever_its_form()
    {
        using var run = new VolumeRun();
        run.Old.AddFile(Domain + "A.plist", XmlPlistWriter.Write(Dict(("a", Dict(("Enabled", true))))));
        run.New.AddFile("/System/Library/FeatureFlags/Other/A.plist", BinaryPlistWriter.Write(Dict(("a", Dict(("Enabled", true))))));
        Assert.Equal([$"Moved {Domain}A.plist -> /System/Library/FeatureFlags/Other/A.plist"], (await run.RunAsync("Features")).Lines());
    }

    [Fact]
    public async Task Damaged_lists_never_stop_a_run()
    {
        using var run = new VolumeRun();
        var good = BinaryPlistWriter.Write(Dict(("flag", Dict(("Enabled", true), ("list", Array(1, "two", 3.0)))), ("other", new byte[] { 1 })));
        var number = 0;
        foreach (var damaged in Mutator.Damage(good, 150, 5).Concat(Mutator.Truncate(good, 20)))
        {
            run.Old.AddFile($"{Domain}{number:d3}.plist", good);
            run.New.AddFile($"{Domain}{number++:d3}.plist", damaged);
        }

        var report = await run.RunAsync("Features");
        Assert.InRange(report.Items[ItemGroup.Unreadable].Count, 1, number);
        Assert.Empty(report.Items[ItemGroup.Added]);
    }

    [Fact]
    public async Task Values_that_nest_deeper_than_readers_go_are_told_as_text()
    {
        static byte[] Nested(string core) => Encoding.UTF8.GetBytes(
            $"<plist><dict><key>a</key>{string.Concat(Enumerable.Repeat("<array>", 200))}<string>{core}</string>{string.Concat(Enumerable.Repeat("</array>", 200))}</dict></plist>");
        using var run = new VolumeRun();
        run.Old.AddFile(Domain + "A.plist", Nested("x"));
        run.New.AddFile(Domain + "A.plist", Nested("y"));
        var change = Assert.Single((await run.RunAsync("Features")).Details[Domain + "A.plist"].Values);
        Assert.Contains("[[\"y\"]]", change.New!.Value.GetString(), StringComparison.Ordinal);
    }
}
