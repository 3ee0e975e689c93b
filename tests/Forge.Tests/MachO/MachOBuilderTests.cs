using System.Globalization;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Plist;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.Tests.MachO;

/// <summary>LLVM's tools as witnesses that the Forge writes real Mach-O files.</summary>
public sealed class MachOBuilderTests
{
    public static TheoryData<string, MachOFileType> Images { get; } = new()
    {
        { "arm64", MachOFileType.Execute },
        { "arm64e", MachOFileType.Dylib },
        { "arm64", MachOFileType.KextBundle },
        { "arm64", MachOFileType.Object },
        { "arm64", MachOFileType.Bundle },
        { "x86_64", MachOFileType.Execute },
        { "i386", MachOFileType.Dylib },
        { "armv7k", MachOFileType.Execute },
    };

    [Theory]
    [MemberData(nameof(Images))]
    public void Llvm_reads_every_kind_of_image(string arch, MachOFileType fileType)
    {
        var builder = ExampleImage.Create(ExampleImage.Arch(arch), fileType);
        using var file = TemporaryFile.Write(builder.Build());

        var headers = Run(Witnesses.ObjDump, "--macho", "--private-headers", file.Path);
        Assert.Contains("/usr/lib/libSystem.B.dylib", headers, StringComparison.Ordinal);
        Assert.Contains("LC_CODE_SIGNATURE", headers, StringComparison.Ordinal);
        Assert.Equal(builder.Sections.Count(), Count(headers, "sectname "));

        var symbols = Run(Witnesses.Nm, "-a", "-p", "--format=just-symbols", file.Path).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(builder.SortedSymbols.Select(static symbol => symbol.Name), symbols);

        var starts = Run(Witnesses.ObjDump, "--macho", "--function-starts", file.Path).Split('\n').Skip(1)
            .Where(static line => line.Length > 0)
            .Select(static line => ulong.Parse(line, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        Assert.Equal((builder.Functions ?? []).Select(static function => function.Section.Address + (ulong)function.Offset).Order(), starts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Llvm_reads_fat_files(bool fat64)
    {
        var slices = new[] { MachOArch.X8664, MachOArch.Arm64e }
            .Select(static arch => (arch, ExampleImage.Create(arch, MachOFileType.Execute).Build())).ToList();
        using var file = TemporaryFile.Write(FatBuilder.Build(slices, fat64));
        var headers = Run(Witnesses.ObjDump, "--macho", "--universal-headers", file.Path);
        Assert.Contains("nfat_arch 2", headers, StringComparison.Ordinal);
        Assert.Contains("architecture arm64e", headers, StringComparison.Ordinal);
        Assert.Equal(2, Count(Run(Witnesses.ObjDump, "--macho", "--arch=all", "--private-headers", file.Path), "cmd LC_UUID"));
    }

    [Fact]
    public void Llvm_reads_synthetic_binaries_of_the_wanted_size()
    {
        foreach (var size in (int[])[100_000, 600_000])
        {
            var image = SyntheticMachO.Program("com.example.tool", 7, size).Build();
            Assert.InRange(image.Length, size * 7 / 10, size * 13 / 10);
            using var file = TemporaryFile.Write(image);
            Assert.Contains("sectname __cstring", Run(Witnesses.ObjDump, "--macho", "--private-headers", file.Path), StringComparison.Ordinal);
            Assert.True(Run(Witnesses.Nm, file.Path).Length > 1000);
        }
    }

    [Fact]
    public void Same_parts_give_the_same_bytes()
    {
        Assert.Equal(
            ExampleImage.Create(MachOArch.Arm64, MachOFileType.Execute).Build(),
            ExampleImage.Create(MachOArch.Arm64, MachOFileType.Execute).Build());
        Assert.Equal(SyntheticMachO.Dylib("/a/b", 1, 50_000).Build(), SyntheticMachO.Dylib("/a/b", 1, 50_000).Build());
        Assert.NotEqual(SyntheticMachO.Dylib("/a/b", 1, 50_000).Build(), SyntheticMachO.Dylib("/a/b", 2, 50_000).Build());
    }

    [Fact]
    public void Entitlements_in_der_are_those_of_codesign()
    {
        // The outputs of Apple's codesign for these dictionaries.
        Assert.Equal("7005020101B000", Der(ForgePlist.Dict()));
        Assert.Equal("700F020101B00A30080C036B657902012A", Der(ForgePlist.Dict(("key", 42))));
        Assert.Equal("700F020101B00A30080C036B65790201FF", Der(ForgePlist.Dict(("key", -1))));
        Assert.Equal("7016020101B011300F0C036B657930080101FF0C03666F6F", Der(ForgePlist.Dict(("key", ForgePlist.Array(true, "foo")))));
        Assert.Equal(
            "701A020101B01530130C036B6579B00C300A0C05696E6E6572010100",
            Der(ForgePlist.Dict(("key", ForgePlist.Dict(("inner", false))))));
    }

    private static string Der(PlistDict dictionary) => Convert.ToHexString(DerWriter.Write(dictionary));

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private static string Run(WitnessProgram program, params string[] arguments)
    {
        var result = Witness.Run(program.Required(), arguments);
        Assert.True(result.ExitCode == 0 && result.Error.Length == 0, result.Error);
        return result.Output;
    }
}
