using System.Text;
using System.Text.Json;
using IpswDiff.Forge;
using IpswDiff.Forge.Aea;
using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.DeviceTree;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.HfsPlus;
using IpswDiff.Forge.Img4;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Partitions;
using IpswDiff.Forge.Plist;
using IpswDiff.Forge.Udif;
using IpswDiff.Formats.MachO;

namespace IpswDiff.EndToEnd;

/// <summary><c>inspect</c> describes what can be read, names what cannot, and ends with the status of an incomplete answer.</summary>
public class PartialInspectTests
{
    [Fact]
    public void Entitlements_that_are_no_property_list_leave_the_rest_of_a_binary()
    {
        using var scratch = Cli.Scratch();
        var bytes = Signed("com.example.tool");
        var at = bytes.AsSpan().IndexOf("<?xml"u8);

        // Real files hold a PKCS#12 there, which is DER.
        bytes.AsSpan(at, 8).Fill(0x30);
        File.WriteAllBytes(scratch["tool"], bytes);
        var (slice, unreadable) = Inspect(scratch["tool"], description => description.GetProperty("slices")[0]);
        Assert.Equal("com.example.tool", slice.GetProperty("identifier").GetString());
        Assert.Matches("^[0-9a-f]{40}$", slice.GetProperty("cdHash").GetString());
        Assert.True(slice.GetProperty("entitlements").GetProperty("com.example.right").GetBoolean());
        Assert.Equal(["entitlements"], unreadable);

        at = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFA, 0xDE, 0x71, 0x72]);
        bytes.AsSpan(at + 8, 8).Fill(0xFF);
        File.WriteAllBytes(scratch["tool"], bytes);
        (slice, unreadable) = Inspect(scratch["tool"], description => description.GetProperty("slices")[0]);
        Assert.Equal(JsonValueKind.Null, slice.GetProperty("entitlements").ValueKind);
        Assert.Equal("com.example.tool", slice.GetProperty("identifier").GetString());
        Assert.Equal(["entitlements", "entitlements in DER"], unreadable);
    }

    [Fact]
    public void A_damaged_signature_or_slice_leaves_the_others()
    {
        using var scratch = Cli.Scratch();
        var whole = Signed("com.example.whole");
        var damaged = Signed("com.example.damaged");
        damaged.AsSpan(16, 4).Fill(0xFF);
        var unsigned = Signed("com.example.unsigned");
        unsigned.AsSpan(unsigned.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFA, 0xDE, 0x0C, 0xC0]), 4).Fill(0x11);
        var fat = FatBuilder.Build([(MachOArch.X8664, damaged), (MachOArch.Arm64, whole), (MachOArch.Arm64e, unsigned)]);
        File.WriteAllBytes(scratch["fat"], fat);
        var (slices, unreadable) = Inspect(scratch["fat"], description => description.GetProperty("slices"));
        Assert.Equal(["x86_64", "arm64", "arm64"], slices.EnumerateArray().Select(slice => slice.GetProperty("arch").GetString()));
        Assert.Contains("slice 0", slices[0].GetProperty("unreadable").GetString(), StringComparison.Ordinal);
        Assert.Equal("com.example.whole", slices[1].GetProperty("identifier").GetString());
        Assert.Equal(JsonValueKind.Null, slices[2].GetProperty("cdHash").ValueKind);
        Assert.Equal(["slice 0 (x86_64)", "slice 2 (arm64e): code signature"], unreadable);

        // A slice that leaves the file.
        fat.AsSpan(8 + 8, 4).Fill(0x7F);
        File.WriteAllBytes(scratch["fat"], fat);
        (slices, unreadable) = Inspect(scratch["fat"], description => description.GetProperty("slices"));
        Assert.Equal(3, slices.GetArrayLength());
        Assert.Equal("slice 0 (x86_64)", unreadable[0]);
    }

    [Fact]
    public void A_damaged_volume_leaves_the_others_of_its_disk()
    {
        using var scratch = Cli.Scratch();
        var tree = new ForgeTree();
        tree.AddFile("/a", ForgeContent.FromText("a"));
        using var image = new MemoryStream();
        ForgeImage.WriteRaw(
            image,
            [new DiskPartition("whole", new HfsPlusImage(tree, new HfsPlusOptions { VolumeName = "Whole" })), new DiskPartition("broken", new ApfsContainer([new ApfsVolume("Broken", tree)]))],
            PartitionMap.Gpt);
        var bytes = image.ToArray();
        for (var at = 0; bytes.AsSpan(at).IndexOf("NXSB"u8) is >= 0 and var next; at += next + 4)
        {
            // The counters that say where checkpoints and volumes are, in every copy of the superblock.
            bytes.AsSpan(at + next + 4, 400).Fill(0xEE);
        }

        File.WriteAllBytes(scratch["disk"], bytes);
        var (description, unreadable) = Inspect(scratch["disk"], description => description);
        Assert.Equal(["Whole"], description.GetProperty("volumes").EnumerateArray().Select(volume => volume.GetProperty("name").GetString()));
        Assert.Equal(["partition broken"], unreadable.Distinct());
    }

    [Fact]
    public void A_damaged_manifest_leaves_the_payload_beside_it()
    {
        using var scratch = Cli.Scratch();
        var bytes = new Im4pWriter("logo", "logo-1").WriteImg4("payload"u8.ToArray(), new byte[8]);
        var at = bytes.AsSpan().IndexOf("IM4M"u8);
        bytes[at] = (byte)'X';
        File.WriteAllBytes(scratch["image.img4"], bytes);
        var (description, unreadable) = Inspect(scratch["image.img4"], description => description);
        Assert.Equal("logo", description.GetProperty("tag").GetString());
        Assert.Equal("boot logo", description.GetProperty("purpose").GetString());
        Assert.Equal(JsonValueKind.Object, description.GetProperty("restoreInfo").ValueKind);
        Assert.Equal(["manifest"], unreadable);
    }

    [Fact]
    public void A_damaged_list_of_a_firmware_leaves_what_its_manifest_says()
    {
        using var scratch = Cli.Scratch();
        var image = ForgeContent.FromText("an image");
        new IpswBuilder("26.1", "23B85") { HasRestore = false }.AddBoard("aap", "iPhone1,1").AddVolume("OS", "1.dmg", image)
            .AddMember("Restore.plist", ForgeContent.FromText("<plist><dict><key>")).WriteFile(scratch["new.ipsw"]);
        var (description, unreadable) = Inspect(scratch["new.ipsw"], description => description);
        Assert.Equal("26.1", description.GetProperty("version").GetString());
        Assert.Equal("1.dmg", description.GetProperty("volumes")[0].GetProperty("path").GetString());
        Assert.Equal(["Restore.plist"], unreadable);
    }

    [Fact]
    public void An_encrypted_archive_says_what_it_says_without_its_key()
    {
        using var scratch = Cli.Scratch();
        var archive = new AeaBuilder(7).WithKeyService("https://keys.invalid/one");
        File.WriteAllBytes(scratch["a.aea"], archive.Build("contents"u8));
        var (description, unreadable) = Inspect(scratch["a.aea"], description => description, "--offline");
        Assert.Equal(("aea", "symmetric"), (description.GetProperty("type").GetString(), description.GetProperty("profile").GetString()));
        Assert.Equal("https://keys.invalid/one", description.GetProperty("keyUrl").GetString());
        Assert.Equal(["contents"], unreadable);
    }

    [Theory]
    [InlineData("{ a = 1; b = (x, y); }", "plist", "{\"a\":\"1\",\"b\":[\"x\",\"y\"]}")]
    [InlineData("/* c */ \"Title\" = \"Settings\";\nOther = x;", "strings", "{\"Title\":\"Settings\",\"Other\":\"x\"}")]
    [InlineData("<plist><!-- -- --><dict><key>a</key><string>1</string></dict></plist> junk", "plist", "{\"a\":\"1\"}")]
    [InlineData("<!DOCTYPE x \"><plist><true/></plist>", "plist", "true")]
    public void Knows_property_lists_and_strings_in_text(string text, string type, string value)
    {
        using var scratch = Cli.Scratch();
        foreach (var encoding in new[] { Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode })
        {
            File.WriteAllBytes(scratch["list"], [.. encoding.GetPreamble(), .. encoding.GetBytes(text)]);
            var description = JsonDocument.Parse(Cli.Run("inspect", scratch["list"], "--json").Expect(0).OutputBytes).RootElement;
            Assert.Equal(type, description.GetProperty("type").GetString());
            Assert.Equal(value, JsonSerializer.Serialize(description.GetProperty("value")));
        }
    }

    public static TheoryData<string, string, string> Recognised => new()
    {
        { "encrcdsa", "dmg", "passphrase" },
        { "cdsaencr", "dmg", "passphrase" },
        { "bom", "bom", "bill of materials" },
        { "xar", "xar", "xar" },
        { "fat32", "fat", "FAT" },
        { "exfat", "exfat", "exFAT" },
        { "ntfs", "ntfs", "NTFS" },
        { "hfs", "hfs", "classic HFS" },
        { "iso", "iso9660", "ISO 9660" },
    };

    [Theory]
    [MemberData(nameof(Recognised))]
    public void Calls_what_it_does_not_read_by_its_name(string kind, string type, string word)
    {
        using var scratch = Cli.Scratch();
        File.WriteAllBytes(scratch["file"], Foreign(kind));
        var (description, unreadable) = Inspect(scratch["file"], description => description);
        Assert.Equal(type, description.GetProperty("type").GetString());
        Assert.Equal(["contents"], unreadable);
        foreach (var command in new[] { "ls", "diff" })
        {
            var refused = Cli.Run(command == "ls" ? ["ls", scratch["file"]] : ["diff", scratch["file"], scratch["file"]]).Expect(4).Error;
            Assert.Contains(word, refused, StringComparison.Ordinal);
            Assert.DoesNotContain("nothing known", refused, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Says_that_a_binary_or_a_payload_holds_no_files()
    {
        using var scratch = Cli.Scratch();
        File.WriteAllBytes(scratch["tool"], Signed("com.example.tool"));
        File.WriteAllBytes(scratch["tree.im4p"], new Im4pWriter("dtre", "1").Write(DeviceTreeWriter.Write(DeviceTreeWriter.Example())));
        Assert.Contains("a Mach-O holds no volume", Cli.Run("ls", scratch["tool"]).Expect(4).Error, StringComparison.Ordinal);
        Assert.Contains("a Mach-O holds no volume", Cli.Run("cat", scratch["tool"], "/a").Expect(4).Error, StringComparison.Ordinal);
        Assert.Contains("IM4P whose payload is no disk image", Cli.Run("ls", scratch["tree.im4p"]).Expect(4).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_what_the_payload_of_an_Image4_file_is()
    {
        using var scratch = Cli.Scratch();
        foreach (var (tag, payload, type) in new (string, byte[], string)[]
        {
            ("dtre", DeviceTreeWriter.Write(DeviceTreeWriter.Example()), "devicetree"),
            ("aopf", Signed("com.example.aop"), "macho"),
            ("rdsk", RamDiskTests.RamDisk("x"), "dmg"),
            ("logo", "no format"u8.ToArray(), "unknown"),
            ("ibdt", XmlPlistWriter.Write(ForgePlist.Dict(("a", 1))), "plist"),
        })
        {
            foreach (var packing in new[] { Im4pPacking.None, Im4pPacking.Lzfse })
            {
                File.WriteAllBytes(scratch["p.im4p"], new Im4pWriter(tag, "1") { Packing = packing }.Write(payload));
                var description = JsonDocument.Parse(Cli.Run("inspect", scratch["p.im4p"], "--json").Expect(0).OutputBytes).RootElement;
                Assert.Equal(type, description.GetProperty("payload").GetProperty("type").GetString());
                Assert.Equal(payload.Length, description.GetProperty("uncompressedSize").GetInt64());
            }
        }
    }

    private static byte[] Signed(string identifier) => new MachOBuilder(MachOArch.Arm64, MachOFileType.Execute)
    {
        Signer = new MachOSigner(identifier) { Entitlements = ForgePlist.Dict(("com.example.right", true)) },
    }.Build();

    // Only what tells these formats, as their specifications place it.
    private static byte[] Foreign(string kind)
    {
        var bytes = new byte[64 << 10];
        var boot = new byte[] { 0x55, 0xAA };
        switch (kind)
        {
            case "encrcdsa":
                "encrcdsa"u8.CopyTo(bytes);
                break;
            case "cdsaencr":
                "cdsaencr"u8.CopyTo(bytes.AsSpan(bytes.Length - 8));
                break;
            case "bom":
                "BOMStore"u8.CopyTo(bytes);
                break;
            case "xar":
                "xar!"u8.CopyTo(bytes);
                break;
            case "fat32":
                "FAT32   "u8.CopyTo(bytes.AsSpan(82));
                boot.CopyTo(bytes, 510);
                break;
            case "exfat":
                "EXFAT   "u8.CopyTo(bytes.AsSpan(3));
                boot.CopyTo(bytes, 510);
                break;
            case "ntfs":
                "NTFS    "u8.CopyTo(bytes.AsSpan(3));
                boot.CopyTo(bytes, 510);
                break;
            case "hfs":
                "BD"u8.CopyTo(bytes.AsSpan(1024));
                break;
            default:
                "CD001"u8.CopyTo(bytes.AsSpan(32769));
                break;
        }

        return bytes;
    }

    private static (JsonElement Description, string[] Unreadable) Inspect(string path, Func<JsonElement, JsonElement> pick, params string[] options)
    {
        var result = Cli.Run(["inspect", path, "--json", .. options]).Expect(3);
        var description = JsonDocument.Parse(result.OutputBytes).RootElement;
        var unreadable = description.GetProperty("unreadable").EnumerateArray().ToArray();
        Assert.All(unreadable, part => Assert.Contains(part.GetProperty("reason").GetString()!, result.Error, StringComparison.Ordinal));
        Assert.Contains(path, result.Error, StringComparison.Ordinal);
        Cli.Run(["inspect", path, .. options]).Expect(3);
        return (pick(description), [.. unreadable.Select(part => part.GetProperty("part").GetString()!)]);
    }
}
