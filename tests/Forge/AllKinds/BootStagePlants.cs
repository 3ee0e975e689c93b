using System.Security.Cryptography;
using IpswDiff.Forge.IBoot;
using IpswDiff.Forge.Img4;

namespace IpswDiff.Forge.AllKinds;

/// <summary>The stages of the boot chain of two boards, with a change of every kind.</summary>
internal static class BootStagePlants
{
    private const string Section = "IBoot";
    private const string IBoot = "Firmware/all_flash/iBoot.d91.RELEASE.im4p";

    /// <summary>The stages' versions.</summary>
    internal static IEnumerable<PlantedFact> Facts =>
    [
        .. new[] { "iBoot.d91", "iBSS.d92", "iBEC.d92", "LLB.d92" }.Select(static stage => new PlantedFact(Section, "Version", stage + ".RELEASE.im4p", "iBoot-1.1", "iBoot-1.2")),
        new(Section, "Version", "iBEC.d90.RELEASE.im4p", "iBoot-1.1", null),
        new(Section, "Version", "iBEC.d97.RELEASE.im4p", null, "iBoot-1.2"),
    ];

    internal static IEnumerable<Plant> Plan(ArchivePlants archive)
    {
        var (old, @new) = (Stage(isNew: false), Stage(isNew: true));
        var (before, after) = (old.Write(), @new.Write());
        archive.Component("iBoot", IBoot, Payloads.Im4p("ibot", before, Im4pPacking.Lzfse), Payloads.Im4p("ibot", after, Im4pPacking.Lzfse), "d91ap");
        yield return new Plant(Section, "changed", null, IBoot, "iBoot: version", "iBoot: strings with offsets")
        {
            What = ["version", "size", "strings"],
            Says =
            [
                Plant.Value("version", "iBoot-1.1", "iBoot-1.2"),
                Plant.Value("size", Plant.Json(before.Length), Plant.Json(after.Length)),
                Hash(before, after),
                Plant.Text('+', @new.StringOffsets[1], "a string of the new image, which is a good deal longer"),
                Plant.Text('-', old.StringOffsets[1], "a string of the old image"),
            ],
        };
        yield return new Plant(Section, "added", null, IBoot + "/AppleSMCFirmware.bin", "iBoot: added payload") { Says = [Plant.Text('+', Payloads.FirstText, "AppleSMCFirmware-7.0")] };
        yield return new Plant(Section, "removed", null, IBoot + "/AppleStorageProcessorANS2.bin", "iBoot: removed payload")
        {
            Says = [Plant.Text('-', Payloads.FirstText, "AppleStorageProcessorANS2-3.0")],
        };
        yield return new Plant(Section, "changed", null, IBoot + "/RTKit.bin", "iBoot: changed payload")
        {
            What = ["content", "strings"],
            Says =
            [
                Hash(Payloads.Raw("RTKit-1.0 of the old image"), Payloads.Raw("RTKit-2.0 of the new image")),
                Plant.Text('+', Payloads.FirstText, "RTKit-2.0 of the new image"),
                Plant.Text('-', Payloads.FirstText, "RTKit-1.0 of the old image"),
            ],
        };

        foreach (var (key, tag, folder, board) in new[] { ("iBSS", "ibss", "dfu", "d92"), ("iBEC", "ibec", "dfu", "d92"), ("LLB", "illb", "all_flash", "d92") })
        {
            yield return Version(archive, key, tag, $"Firmware/{folder}/{key}.{board}.RELEASE.im4p", board);
        }

        foreach (var plant in OneSidedAndOther(archive))
        {
            yield return plant;
        }
    }

    private static Plant Version(ArchivePlants archive, string key, string tag, string path, string board)
    {
        byte[] Build(string version) => new IBootWriter(key, version) { Board = board }.Write();
        var (before, after) = (Build("iBoot-1.1"), Build("iBoot-1.2"));
        archive.Component(key, path, Payloads.Im4p(tag, before), Payloads.Im4p(tag, after), board + "ap");
        return new Plant(Section, "changed", null, path, key) { What = ["version", "content"], Says = [Plant.Value("version", "iBoot-1.1", "iBoot-1.2"), Hash(before, after)] };
    }

    private static IEnumerable<Plant> OneSidedAndOther(ArchivePlants archive)
    {
        static byte[] Stage(string version) => Payloads.Im4p("ibec", new IBootWriter("iBEC", version).Write());
        archive.Member("Firmware/dfu/iBEC.d97.RELEASE.im4p", null, Stage("iBoot-1.2"));
        yield return new Plant(Section, "added", null, "Firmware/dfu/iBEC.d97.RELEASE.im4p", "boot stage: added");
        archive.Member("Firmware/dfu/iBEC.d90.RELEASE.im4p", Stage("iBoot-1.1"), null);
        yield return new Plant(Section, "removed", null, "Firmware/dfu/iBEC.d90.RELEASE.im4p", "boot stage: removed");

        static byte[] Locked(string version) => Payloads.Encrypted("illb", new IBootWriter("LLB", version).Write());
        archive.Member("Firmware/all_flash/LLB.d93.RELEASE.im4p", Locked("iBoot-1.1"), Locked("iBoot-1.2"));
        yield return new Plant(Section, "unreadable", null, "Firmware/all_flash/LLB.d93.RELEASE.im4p", "boot stage: encrypted") { Reason = "encrypted" };

        const string Data = "Firmware/all_flash/iBootData.d91.RELEASE.im4p";
        var (before, after) = (Payloads.Raw("the old data of the boot loader"), Payloads.Raw("the new data of the boot loader"));
        archive.Member(Data, Payloads.Im4p("ibdt", before), Payloads.Im4p("ibdt", after));
        yield return new Plant(Section, "changed", null, Data, "boot stage: data beside it")
        {
            What = ["content", "strings"],
            Says =
            [
                Hash(before, after),
                Plant.Text('+', Payloads.FirstText, "the new data of the boot loader"),
                Plant.Text('-', Payloads.FirstText, "the old data of the boot loader"),
            ],
        };
    }

    private static IBootWriter Stage(bool isNew)
    {
        var stage = new IBootWriter("iBoot", isNew ? "iBoot-1.2" : "iBoot-1.1") { Board = "d91" };
        stage.Strings.AddRange(["a string that stays", isNew ? "a string of the new image, which is a good deal longer" : "a string of the old image"]);

        // One goes, one comes before the one that stays, one has other contents.
        stage.Payloads.Add(Payloads.Raw(isNew ? "AppleSMCFirmware-7.0" : "AppleStorageProcessorANS2-3.0"));
        stage.Payloads.Add(Payloads.Raw("a payload that stays what it is"));
        stage.Payloads.Add(Payloads.Raw(isNew ? "RTKit-2.0 of the new image" : "RTKit-1.0 of the old image"));
        return stage;
    }

    private static string Hash(byte[] old, byte[] @new) =>
        Plant.Value("sha256", Convert.ToHexStringLower(SHA256.HashData(old)), Convert.ToHexStringLower(SHA256.HashData(@new)));
}
