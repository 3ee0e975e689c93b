using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;
using IpswDiff.Forge;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Plist;
using IpswDiff.Formats.MachO.CodeSigning;
using static IpswDiff.Forge.Plist.ForgePlist;

namespace IpswDiff.Diffing.Tests.Handlers.Entitlements;

public sealed class EntitlementsTests
{
    [Fact]
    public async Task Compares_every_kind_of_value_by_key()
    {
        using var run = new VolumeRun();
        run.Old.AddFile("/usr/bin/tool", Program(Dict(("kept", true), ("lost", "x"), ("number", 1), ("list", Array("a", "b")), ("nested", Dict(("in", 1), ("out", 2))))));
        run.New.AddFile("/usr/bin/tool", Program(Dict(("nested", Dict(("out", 2), ("in", 3))), ("list", Array("b", "c")), ("number", 2), ("gained", Dict(("deep", true))), ("kept", true))));
        var report = await run.RunAsync("Entitlements");
        Assert.Equal(["Changed /usr/bin/tool"], report.Lines());
        Assert.Equal(
            ["gained: – -> {\"deep\":true}", "list: [\"a\",\"b\"] -> [\"b\",\"c\"]", "lost: \"x\" -> –", "nested/in: 1 -> 3", "number: 1 -> 2"],
            report.Values("/usr/bin/tool"));
    }

    [Fact]
    public async Task Order_of_keys_and_form_of_the_blob_say_nothing()
    {
        using var run = new VolumeRun();
        run.Old.AddFile("/usr/bin/tool", Program(Dict(("a", true), ("b", 2)), der: false));
        run.New.AddFile("/usr/bin/tool", Program(Dict(("b", 2), ("a", true))));
        var report = await run.RunAsync("Entitlements");
        Assert.Empty(report.Lines());
        Assert.Equal(SectionState.Complete, report.Section.State);
    }

    [Fact]
    public async Task Tells_launch_constraints_by_key()
    {
        using var run = new VolumeRun();
        run.Old.AddFile("/usr/bin/tool", Program(Dict(("a", true)), constraints: (CodeSlot.LaunchConstraintSelf, Dict(("ccat", 0), ("reqs", Dict(("team", "x")))))));
        run.New.AddFile("/usr/bin/tool", Program(
            Dict(("a", true)),
            constraints: [(CodeSlot.LaunchConstraintSelf, Dict(("ccat", 0), ("reqs", Dict(("team", "y"))))), (CodeSlot.LibraryConstraint, Dict(("ccat", 1)))]));
        var report = await run.RunAsync("Entitlements");
        Assert.Equal(["Launch Constraints (Self)/reqs/team: \"x\" -> \"y\"", "Library Constraints: – -> {\"ccat\":1}"], report.Values("/usr/bin/tool"));
    }

    [Fact]
    public async Task Lists_added_and_removed_binaries_with_what_they_hold_and_no_others()
    {
        using var run = new VolumeRun();
        run.Old.AddFile("/usr/bin/plain", SyntheticMachO.Program("plain", 9, 20_000).Build());
        run.Old.AddFile("/usr/bin/gone", Program(Dict(("secret", true))));
        run.New.AddFile("/usr/bin/fresh", Program(Dict(("other", Array("x")))));
        run.New.AddFile("/usr/bin/script", "#!/bin/sh\n");
        var report = await run.RunAsync("Entitlements");
        Assert.Equal(["Added /usr/bin/fresh", "Removed /usr/bin/gone"], report.Lines());
        Assert.Equal(["other: – -> [\"x\"]"], report.Values("/usr/bin/fresh"));
        Assert.Equal(["secret: true -> –"], report.Values("/usr/bin/gone"));
    }

    [Fact]
    public async Task A_binary_that_moved_neither_gained_nor_lost()
    {
        using var run = new VolumeRun();
        var tool = Program(Dict(("secret", true)));
        run.Old.AddFile("/usr/bin/tool", tool);
        run.New.AddFile("/usr/libexec/tool", tool);
        Assert.Equal(["Moved /usr/bin/tool -> /usr/libexec/tool"], (await run.RunAsync("Entitlements")).Lines());
    }

    [Fact]
    public async Task Tells_slices_that_agree_once_and_names_those_that_do_not()
    {
        using var run = new VolumeRun();
        run.Old.AddFile("/usr/bin/same", Fat(Dict(("a", 1)), Dict(("a", 1))));
        run.New.AddFile("/usr/bin/same", Fat(Dict(("a", 2)), Dict(("a", 2))));
        run.Old.AddFile("/usr/bin/thin", Fat(Dict(("a", 1)), Dict(("a", 1))));
        run.New.AddFile("/usr/bin/thin", Program(Dict(("a", 1))));
        run.Old.AddFile("/usr/bin/one", Fat(Dict(("a", 1)), Dict(("a", 1))));
        run.New.AddFile("/usr/bin/one", Fat(Dict(("a", 1)), Dict(("a", 2))));
        var report = await run.RunAsync("Entitlements");
        Assert.Equal(["a: 1 -> 2"], report.Values("/usr/bin/same"));
        Assert.Equal(["Slice arm64e/a: 1 -> 2"], report.Values("/usr/bin/one"));
        Assert.Equal(["/usr/bin/one", "/usr/bin/same"], report.Paths(ItemGroup.Changed));
    }

