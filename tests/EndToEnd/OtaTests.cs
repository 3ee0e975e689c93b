using System.Text.Json;
using IpswDiff.Forge.Aea;
using IpswDiff.Forge.Compression;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.IBoot;
using IpswDiff.Forge.Img4;
using IpswDiff.Forge.Ota;
using IpswDiff.Formats.Pbzx;

namespace IpswDiff.EndToEnd;

/// <summary>Over-the-air updates on the command line, in every form in which they come.</summary>
public class OtaTests
{
    private static readonly byte[] CryptexPatch = [.. "RIDIFF10"u8, .. new byte[64]];

    [Fact]
    public void The_same_update_lists_the_same_in_every_form()
    {
        using var scratch = Cli.Scratch();
        var builder = New();
        File.WriteAllBytes(scratch["new.zip"], builder.ToZip());
        File.WriteAllBytes(scratch["new.aa"], builder.ToAppleArchive());
        builder.WriteTo(scratch["folder"]);
        var aea = new AeaBuilder(1);
        File.WriteAllBytes(scratch["new.aea"], aea.Build(builder.ToAppleArchive()));
        var listed = Cli.Run("ls", scratch["new.zip"], "--json", "--hash").Expect(0).Output;
        Assert.Contains("\"FileSystem:/sbin/launchd\"", listed, StringComparison.Ordinal);
        Assert.Equal(listed, Cli.Run("ls", scratch["new.aa"], "--json", "--hash").Expect(0).Output);
        Assert.Equal(listed, Cli.Run("ls", scratch["folder"], "--json", "--hash").Expect(0).Output);
        Assert.Equal(listed, Cli.Run("ls", scratch["new.aea"], "--json", "--hash", "--offline", "--aea-key", Convert.ToBase64String(aea.Key.Span)).Expect(0).Output);
        Assert.Equal("new daemon"u8, Cli.Run("cat", scratch["new.zip"], "/sbin/launchd").Expect(0).OutputBytes);
    }

    [Fact]
    public void An_update_packed_as_those_of_OS_27_reads_as_its_twin_in_xz()
    {
        using var scratch = Cli.Scratch();
        foreach (var (name, algorithm) in (ReadOnlySpan<(string, PbzxAlgorithm)>)[("pbzx", PbzxAlgorithm.Lzma), ("pbzm", PbzxAlgorithm.Lzraven)])
        {
            File.WriteAllBytes(scratch["old." + name], Old(algorithm).ToZip());
            File.WriteAllBytes(scratch["new." + name], New(algorithm).ToZip());
            Cli.Run("diff", scratch["old." + name], scratch["new." + name], "-o", scratch[name]).Expect(0);
        }

        Assert.Equal(
            Cli.Run("ls", scratch["new.pbzx"], "--json", "--hash").Expect(0).Output,
            Cli.Run("ls", scratch["new.pbzm"], "--json", "--hash").Expect(0).Output);
        Assert.Equal(
            ReportFolder.Facts(scratch["pbzx"]).ToDictionary(file => file.Key, file => file.Value.Replace(".pbzx", ".pbzm", StringComparison.Ordinal)),
            ReportFolder.Facts(scratch["pbzm"]));
    }

    [Fact]
    public void A_payload_in_a_compression_that_is_not_known_is_refused_by_its_name()
    {
        using var scratch = Cli.Scratch();
        File.WriteAllBytes(scratch["new.zip"], new OtaBuilder("27.9", "24Z1", "iPhone16,2")
            .AddMember("AssetData/payloadv2/payload.000", ForgeContent.FromBytes([.. "pbzq"u8, .. new byte[100]])).ToZip());
        AssertOneLine(Cli.Run("ls", scratch["new.zip"]).Expect(4), "pbzq: this compression is not known");
    }

    [Theory]
    [InlineData("new.zip")]
    [InlineData("new.aa")]
    public void Inspect_says_what_an_update_is_and_holds(string name)
    {
        using var scratch = Cli.Scratch();
        var builder = New().AddImage("cryptex-system-arm64e", CryptexPatch);
        File.WriteAllBytes(scratch[name], name == "new.zip" ? builder.ToZip() : builder.ToAppleArchive());
        var ota = JsonDocument.Parse(Cli.Run("inspect", scratch[name], "--json").Expect(0).OutputBytes).RootElement;
        Assert.Equal(("ota", "26.1", "23B85", "full"), (Text(ota, "type"), Text(ota, "version"), Text(ota, "build"), Text(ota, "kind")));
        Assert.Equal("iPhone16,2", ota.GetProperty("products")[0].GetString());
        Assert.Equal(3, ota.GetProperty("payloads").GetArrayLength());
        Assert.Equal(("SystemOS", "RIDIFF10"), (Text(ota.GetProperty("images")[0], "name"), Text(ota.GetProperty("images")[0], "patch")));
    }

