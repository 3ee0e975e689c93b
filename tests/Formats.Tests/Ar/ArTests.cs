using System.Text;
using IpswDiff.Forge;
using IpswDiff.Forge.Ar;
using IpswDiff.Forge.MachO;
using IpswDiff.Formats.Ar;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Tests.Ar;

public sealed class ArTests
{
    private const string LongName = "a name of many characters.o";

    [Theory]
    [InlineData(ArNames.Bsd, true)]
    [InlineData(ArNames.Bsd, false)]
    [InlineData(ArNames.SystemV, true)]
    public void Reads_members_with_short_long_and_doubled_names(ArNames names, bool symbols)
    {
        var archive = ArArchive.Open(new MemoryByteSource(Example(names, symbols)));
        Assert.Equal(symbols, archive.HasSymbolTable);
        Assert.Equal(["a.o", LongName, "a.o", "empty"], archive.Members.Select(member => member.Name));
        Assert.Equal([0b110_100_100, 0b111_101_101, 0b110_100_100, 0b110_100_100], archive.Members.Select(member => member.Mode));
        Assert.Equal(["one", "three", "other", ""], archive.Members.Select(member => Text(archive.OpenMember(member))));
    }

    [Fact]
    public void Is_a_volume_in_which_every_member_has_a_path_of_its_own()
    {
        var volume = new ArVolume(ArArchive.Open(new MemoryByteSource(Example(ArNames.Bsd, true))), "arm64");
        Assert.Equal(
            ["/", "/" + LongName, "/a.o", "/a.o (2)", "/empty"],
            volume.Walk(cancellationToken: TestContext.Current.CancellationToken).Select(entry => entry.Path));
        Assert.Equal("other", Text(volume.Open(volume.Find("/a.o (2)")!)));
        Assert.Equal(["/a.o", "/a.o (2)"], volume.WalkRange("/a.o", "/b", TestContext.Current.CancellationToken).Select(entry => entry.Path));
        Assert.Null(volume.Find("/b.o"));
    }

    [Fact]
    public void Names_that_are_no_file_names_are_made_some()
    {
        var bytes = new ArWriter().Add("../x/y.o", [1]).Add("..", [2]).Add("a.o (2)", [3]).Add("a.o", [4]).Add("a.o", [5]).Write();
        var volume = new ArVolume(ArArchive.Open(new MemoryByteSource(bytes)), "x");
        Assert.Equal(
            ["/", "/..:x:y.o", "/a.o", "/a.o (2)", "/a.o (3)", "/member 2"],
            volume.Walk(cancellationToken: TestContext.Current.CancellationToken).Select(entry => entry.Path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reads_an_archive_for_each_processor(bool fat64)
    {
        var fat = FatBuilder.Build([(MachOArch.Arm64e, Example(ArNames.Bsd, true)), (MachOArch.X8664, Example(ArNames.Bsd, false))], fat64);
        var source = new MemoryByteSource(fat);
        Assert.Equal(FileFormat.StaticLibrary, FileFormats.Detect(source));
        var library = StaticLibrary.Open(source);
        Assert.True(library.IsFat);
        Assert.Equal(["arm64e", "x86_64"], library.Slices.Select(slice => slice.Arch));
        Assert.All(library.Slices, slice => Assert.Equal(4, slice.Archive.Members.Count));
    }

    [Fact]
    public void The_processor_of_a_thin_library_is_that_of_its_first_object_file()
    {
        var objectFile = ExampleImage.Create(MachOArch.Armv7, MachOFileType.Object).Build();
        Assert.Equal("armv7", Assert.Single(StaticLibrary.Open(new MemoryByteSource(new ArWriter().Add("readme", [1, 2]).Add("a.o", objectFile).Write())).Slices).Arch);
        Assert.Equal(string.Empty, Assert.Single(StaticLibrary.Open(new MemoryByteSource(Example(ArNames.Bsd, true))).Slices).Arch);
    }

    [Fact]
    public void A_fat_file_of_images_is_no_library_and_a_mixed_one_is_refused_by_name()
    {
        var image = ExampleImage.Create(MachOArch.Arm64, MachOFileType.Dylib).Build();
        Assert.Equal(FileFormat.MachO, FileFormats.Detect(new MemoryByteSource(FatBuilder.Build([(MachOArch.Arm64, image)]))));
        var mixed = new MemoryByteSource(FatBuilder.Build([(MachOArch.X8664, Example(ArNames.Bsd, true)), (MachOArch.Arm64, image)]));
        var fault = Assert.Throws<FirmwareFormatException>(() => StaticLibrary.Open(mixed));
        Assert.Contains("slice 1 (arm64) is no archive", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("!<thin>\n", "does not hold them")]
    [InlineData("!<arch>\nshort", "cut short")]
    [InlineData("!<arch>\na.o             0           0     0     100644  9         `\nabc", "leaves the archive")]
    [InlineData("!<arch>\na.o             0           0     0     100644  x3        `\nabc", "is no number")]
    [InlineData("!<arch>\na.o             0           0     0     100644            `\n", "has no size")]
    [InlineData("!<arch>\na.o             0           0     0     100644  3         .\nabc", "does not end as it must")]
    [InlineData("!<arch>\n#1/9            0           0     0     100644  3         `\nabc", "a name of 9 bytes")]
    [InlineData("!<arch>\n/7              0           0     0     100644  3         `\nabc", "a name at 7 of 0 bytes")]
    public void Refuses_what_cannot_be(string archive, string reason)
    {
        var fault = Assert.Throws<FirmwareFormatException>(() => ArArchive.Open(new MemoryByteSource(Encoding.ASCII.GetBytes(archive))));
        Assert.Equal("ar", fault.Format);
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ArNames.Bsd)]
    [InlineData(ArNames.SystemV)]
    public void Survives_damage_and_truncation(ArNames names)
    {
        var fat = FatBuilder.Build([(MachOArch.Arm64e, Example(names, true))]);
        foreach (var damaged in Mutator.Damage(Example(names, true), 500, 3, 300).Concat(Mutator.Truncate(Example(names, true), 100)).Concat(Mutator.Damage(fat, 100, 5)))
        {
            try
            {
                foreach (var slice in StaticLibrary.Open(new MemoryByteSource(damaged)).Slices)
                {
                    foreach (var entry in new ArVolume(slice.Archive, "x").Walk(cancellationToken: TestContext.Current.CancellationToken))
                    {
                        Assert.InRange(entry.Size, 0, damaged.Length);
                    }
                }
            }
            catch (FirmwareFormatException fault)
            {
                Assert.NotEmpty(fault.Reason);
            }
        }
    }

    [Fact]
    public void An_independent_tool_lists_the_same_members()
    {
        var archiver = Witnesses.Archiver.Required();
        using var file = TemporaryFile.Write(Example(ArNames.SystemV, symbols: false));
        var listed = Witness.Run(archiver, "t", file.Path);
        Assert.True(listed.ExitCode == 0, listed.Error);
        Assert.Equal(["a.o", LongName, "a.o", "empty"], listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static byte[] Example(ArNames names, bool symbols) => new ArWriter(names) { HasSymbolTable = symbols }
        .Add("a.o", "one"u8.ToArray())
        .Add(LongName, "three"u8.ToArray(), 0b111_101_101)
        .Add("a.o", "other"u8.ToArray())
        .Add("empty", [])
        .Write();

    private static string Text(ByteSource source) => Encoding.ASCII.GetString(source.ReadBytes(0, (int)source.Length));
}
