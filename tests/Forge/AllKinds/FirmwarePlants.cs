using System.Security.Cryptography;
using IpswDiff.Forge.DeviceTree;
using IpswDiff.Forge.Exclave;
using IpswDiff.Forge.Ftab;
using IpswDiff.Forge.Img4;
using IpswDiff.Forge.Kernelcache;
using IpswDiff.Forge.Zip;
using IpswDiff.Forge.FileTree;

namespace IpswDiff.Forge.AllKinds;

/// <summary>The firmware of processors and peripherals: a change of every kind of payload.</summary>
internal static class FirmwarePlants
{
    private const string Section = "Firmware";
    private const string Kept = "a text that both sides have";
    private const string OldText = "what only the old side says";
    private const string NewText = "what only the new side says";

    internal static IEnumerable<Plant> Plan(ArchivePlants archive)
    {
        archive.Member("Firmware/AOP/aopfw.im4p", Payloads.Im4p("aopf", Program("aop", isNew: false), Im4pPacking.Lzfse), Payloads.Im4p("aopf", Program("aop", isNew: true), Im4pPacking.Lzfse));
        yield return new Plant(Section, "changed", null, "Firmware/AOP/aopfw.im4p", "firmware: Mach-O") { What = ["uuid", "symbols"], Says = ["+ import _new_aop"] };

        archive.Member("Firmware/raw.im4p", Payloads.Im4p("ansf", Raw(isNew: false)), Payloads.Im4p("ansf", [.. Raw(isNew: true), .. new byte[8]]));
        yield return RawPlant("Firmware/raw.im4p", 8, "firmware: raw size, hash and strings");
        archive.Member("Firmware/added.im4p", null, Payloads.Im4p("ansf", Raw(isNew: true)));
        yield return new Plant(Section, "added", null, "Firmware/added.im4p", "firmware: added");
        archive.Member("Firmware/gone.im4p", Payloads.Im4p("ansf", Raw(isNew: false)), null);
        yield return new Plant(Section, "removed", null, "Firmware/gone.im4p", "firmware: removed");
        archive.Member("Firmware/same.im4p", Payloads.Im4p("ansf", Raw(isNew: true)), Payloads.Im4p("ansf", Raw(isNew: true)));
        archive.Member("Firmware/sep.im4p", Payloads.Encrypted("sepi", Raw(isNew: false)), Payloads.Encrypted("sepi", Raw(isNew: true)));
        yield return new Plant(Section, "unreadable", null, "Firmware/sep.im4p", "firmware: encrypted") { Reason = "encrypted" };
        var whole = Payloads.Im4p("ansf", Raw(isNew: false));
        archive.Member("Firmware/cut.im4p", whole, whole[..(whole.Length / 2)]);
        yield return new Plant(Section, "unreadable", null, "Firmware/cut.im4p", "firmware: damaged") { Reason = "Image4" };

        foreach (var plant in Table(archive).Concat(Bundle(archive)).Concat(Tree(archive)).Concat(Modem(archive)))
        {
            yield return plant;
        }
    }

    private static Plant[] Table(ArchivePlants archive)
    {
        const string Path = "Firmware/agx/armfw_g99.im4p";
        static byte[] Build(bool isNew)
        {
            var table = new FtabWriter().AddCompressed("a000", Program("gpu", isNew)).Add("b000", Program("kept", isNew: false)).Add("raw0", Raw(isNew)).AddCompressed("raw1", Raw(isNew));
            return Payloads.Im4p("gfxf", table.Add(isNew ? "new0" : "old0", Payloads.Bytes(4, 100)).Write());
        }

        archive.Member(Path, Build(isNew: false), Build(isNew: true));
        return
        [
            new Plant(Section, "changed", null, Path + "/agx_a000", "ftab: LZFSE entry") { What = ["uuid", "symbols"], Says = ["+ import _new_gpu"] },
            RawPlant(Path + "/agx_raw0", 0, "ftab: plain entry"),
            RawPlant(Path + "/agx_raw1", 0, "ftab: LZFSE entry"),
            new Plant(Section, "added", null, Path + "/agx_new0", "ftab: added"),
            new Plant(Section, "removed", null, Path + "/agx_old0", "ftab: removed"),
        ];
    }