    [Fact]
    public async Task Lists_by_key_who_gained_and_who_lost()
    {
        using var run = new VolumeRun();
        run.Old.AddFile("/usr/bin/one", Program(Dict(("x", true)), seed: 1));
        run.New.AddFile("/usr/bin/one", Program(Dict(("y", true)), seed: 1));
        run.New.AddFile("/usr/bin/two", Program(Dict(("y", true)), seed: 2));
        var report = await run.RunAsync("Entitlements");
        var folder = new FolderArtifactStore(Path.Combine(run.Folder, "pages"));
        await MarkdownReport.WriteAsync(report.Contents, folder, CancellationToken.None);
        var page = await File.ReadAllTextAsync(Path.Combine(run.Folder, "pages", "Entitlements by key.md"), TestContext.Current.CancellationToken);
        Assert.Equal(
            "## 🔑 Entitlements by key (2)\n\n### `x`\n\nLost by (1):\n\n- Volume: `/usr/bin/one`\n\n### `y`\n\nGained by (2):\n\n- Volume: `/usr/bin/one`\n- Volume: `/usr/bin/two` 🆕\n",
            page);
    }

    [Fact]
    public async Task A_damaged_signature_is_unreadable_and_only_where_the_file_changed()
    {
        using var run = new VolumeRun();
        var broken = Program(Dict(("a", 1)));
        var at = broken.AsSpan().IndexOf((byte[])[0xFA, 0xDE, 0x71, 0x72]);
        broken[at + 1] ^= 1;
        run.Old.AddFile("/usr/bin/kept", broken);
        run.New.AddFile("/usr/bin/kept", broken);
        run.Old.AddFile("/usr/bin/tool", Program(Dict(("a", 1))));
        run.New.AddFile("/usr/bin/tool", broken);
        foreach (var exhaustive in (bool[])[false, true])
        {
            var report = await run.RunAsync("Entitlements", options => options with { Exhaustive = exhaustive });
            Assert.Equal(["Unreadable /usr/bin/tool"], report.Lines());
            Assert.Contains("magic", report.Items[ItemGroup.Unreadable][0].Reason, StringComparison.Ordinal);
            Assert.Equal(SectionState.Incomplete, report.Section.State);
        }
    }

    [Fact]
    public async Task Damaged_signatures_never_stop_a_run()
    {
        using var run = new VolumeRun();
        var good = Program(Dict(("a", 1), ("b", Array("x", "y"))), constraints: (CodeSlot.LaunchConstraintSelf, Dict(("reqs", Dict(("team", "x"))))));
        var signature = good.AsSpan().IndexOf((byte[])[0xFA, 0xDE, 0x0C, 0xC0]);
        var number = 0;
        foreach (var damaged in Mutator.Damage(good[signature..], 150, 11))
        {
            run.Old.AddFile($"/bin/tool{number:d3}", good);
            run.New.AddFile($"/bin/tool{number++:d3}", [.. good[..signature], .. damaged]);
        }

        var report = await run.RunAsync("Entitlements");
        Assert.InRange(report.Items[ItemGroup.Unreadable].Count, 1, number);
        Assert.Empty(report.Items[ItemGroup.Added]);
    }

    [Fact]
    public async Task Volumes_without_programs_are_skipped_with_a_reason()
    {
        using var run = new VolumeRun();
        run.Old.AddFile("/a", "1");
        run.New.AddFile("/a", "2");
        var report = await run.RunAsync("Entitlements");
        Assert.Equal(SectionState.Skipped, report.Section.State);
        Assert.Equal("the volumes that were compared hold no Mach-Os", report.Section.Reason);
    }

    private static byte[] Program(PlistDict entitlements, bool der = true, ulong seed = 1, params (CodeSlot Slot, PlistDict Value)[] constraints)
    {
        var builder = SyntheticMachO.Program("com.example.tool", seed, 20_000);
        Sign(builder, entitlements, der, constraints);
        return builder.Build();
    }

    private static void Sign(MachOBuilder builder, PlistDict entitlements, bool der, (CodeSlot Slot, PlistDict Value)[] constraints)
    {
        builder.Signer!.Entitlements = entitlements;
        builder.Signer.WriteDer = der;
        foreach (var (slot, value) in constraints)
        {
            builder.Signer.LaunchConstraints.Add(slot, value);
        }
    }

    private static byte[] Fat(PlistDict arm64, PlistDict arm64e)
    {
        byte[] Slice(MachOArch arch, PlistDict entitlements)
        {
            var builder = ExampleImage.Create(arch, Formats.MachO.MachOFileType.Execute);
            builder.Signer = new MachOSigner("com.example.tool") { Entitlements = entitlements };
            return builder.Build();
        }

        return FatBuilder.Build([(MachOArch.Arm64, Slice(MachOArch.Arm64, arm64)), (MachOArch.Arm64e, Slice(MachOArch.Arm64e, arm64e))]);
    }
}
