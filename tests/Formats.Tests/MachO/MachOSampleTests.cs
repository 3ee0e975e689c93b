using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.CodeSigning;
using IpswDiff.Forge;

namespace IpswDiff.Formats.Tests.MachO;

/// <summary>Real files, with LLVM's tools as witnesses.</summary>
public sealed class MachOSampleTests
{
    public static TheoryData<string> Samples { get; } =
    [
        "AppIOSEntitlements.ios", "IOKitTest", "TestRTTI-arm64e", "TestSwiftObjc", "fatmach0-3true", "hello-macos-arm64e",
        "ios-DYLD_CHAINED_PTR_64", "libexpat.1.dylib", "ls-sequoia", "objc-employee-ios14-arm64e",
    ];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Facts_equal_those_of_llvm(string name)
    {
        using var source = OpenSample(name, out var path);
        LlvmAgreement.Check(MachOFile.Open(source), path);
    }

    [Fact]
    public void Facts_of_the_committed_binaries_equal_those_of_llvm()
    {
        var files = 0;
        foreach (var path in Directory.EnumerateFiles(Path.Combine(SampleFiles.RepositoryRoot, "samples", "binaries"), "*", SearchOption.AllDirectories))
        {
            using var source = new FileByteSource(path);
            if (MachOFile.TryOpen(source, out var file))
            {
                LlvmAgreement.Check(file, path);
                files++;
            }
        }

        Assert.InRange(files, 20, int.MaxValue);
    }