    [Fact]
    public void Diffs_two_updates()
    {
        using var scratch = Cli.Scratch();
        File.WriteAllBytes(scratch["old.zip"], Old().ToZip());
        File.WriteAllBytes(scratch["new.aa"], New().ToAppleArchive());
        Cli.Run("diff", scratch["old.zip"], scratch["new.aa"], "-o", scratch["report"]).Expect(0);
        var report = File.ReadAllText(scratch["report/report.json"]);
        Assert.Contains("/usr/bin/added", report, StringComparison.Ordinal);
        Assert.Contains("23B85", report, StringComparison.Ordinal);
        Cli.Run("diff", scratch["old.zip"], scratch["new.aa"], "-o", scratch["unpacked"], "--unpack").Expect(0);
        Assert.Equal(ReportFolder.Facts(scratch["report"]), ReportFolder.Facts(scratch["unpacked"]));
    }

    [Fact]
    public void A_cryptex_that_is_a_patch_is_named_and_the_rest_is_read()
    {
        using var scratch = Cli.Scratch();
        File.WriteAllBytes(scratch["old.zip"], Old().AddImage("cryptex-system-arm64e", CryptexPatch).ToZip());
        File.WriteAllBytes(scratch["new.zip"], New().AddImage("cryptex-system-arm64e", CryptexPatch).ToZip());
        var listed = Cli.Run("ls", scratch["new.zip"]).Expect(3);
        Assert.Contains("FileSystem:/sbin/launchd", listed.Output, StringComparison.Ordinal);
        AssertOneLine(listed, "RIDIFF10");
        Cli.Run("diff", scratch["old.zip"], scratch["new.zip"], "-o", scratch["report"]).Expect(3);
        Assert.Contains("RIDIFF10", File.ReadAllText(scratch["report/report.json"]), StringComparison.Ordinal);
        AssertOneLine(Cli.Run("cat", scratch["new.zip"], "SystemOS:/x").Expect(4), "RIDIFF10");
    }

    [Fact]
    public void Deltas_and_Rapid_Security_Responses_are_refused_in_one_line()
    {
        using var scratch = Cli.Scratch();
        File.WriteAllBytes(scratch["delta.zip"], new OtaBuilder("26.1", "23B85", "iPhone16,2") { PrerequisiteBuild = "23A341" }.ToZip());
        File.WriteAllBytes(scratch["rsr.zip"], new OtaBuilder("26.1", "23B85", "iPhone16,2") { SplatOnly = true }.ToZip());
        AssertOneLine(Cli.Run("ls", scratch["delta.zip"]).Expect(4), "delta update from build 23A341");
        AssertOneLine(Cli.Run("diff", scratch["rsr.zip"], scratch["rsr.zip"]).Expect(4), "Rapid Security Response");
        Assert.Contains("\"delta\"", Cli.Run("inspect", scratch["delta.zip"], "--json").Expect(0).Output, StringComparison.Ordinal);
    }

    private static void AssertOneLine(CliResult result, string reason)
    {
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.Error.Count(c => c == '\n'));
    }

    private static OtaBuilder Old(PbzxAlgorithm algorithm = PbzxAlgorithm.Lzma) => Builder("26.0", "23A341", algorithm, tree => tree.AddFile("/sbin/launchd", "old daemon"));

    private static OtaBuilder New(PbzxAlgorithm algorithm = PbzxAlgorithm.Lzma) => Builder("26.1", "23B85", algorithm, tree =>
    {
        tree.AddFile("/sbin/launchd", "new daemon");
        tree.AddFile("/usr/bin/added", "added");
    });

    private static OtaBuilder Builder(string version, string build, PbzxAlgorithm algorithm, Action<ForgeTree> change)
    {
        var tree = new ForgeTree();
        tree.AddFile("/usr/lib/libSame.dylib", ForgeContent.Random(1, 200_000));
        tree.AddFile("/usr/share/words", ForgeContent.FromBytes(SampleData.Mixed(2, 150_000)));
        tree.AddSymlink("/etc", "private/etc");
        change(tree);
        return new OtaBuilder(version, build, "iPhone16,2") { Algorithm = algorithm }.AddPayload(tree).AddMember("AssetData/boot/iBoot.im4p", ForgeContent.FromBytes(new Im4pWriter("ibot", "1").Write(new IBootWriter("iBoot", "iBoot-" + build).Write())));
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
