using System.Text;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Tests.Handlers.Firmware;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.IBoot;
using IpswDiff.Forge.Img4;
using IpswDiff.Forge.Ipsw;

namespace IpswDiff.Diffing.Tests.Handlers.IBoot;

/// <summary>The section says exactly what was planted in the boot stages of two firmwares.</summary>
public sealed class IBootHandlerTests
{
    private const string Handler = "IBoot";
    private const string Stage = "Firmware/all_flash/iBoot.d99.RELEASE.im4p";
    private const string Other = "Firmware/dfu/iBSS.d98.RELEASE.im4p";
    private const string Data = "Firmware/all_flash/iBootData.d99.RELEASE.im4p";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Names_exactly_what_was_planted(bool exhaustive)
    {
        using var pair = new ForgedFirmwares(Build(isNew: false), Build(isNew: true));
        var report = await pair.RunAsync(Handler, options => options with { Exhaustive = exhaustive });
        report.AssertItems(
            added: [$"{Stage}/AppleSMCFirmware.bin", "Firmware/dfu/iBEC.new.RELEASE.im4p"],
            removed: [$"{Stage}/AppleStorageProcessorANS2.bin", "Firmware/dfu/iBEC.old.RELEASE.im4p"],
            changed: [Stage, $"{Stage}/RTKit.bin", Data, Other]);
        var image = report.Details[Stage];
        Assert.Equal(["version: iBoot-1.1 → iBoot-1.2"], report.Values(Stage).Where(value => !value.StartsWith('s')));
        Assert.Equal(["a string of the new image"], image.Strings!.Added.Select(text => text.Text));
        Assert.Equal(["a string of the old image"], image.Strings.Removed.Select(text => text.Text));
        Assert.Equal(StageImage(isNew: true).StringOffsets[1], image.Strings.Added[0].Offset);
        Assert.Equal(["RTKit-2.0 of the new image"], report.Details[$"{Stage}/RTKit.bin"].Strings!.Added.Select(text => text.Text));
        Assert.Equal(["AppleSMCFirmware-7.0"], report.Details[$"{Stage}/AppleSMCFirmware.bin"].Strings!.Added.Select(text => text.Text));
        Assert.Equal(["AppleStorageProcessorANS2-3.0"], report.Details[$"{Stage}/AppleStorageProcessorANS2.bin"].Strings!.Removed.Select(text => text.Text));
        Assert.Equal(["size", "sha256"], report.Details[Other].Values.Select(value => value.Key[0]));
        Assert.Equal(["the old data of the boot loader"], report.Details[Data].Strings!.Removed.Select(text => text.Text));
        Assert.Contains(new SectionFact("Version", "iBoot.d99.RELEASE.im4p", "iBoot-1.1", "iBoot-1.2"), report.Section.Facts);
        Assert.Contains("## iBoot\n\n### Version (iBEC.new.RELEASE.im4p)\n", report.Readme, StringComparison.Ordinal);
        Assert.Contains("| 26.0 *(23A1)* | iBoot-1.1 |\n| 26.0 *(23B1)* | iBoot-1.2 |\n", report.Readme, StringComparison.Ordinal);
        Assert.Contains($"](IBOOT/{Stage}.md)", report.Readme, StringComparison.Ordinal);
        Assert.Equal(exhaustive ? 0 : 1, report.Run.Skipped.GetValueOrDefault("crc32"));
    }

    [Fact]
    public async Task Boot_stages_are_no_firmware_to_the_handler_of_firmware()
    {
        using var pair = new ForgedFirmwares(Build(isNew: false), Build(isNew: true));
        var report = await pair.RunAsync("Firmware");
        Assert.All(report.Items.Values, items => Assert.Empty(items));
        Assert.Equal((SectionState.Skipped, "the archives hold no firmware images"), (report.Section.State, report.Section.Reason));
        Assert.Empty(report.Run.Skipped);
    }