    [Theory]
    [InlineData("AppIOSEntitlements.ios", "armv7,arm64", "execute")]
    [InlineData("IOKitTest", "arm64e", "kext_bundle")]
    [InlineData("TestSwiftObjc", "x86_64", "execute")]
    [InlineData("fatmach0-3true", "x86_64,i386,ppc", "execute")]
    [InlineData("libexpat.1.dylib", "x86_64,i386", "dylib")]
    [InlineData("ls-sequoia", "x86_64,arm64e", "execute")]
    public void Names_the_processor_and_the_file_type(string name, string arches, string fileType)
    {
        using var source = OpenSample(name, out _);
        var file = MachOFile.Open(source);
        Assert.Equal(arches.Split(',').Order(), file.Slices.Select(static slice => slice.Arch).Order());
        Assert.All(file.Slices, slice => Assert.Equal(fileType, slice.FileType.ToText()));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Stored_hashes_of_pages_and_blobs_equal_those_of_the_bytes(string name)
    {
        using var source = OpenSample(name, out _);
        var file = MachOFile.Open(source);
        var checkedPages = 0;
        for (var i = 0; i < file.Slices.Count; i++)
        {
            var slice = source.Slice(file.SliceRanges[i].Offset, file.SliceRanges[i].Size);
            var signature = file.Slices[i].ReadCodeSignature();
            Assert.NotNull(signature);
            foreach (var directory in signature.CodeDirectories)
            {
                checkedPages += CheckPages(slice, directory);
                CheckSpecialSlots(signature, directory);
                Assert.Matches("^[0-9a-f]{40}$", directory.CdHash);
            }
        }

        Assert.NotEqual(0, checkedPages);
    }

    [Theory]
    [InlineData("AppIOSEntitlements.ios", "com.apple.application-identifier")]
    [InlineData("IOKitTest", "com.apple.security.get-task-allow")]
    [InlineData("TestRTTI-arm64e", "application-identifier")]
    [InlineData("TestSwiftObjc", "com.apple.security.get-task-allow")]
    [InlineData("hello-macos-arm64e", "")]
    [InlineData("ls-sequoia", "")]
    public void Entitlements_equal_the_property_list_in_the_file(string name, string firstKey)
    {
        using var source = OpenSample(name, out var path);
        var text = Encoding.Latin1.GetString(File.ReadAllBytes(path));
        var from = 0;
        foreach (var slice in MachOFile.Open(source).Slices)
        {
            var actual = slice.ReadCodeSignature()!.ReadEntitlements();
            if (firstKey.Length == 0)
            {
                Assert.Null(actual);
                continue;
            }

            // The blob's magic, its length, then text that System.Xml reads.
            from = text.IndexOf("\u00fa\u00de\u0071\u0071", from, StringComparison.Ordinal) + 8;
            var end = text.IndexOf("</plist>", from, StringComparison.Ordinal) + "</plist>".Length;
            var keys = XDocument.Parse(text[from..end]).Root!.Element("dict")!.Elements("key").Select(static key => key.Value).ToList();
            Assert.Equal(keys, actual!.Keys);
            Assert.Equal(firstKey, keys[0]);
        }
    }

    [Fact]
    public void Reads_identifier_team_and_preferred_directory_of_a_system_binary()
    {
        using var source = OpenSample("ls-sequoia", out _);
        foreach (var slice in MachOFile.Open(source).Slices)
        {
            var signature = slice.ReadCodeSignature()!;
            Assert.Equal("com.apple.ls", signature.Identifier);
            Assert.Null(signature.TeamId);
            Assert.False(signature.Preferred!.IsAdHoc);
            Assert.Equal(CodeHashType.Sha256, signature.Preferred.HashType);
            Assert.NotNull(signature.ReadRequirements());
            Assert.True(signature.Find(CodeSlot.Cms)!.Value.Length > 1000);
        }
    }

    [Fact]
    public void Reads_the_strings_of_a_system_binary()
    {
        using var source = OpenSample("ls-sequoia", out var path);
        var strings = Witnesses.ObjDump.Required();
        var image = MachOFile.Open(source).Slices[0];
        var section = image.FindSection("__TEXT", "__cstring")!;
        var expected = Witness.Run(strings, "--macho", "--arch=x86_64", "--section=__TEXT,__cstring", path).Output
            .Split('\n').Where(static line => line.StartsWith("0000000", StringComparison.Ordinal)).ToList();
        var actual = new List<string>();
        foreach (var text in image.ReadCStrings(section))
        {
            Assert.True(text.IsTerminated);
            actual.Add($"{section.Address + (ulong)text.Offset:x16}  {Escape(text.Bytes)}");
        }

        Assert.Equal(expected, actual);
        Assert.Equal(actual.Count(static line => line.Length > 18), image.CountCStrings() - CountOthers(image, section));
    }

    private static long CountOthers(MachOImage image, MachOSection cstrings) =>
        image.Sections.Where(section => section.IsCString && section != cstrings).Sum(section => image.ReadCStrings(section).CountNonEmpty());

    private static string Escape(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes)
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)
        .Replace("\t", "\\t", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\u001b", "\\033", StringComparison.Ordinal);

    private static int CheckPages(ByteSource slice, CodeDirectory directory)
    {
        var pageSize = 1L << directory.PageSizeBits;
        for (var i = 0; i < directory.CodeSlotCount; i++)
        {
            var offset = i * pageSize;
            var page = slice.ReadBytes(offset, (int)Math.Min(pageSize, directory.CodeLimit - offset));
            Assert.Equal(Hash(directory, page), directory.ReadCodeHash(i));
        }

        return (int)directory.CodeSlotCount;
    }

    private static void CheckSpecialSlots(CodeSignature signature, CodeDirectory directory)
    {
        foreach (var blob in signature.Blobs)
        {
            if (blob.Slot != CodeSlot.CodeDirectory && (uint)blob.Slot < 0x1000)
            {
                var bytes = signature.OpenBlob(blob).ReadBytes(0, (int)blob.Length);
                Assert.Equal(Hash(directory, bytes), directory.ReadSpecialHash(blob.Slot));
            }
        }
    }

    private static byte[] Hash(CodeDirectory directory, byte[] bytes) => directory.HashType switch
    {
        CodeHashType.Sha1 => SHA1.HashData(bytes),
        CodeHashType.Sha384 => SHA384.HashData(bytes),
        _ => SHA256.HashData(bytes)[..directory.HashSize],
    };

    private static FileByteSource OpenSample(string name, out string path)
    {
        var found = SampleFiles.Find("macho/" + name);
        if (found is null)
        {
            Assert.Skip($"the optional sample macho/{name} is absent");
        }

        path = found;
        return new FileByteSource(found);
    }
}