    private static Plant[] Bundle(ArchivePlants archive)
    {
        const string Path = "Firmware/image4/exclavecore_bundle.t8132.RELEASE.im4p";
        static byte[] Build(bool isNew)
        {
            var bundle = ExclaveWriter.Example(4);
            bundle.Programs[1] = bundle.Programs[1] with { MachO = Program("roottask", isNew) };
            if (isNew)
            {
                bundle.Programs[2] = bundle.Programs[2] with { Extra = ("brkr_artifact", "another artifact"u8.ToArray()) };
                bundle.Programs.Add(new ExclavePlan("video", "APP", Program("video", isNew: false)));
            }

            return Payloads.Im4p("xclv", bundle.Write());
        }

        archive.Member(Path, Build(isNew: false), Build(isNew: true));
        return
        [
            new Plant(Section, "changed", null, Path + "/exclave_roottask", "exclave: changed program") { What = ["uuid", "symbols"], Says = ["+ import _new_roottask"] },
            new Plant(Section, "added", null, Path + "/exclave_video", "exclave: added program"),
            new Plant(Section, "changed", null, Path + "/exclave_audio.brkr_artifact", "exclave: further piece")
            {
                What = ["size", "strings"],
                Says = [Plant.Value("size", "8", "16"), Hash("artifact"u8.ToArray(), "another artifact"u8.ToArray()), Plant.Text('+', 0, "another artifact")],
            },
        ];
    }

    private static Plant[] Tree(ArchivePlants archive)
    {
        const string Path = "Firmware/all_flash/DeviceTree.d91ap.im4p";
        static byte[] Build(bool isNew)
        {
            var root = DeviceTreeWriter.Example();
            if (isNew)
            {
                root.Properties[1] = ("model", "iPhone91,2\0"u8.ToArray(), false);
                root.Children[1].Children.Add(new DeviceTreeNodePlan("cpu2").Add("reg", 2));
                root.Children[0].Add("blob", [0, 1, 2, 3, 4]);
            }
            else
            {
                root.Children[0].Add("boot", 7);
            }

            return Payloads.Im4p("dtre", DeviceTreeWriter.Write(root));
        }

        archive.Component("DeviceTree", Path, Build(isNew: false), Build(isNew: true), "d91ap");
        return
        [
            new Plant(
                Section, "changed", null, Path, "device tree: added property", "device tree: removed property", "device tree: changed property", "device tree: added node")
            {
                What = ["properties"],
                Says =
                [
                    Plant.Value("chosen/blob", null, "0x0001020304"),
                    Plant.Value("chosen/boot", "7", null),
                    Plant.Value("cpus/cpu2/name", null, "cpu2"),
                    Plant.Value("cpus/cpu2/reg", null, "2"),
                    Plant.Value("model", "iPhone99,1", "iPhone91,2"),
                ],
            },
        ];
    }

    private static Plant[] Modem(ArchivePlants archive)
    {
        const string Path = "Firmware/ICE.bbfw";
        static byte[] Build(bool isNew)
        {
            using var stream = new MemoryStream();
            var writer = new ZipWriter(stream, portableDeflate: true);
            writer.Add("modem/fw.elf", ForgeContent.FromBytes(Raw(isNew)), deflate: true);
            writer.Add("same.mbn", ForgeContent.FromBytes(Raw(isNew: false)), deflate: false);
            writer.Add(isNew ? "new.mbn" : "old.mbn", ForgeContent.FromBytes(Payloads.Bytes(6, 50)), deflate: false);
            writer.Finish();
            return stream.ToArray();
        }

        archive.Member(Path, Build(isNew: false), Build(isNew: true));
        return
        [
            RawPlant(Path + "/modem/fw.elf", 0, "archive: member"),
            new Plant(Section, "added", null, Path + "/new.mbn", "archive: member"),
            new Plant(Section, "removed", null, Path + "/old.mbn", "archive: member"),
        ];
    }

    private static byte[] Raw(bool isNew) => Payloads.Raw(Kept, isNew ? NewText : OldText);

    private static Plant RawPlant(string path, int grown, string kind)
    {
        var (old, @new) = (Raw(isNew: false), new List<byte>(Raw(isNew: true)));
        @new.AddRange(new byte[grown]);
        var at = Payloads.FirstText + Kept.Length + 1;
        return new Plant(Section, "changed", null, path, kind)
        {
            What = [grown > 0 ? "size" : "content", "strings"],
            Says =
            [
                .. grown > 0 ? new[] { Plant.Value("size", Plant.Json(old.Length), Plant.Json(@new.Count)) } : [],
                Hash(old, [.. @new]),
                Plant.Text('+', at, NewText),
                Plant.Text('-', at, OldText),
            ],
        };
    }

    private static string Hash(byte[] old, byte[] @new) =>
        Plant.Value("sha256", Convert.ToHexStringLower(SHA256.HashData(old)), Convert.ToHexStringLower(SHA256.HashData(@new)));

    private static byte[] Program(string name, bool isNew)
    {
        var image = KextPlan.SyntheticImage("com.apple." + name, 21);
        if (isNew)
        {
            image.AddUndefined("_new_" + name);
        }

        return image.Build();
    }
}