    [Fact]
    public async Task Encrypted_and_damaged_stages_are_listed_with_their_reasons()
    {
        static byte[] Encrypted(bool isNew) => new Im4pWriter("ibec", "1") { KeybagSeed = 1 }.Write(StageImage(isNew).Write());
        static IpswBuilder Build(bool isNew) => new IpswBuilder("26.0", "23A1")
            .AddBoard("d99ap", "iPhone99,1")
            .AddMember("Firmware/dfu/iBEC.d99.RELEASE.im4p", ForgeContent.FromBytes(Encrypted(isNew)))
            .AddMember("Firmware/all_flash/LLB.d99.RELEASE.im4p", ForgeContent.FromBytes(FirmwarePlants.Im4p("illb", isNew ? FirmwarePlants.Bytes(8, 4000) : StageImage(isNew).Write())))
            .AddMember("Firmware/all_flash/iBoot.cut.im4p", ForgeContent.FromBytes(isNew ? [0x30, 0x82, 1] : Encrypted(isNew)))
            .AddMember(Stage, ForgeContent.FromBytes(FirmwarePlants.Im4p("ibot", StageImage(isNew).Write())));
        using var pair = new ForgedFirmwares(Build(isNew: false), Build(isNew: true));
        var report = await pair.RunAsync(Handler);
        Assert.Equal(
            ["Firmware/all_flash/LLB.d99.RELEASE.im4p", "Firmware/all_flash/iBoot.cut.im4p", "Firmware/dfu/iBEC.d99.RELEASE.im4p"], report.Paths(ItemGroup.Unreadable));
        Assert.Contains("encrypted", report.Items[ItemGroup.Unreadable][2].Reason, StringComparison.Ordinal);
        Assert.Equal(SectionState.Incomplete, report.Section.State);
        Assert.Equal([Stage, $"{Stage}/RTKit.bin"], report.Paths(ItemGroup.Changed));
    }

    private static IpswBuilder Build(bool isNew)
    {
        static byte[] Small(string stage, string more) => FirmwarePlants.Im4p(stage, Writer("iBSS", "iBoot-1.1", more).Write());
        var builder = new IpswBuilder("26.0", isNew ? "23B1" : "23A1").AddBoard("d99ap", "iPhone99,1");
        foreach (var (path, content) in new[]
        {
            (Stage, FirmwarePlants.Im4p("ibot", StageImage(isNew).Write(), Im4pPacking.Lzfse)),
            (Other, Small("ibss", isNew ? "short" : "short again")),
            (Data, FirmwarePlants.Im4p("ibdt", Encoding.ASCII.GetBytes($"\0the {(isNew ? "new" : "old")} data of the boot loader\0"))),
            ("Firmware/all_flash/LLB.d99.RELEASE.im4p", Small("illb", "kept as it is")),
            (isNew ? "Firmware/dfu/iBEC.new.RELEASE.im4p" : "Firmware/dfu/iBEC.old.RELEASE.im4p", Small("ibec", "whatever it says")),
        })
        {
            builder.AddMember(path, ForgeContent.FromBytes(content));
        }

        return builder;
    }

    private static IBootWriter StageImage(bool isNew)
    {
        var writer = Writer("iBoot", isNew ? "iBoot-1.2" : "iBoot-1.1", "a string that stays", isNew ? "a string of the new image" : "a string of the old image");

        // One goes, one comes before the one that stays, one has other contents.
        writer.Payloads.Add(Payload(isNew ? "AppleSMCFirmware-7.0" : "AppleStorageProcessorANS2-3.0"));
        writer.Payloads.Add(Payload("a payload that stays what it is"));
        writer.Payloads.Add(Payload(isNew ? "RTKit-2.0 of the new image" : "RTKit-1.0 of the old image"));
        writer.Write();
        return writer;
    }

    private static IBootWriter Writer(string stage, string version, params string[] strings)
    {
        var writer = new IBootWriter(stage, version);
        writer.Strings.AddRange(strings);
        return writer;
    }

    private static byte[] Payload(string text) => [.. FirmwarePlants.Bytes(3, 600), 0, .. Encoding.ASCII.GetBytes(text), 0, .. new byte[300]];
}
