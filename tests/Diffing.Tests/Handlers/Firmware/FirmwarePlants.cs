using System.IO.Compression;
using System.Text;
using IpswDiff.Forge;
using IpswDiff.Forge.DeviceTree;
using IpswDiff.Forge.Exclave;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ftab;
using IpswDiff.Forge.Img4;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Forge.Kernelcache;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.TrustCache;

namespace IpswDiff.Diffing.Tests.Handlers.Firmware;

/// <summary>Two firmwares with one change of every kind that firmware can have.</summary>
internal static class FirmwarePlants
{
    internal const string Bundle = "Firmware/image4/exclavecore_bundle.t8132.RELEASE.im4p";
    internal const string Table = "Firmware/agx/armfw_g99.im4p";

    internal static readonly byte[] AddedHash = Enumerable.Repeat((byte)0xAD, 20).ToArray();
    internal static readonly byte[] RemovedHash = Enumerable.Repeat((byte)0x0D, 20).ToArray();
    internal static readonly byte[] ChangedHash = Enumerable.Repeat((byte)0x77, 20).ToArray();

    internal static IpswBuilder Build(bool isNew)
    {
        var builder = new IpswBuilder(isNew ? "26.1" : "26.0", isNew ? "23B1" : "23A1") { Deflates = true };
        builder.AddBoard("d99ap", "iPhone99,1").AddBoard("d98ap", "iPhone99,2", 0x10);
        Add("AOP/aopfw.im4p", "aopf", Program("aop", isNew), Im4pPacking.Lzfse);
        builder.AddMember(Table, ForgeContent.FromBytes(Im4p("gfxf", GpuTable(isNew))));
        builder.AddMember(Bundle, ForgeContent.FromBytes(Im4p("xclv", ExclaveBundle(isNew))));
        builder.AddFirmware("DeviceTree", "Firmware/all_flash/DeviceTree.d99ap.im4p", ForgeContent.FromBytes(Im4p("dtre", Tree(isNew))), "d99ap");

        // The trust cache of a disk image bears its number, another one in every build.
        builder.AddFirmware(
            "StaticTrustCache", isNew ? "Firmware/090-22222-002.dmg.trustcache" : "Firmware/090-11111-001.dmg.trustcache", ForgeContent.FromBytes(Im4p("trst", TrustCache(isNew, 2))));
        Add("bare.trustcache", null, TrustCache(isNew, isNew ? 1 : 0));
        Add("raw.im4p", "ansf", Raw(isNew));
        Add("same.im4p", "ansf", Raw(isNew: false));
        Add("ICE.bbfw", null, Archive(isNew));
        Add(isNew ? "new.im4p" : "gone.im4p", "ansf", Raw(isNew));
        return builder;

        void Add(string path, string? tag, byte[] payload, Im4pPacking packing = Im4pPacking.None) =>
            builder.AddMember("Firmware/" + path, ForgeContent.FromBytes(tag is null ? payload : Im4p(tag, payload, packing)));
    }

    internal static byte[] Im4p(string tag, byte[] payload, Im4pPacking packing = Im4pPacking.None) => new Im4pWriter(tag, "1") { Packing = packing }.Write(payload);

    internal static byte[] Raw(bool isNew)
    {
        var text = isNew ? "what only the new one says" : "what only the old one says";
        return [.. Bytes(1, 5000), 0, .. Encoding.ASCII.GetBytes("stays the same\0" + text + "\0short" + (isNew ? "A" : "B") + "\0"), .. Bytes(2, 500)];
    }

    /// <summary>Bytes with nothing in them that looks like text.</summary>
    internal static byte[] Bytes(ulong seed, int count)
    {
        var bytes = new byte[count];
        new ForgeRandom(seed).Fill(bytes);
        for (var i = 0; i < count; i += 4)
        {
            bytes[i] = 1;
        }

        return bytes;
    }

    private static byte[] Program(string name, bool isNew)
    {
        var image = KextPlan.SyntheticImage("com.apple." + name, 21);
        if (isNew)
        {
            image.AddUndefined("_new_" + name);
        }

        return image.Build();
    }

    private static byte[] GpuTable(bool isNew)
    {
        var table = new FtabWriter();
        table.AddCompressed("a000", Program("gpu", isNew));
        table.Add("b000", Program("kept", isNew: false));
        table.AddCompressed("raw0", Raw(isNew));
        table.Add(isNew ? "new0" : "old0", Bytes(4, 100));
        return table.Write();
    }

    private static byte[] ExclaveBundle(bool isNew)
    {
        var bundle = ExclaveWriter.Example(4);
        bundle.Programs[1] = bundle.Programs[1] with { MachO = Program("roottask", isNew) };
        if (isNew)
        {
            bundle.Programs[2] = bundle.Programs[2] with { Extra = ("brkr_artifact", "another artifact"u8.ToArray()) };
            bundle.Programs.Add(new ExclavePlan("video", "APP", Program("video", isNew: false)));
        }

        return bundle.Write();
    }

    private static byte[] Tree(bool isNew)
    {
        var root = DeviceTreeWriter.Example();
        var chosen = root.Children[0];

        // Numbers that look like text on one side or both, one of a known name and one of an unknown one; a text that grows.
        root.Children[1].Children[0].Add("AAPL,phandle", isNew ? 0x41u : 0x1Fu).Add("level", isNew ? 0x62u : 0x61u);
        root.Children[1].Children[0].Add("state", isNew ? "waiting" : "off");
        if (isNew)
        {
            root.Properties[1] = ("model", "iPhone99,2\0"u8.ToArray(), false);
            root.Children[1].Children.Add(new DeviceTreeNodePlan("cpu2").Add("reg", 2));
            chosen.Add("blob", [0, 1, 2, 3, 4]);
        }
        else
        {
            chosen.Add("boot", 7);
        }

        return DeviceTreeWriter.Write(root);
    }

    private static byte[] TrustCache(bool isNew, int version)
    {
        var cache = new TrustCacheWriter(version) { Uuid = new Guid(isNew ? 1 : 2, 0, 0, new byte[8]) };
        cache.Entries.Add(new TrustCacheEntryPlan(isNew ? AddedHash : RemovedHash, 2, 1, 3));
        cache.Entries.Add(new TrustCacheEntryPlan(ChangedHash, 2, isNew ? (byte)1 : (byte)0));
        cache.Entries.Add(new TrustCacheEntryPlan(Enumerable.Repeat((byte)0x55, 20).ToArray()));
        return cache.Write();
    }

    private static byte[] Archive(bool isNew)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in new[] { ("modem/fw.elf", Raw(isNew)), ("same.mbn", Raw(isNew: false)), (isNew ? "new.mbn" : "old.mbn", Bytes(6, 50)) })
            {
                using var member = archive.CreateEntry(name).Open();
                member.Write(content);
            }
        }

        return stream.ToArray();
    }
}
