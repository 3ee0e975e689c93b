using System.Text.Json;
using IpswDiff.Forge;
using IpswDiff.Forge.Samples;

namespace IpswDiff.EndToEnd;

/// <summary><c>inspect --json</c>, against LLVM where LLVM reads the format.</summary>
public class InspectTests
{
    public static TheoryData<string> MachOSamples()
    {
        var names = new TheoryData<string>();
        foreach (var path in SampleFiles.Folder is { } folder ? Directory.EnumerateFiles(Path.Combine(folder, "macho")).Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
        {
            names.Add(Path.GetFileName(path));
        }

        foreach (var path in Directory.EnumerateFiles(Path.Combine(SampleFiles.RepositoryRoot, "samples", "binaries", "own"), "lib*.dylib", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            names.Add(path);
        }

        return names;
    }

    [Theory]
    [MemberData(nameof(MachOSamples))]
    public void Says_of_a_binary_what_LLVM_says(string name)
    {
        var dump = Witnesses.ObjDump.Required();
        var path = Path.IsPathRooted(name) ? name : SampleFiles.Find("macho/" + name)!;
        var slices = Inspect(path).GetProperty("slices").EnumerateArray().ToArray();
        Assert.NotEmpty(slices);
        foreach (var slice in slices)
        {
            var arch = slice.GetProperty("arch").GetString()!;
            var headers = Witness.Run(dump, "--macho", "--arch=" + arch, "--private-headers", path).Output;
            if (arch == "ppc")
            {
                // LLVM knows the processor under its model's name only, and has nothing under this one.
                Assert.Empty(headers);
                continue;
            }

            if (slice.GetProperty("uuid").GetString() is { } uuid)
            {
                Assert.Contains("uuid " + uuid, headers, StringComparison.Ordinal);
            }

            if (slice.GetProperty("sourceVersion").GetString() is { } version)
            {
                Assert.Matches($@"cmd LC_SOURCE_VERSION\s+cmdsize 16\s+version {System.Text.RegularExpressions.Regex.Escape(TrimZeros(version))}", headers);
            }

            Assert.Equal(Values(headers, @"segname (\S+)\n\s+vmaddr (\S+)\n\s+vmsize (\S+)\n\s+fileoff (\S+)\n\s+filesize (\S+)"), slice.GetProperty("segments").EnumerateArray()
                .Select(segment => $"{Text(segment, "name")} {Number(segment, "address"):x} {Number(segment, "size"):x} {Number(segment, "fileOffset"):x} {Number(segment, "fileSize"):x}"));
            Assert.Equal(Values(headers, @"sectname (\S*)\n\s+segname (\S*)\n\s+addr (\S+)\n\s+size (\S+)"), slice.GetProperty("sections").EnumerateArray()
                .Select(section => $"{Text(section, "name")} {Text(section, "segment")} {Number(section, "address"):x} {Number(section, "size"):x}"));
            Assert.Equal(Values(headers, @"cmd LC_(?:LOAD|LOAD_WEAK|REEXPORT|LOAD_UPWARD|LAZY_LOAD)_?(?:DYLIB)?\n\s+cmdsize \d+\n\s+name (.+) \(offset"), slice.GetProperty("dylibs").EnumerateArray()
                .Select(dylib => Text(dylib, "name")));
            Assert.Equal(Values(headers, @"nsyms (\d+)").FirstOrDefault() ?? "0", Number(slice, "symbolCount").ToString("x", System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void Describes_a_firmware()
    {
        var firmware = Inspect(Samples.New);
        Assert.Equal("ipsw", Text(firmware, "type"));
        Assert.Equal(SampleFirmware.NewVersion.Version, Text(firmware, "version"));
        Assert.Equal(SampleFirmware.NewVersion.Build, Text(firmware, "build"));
        Assert.Equal([SampleFirmware.Product], firmware.GetProperty("products").EnumerateArray().Select(product => product.GetString()));
        Assert.Equal(["OS", "Cryptex1,SystemOS", "Cryptex1,AppOS"], firmware.GetProperty("volumes").EnumerateArray().Select(volume => Text(volume, "role")));
        Assert.All(firmware.GetProperty("volumes").EnumerateArray(), volume => Assert.False(volume.GetProperty("encrypted").GetBoolean()));
    }

    [Theory]
    [InlineData("dmg/basic.dmg", "dmg", "apfs")]
    [InlineData("dmg/hfs-basic.dmg", "dmg", "hfsplus")]
    public void Describes_a_disk_image(string name, string type, string fileSystem)
    {
        var path = SampleFiles.Find(name);
        Assert.SkipWhen(path is null, $"the optional sample {name} is absent");
        var image = Inspect(path);
        Assert.Equal(type, Text(image, "type"));
        Assert.Equal(fileSystem, Text(image.GetProperty("volumes").EnumerateArray().Single(), "fileSystem"));
        Assert.Contains(image.GetProperty("partitions").EnumerateArray(), partition => Number(partition, "size") > 0);
    }

    [Fact]
    public void Describes_an_IM4P()
    {
        var path = SampleFiles.Find("img4/IM4P");
        Assert.SkipWhen(path is null, "the optional sample img4/IM4P is absent");
        var image = Inspect(path);
        Assert.Equal("im4p", Text(image, "type"));
        Assert.Equal(new FileInfo(SampleFiles.Find("img4/test_payload")!).Length, (long)Number(image, "uncompressedSize"));
    }

    private static JsonElement Inspect(string path) => JsonDocument.Parse(Cli.Run("inspect", path, "--json").Expect(0).OutputBytes).RootElement;

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static ulong Number(JsonElement element, string name) => element.GetProperty(name).GetUInt64();

    // LLVM leaves trailing zeros of a source version out, down to two numbers.
    private static string TrimZeros(string version)
    {
        var parts = version.Split('.').ToList();
        while (parts.Count > 2 && parts[^1] == "0")
        {
            parts.RemoveAt(parts.Count - 1);
        }

        return string.Join('.', parts);
    }

    // Numbers come as decimal or 0x…; both are written as plain hexadecimal to be compared.
    private static IEnumerable<string> Values(string text, string pattern) => System.Text.RegularExpressions.Regex.Matches(text, pattern)
        .Select(match => string.Join(' ', match.Groups.Values.Skip(1).Select(group => Plain(group.Value.TrimEnd()))));

    private static string Plain(string value) =>
        value.StartsWith("0x", StringComparison.Ordinal) ? Convert.ToUInt64(value[2..], 16).ToString("x", System.Globalization.CultureInfo.InvariantCulture)
        : ulong.TryParse(value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number.ToString("x", System.Globalization.CultureInfo.InvariantCulture)
        : value;
}
