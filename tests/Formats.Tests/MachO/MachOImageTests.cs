using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Forge;
using IpswDiff.Forge.MachO;
using IpswDiff.Formats.MachO.Versions;

namespace IpswDiff.Formats.Tests.MachO;

/// <summary>Forged images: the reader finds what was put in.</summary>
public sealed class MachOImageTests
{
    [Theory]
    [InlineData("arm64", MachOFileType.Execute)]
    [InlineData("arm64e", MachOFileType.Dylib)]
    [InlineData("arm64_32", MachOFileType.Dylib)]
    [InlineData("armv7", MachOFileType.Execute)]
    [InlineData("armv7k", MachOFileType.Bundle)]
    [InlineData("x86_64", MachOFileType.KextBundle)]
    [InlineData("x86_64h", MachOFileType.Object)]
    [InlineData("i386", MachOFileType.Execute)]
    [InlineData("ppc", MachOFileType.Dylib)]
    public void Finds_what_was_put_in(string arch, MachOFileType fileType)
    {
        var builder = ExampleImage.Create(ExampleImage.Arch(arch), fileType);
        var image = Open(builder.Build());

        Assert.Equal(arch, image.Arch);
        Assert.Equal(fileType, image.FileType);
        Assert.Equal(builder.Arch.BigEndian, image.BigEndian);
        Assert.Equal(builder.Arch.Is64Bit, image.Is64Bit);
        Assert.Equal(builder.InstallName, image.InstallName);
        Assert.Equal("1234.5.6.7.8", image.SourceVersion.ToString());
        Assert.Equal(new BuildVersion(MachOPlatform.IOS, new PackedVersion(0x110200), new PackedVersion(0x110401)), image.BuildVersion);
        Assert.Equal(builder.Rpaths, image.Rpaths);
        Assert.Equal(builder.Dylibs.Select(static dylib => dylib.Name), image.Dylibs.Select(static dylib => dylib.Name));
        Assert.Equal(fileType == MachOFileType.Object ? null : 3, image.ReadFunctionStarts()?.Count);
        Assert.Equal(new SymbolCounts(2, 2, 2, 0), image.Symbols!.CountKinds());
        Assert.Equal(builder.SortedSymbols.Select(static symbol => symbol.Name), Names(image));
        foreach (var (plan, section) in builder.Sections.Zip(image.Sections))
        {
            Assert.Equal((plan.SegmentName, plan.Name, plan.Size, plan.Address), (section.SegmentName, section.Name, section.Size, section.Address));
            Assert.Equal(plan.Bytes, ReadAll(image.OpenSection(section)));
            if (!plan.IsZeroFill && fileType != MachOFileType.Object)
            {
                Assert.Equal(plan.Bytes, ReadAll(image.OpenAddress(section.Address, section.Size)));
            }
        }
    }

    [Theory]
    [InlineData("arm64", MachOFileType.Execute)]
    [InlineData("arm64e", MachOFileType.Dylib)]
    [InlineData("x86_64", MachOFileType.Dylib)]
    [InlineData("i386", MachOFileType.Execute)]
    [InlineData("arm64", MachOFileType.Object)]
    public void Facts_of_forged_images_equal_those_of_llvm(string arch, MachOFileType fileType)
    {
        var bytes = ExampleImage.Create(ExampleImage.Arch(arch), fileType).Build();
        using var file = TemporaryFile.Write(bytes);
        LlvmAgreement.Check(MachOFile.Open(new MemoryByteSource(bytes)), file.Path);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Opens_every_slice_of_a_fat_file(bool fat64)
    {
        MachOArch[] arches = [MachOArch.X8664, MachOArch.Arm64, MachOArch.Arm64e, MachOArch.I386];
        var images = arches.Select(static arch => (arch, ExampleImage.Create(arch, MachOFileType.Dylib).Build())).ToList();
        var bytes = FatBuilder.Build(images, fat64);
        Assert.True(MachOFile.TryOpen(new MemoryByteSource(bytes), out var file));
        Assert.True(file.IsFat);
        Assert.Equal(arches.Select(static arch => arch.Name), file.Slices.Select(static slice => slice.Arch));
        for (var i = 0; i < images.Count; i++)
        {
            var range = file.SliceRanges[i];
            Assert.Equal(images[i].Item2, bytes.AsSpan((int)range.Offset, (int)range.Size).ToArray());
            Assert.Equal(Open(images[i].Item2).UuidText, file.Slices[i].UuidText);
        }
    }

    [Fact]
    public void Tells_a_fat_file_from_a_java_class()
    {
        Assert.False(MachOFile.Matches([0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 0x34]));
        Assert.False(MachOFile.Matches([0xCA, 0xFE, 0xBA, 0xBE, 0, 3, 0, 0x2D]));
        Assert.False(MachOFile.Matches([0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 0]));
        Assert.False(MachOFile.Matches([0xFE, 0xED, 0xFA]));
        Assert.True(MachOFile.Matches([0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 2]));
        Assert.True(MachOFile.Matches([0xCA, 0xFE, 0xBA, 0xBF, 0, 0, 0, 2]));
        Assert.True(MachOFile.Matches([0xCF, 0xFA, 0xED, 0xFE, 0, 0, 0, 0]));
        Assert.True(MachOFile.Matches([0xFE, 0xED, 0xFA, 0xCE, 0, 0, 0, 0]));
        Assert.False(MachOFile.TryOpen(new MemoryByteSource("hello, world"u8.ToArray()), out _));
        Assert.False(MachOFile.TryOpen(new MemoryByteSource(ReadOnlyMemory<byte>.Empty), out _));
    }

    [Fact]
    public void Reads_an_image_whose_offsets_count_from_an_outer_file()
    {
        const int HeaderOffset = 0x8000;
        var builder = ExampleImage.Create(MachOArch.Arm64e, MachOFileType.KextBundle);
        builder.FileOffsetBase = HeaderOffset;
        builder.BaseAddress = 0xFFFF_FE00_0700_8000;
        builder.Signer = null;
        byte[] outer = [.. new byte[HeaderOffset], .. builder.Build()];

        var image = MachOImage.Open(new FileMachOBacking(new MemoryByteSource(outer), HeaderOffset));
        var text = image.FindSection("__TEXT", "__text")!;
        Assert.Equal(0xFFFF_FE00_0700_8000, image.BaseAddress);
        Assert.Equal(builder.Sections.First().Bytes, ReadAll(image.OpenSection(text)));
        Assert.Equal(builder.Sections.First().Bytes, ReadAll(image.OpenAddress(text.Address, text.Size)));
        Assert.Equal(builder.SortedSymbols.Select(static symbol => symbol.Name), Names(image));
        Assert.Equal(text.Address, image.ReadFunctionStarts()!.Starts[0]);
    }

    [Fact]
    public void Reads_a_backing_that_knows_addresses_only()
    {
        var builder = ExampleImage.Create(MachOArch.Arm64, MachOFileType.Dylib);
        var bytes = builder.Build();
        var image = MachOImage.Open(new AddressBacking(bytes));
        foreach (var (plan, section) in builder.Sections.Zip(image.Sections))
        {
            Assert.Equal(plan.Bytes, ReadAll(image.OpenSection(section)));
        }
    }

    [Fact]
    public void Lists_the_entries_of_a_fileset()
    {
        var builder = new MachOBuilder(MachOArch.Arm64e, MachOFileType.Fileset);
        builder.FilesetEntries.Add(("com.apple.kernel", 0xFFFF_FE00_0700_4000, 0x4000));
        builder.FilesetEntries.Add(("com.apple.driver.AppleExample", 0xFFFF_FE00_0800_0000, 0x8000));
        var image = Open(builder.Build());
        Assert.Equal("fileset", image.FileType.ToText());
        Assert.Equal(
            [new FilesetEntry("com.apple.kernel", 0xFFFF_FE00_0700_4000, 0x4000), new FilesetEntry("com.apple.driver.AppleExample", 0xFFFF_FE00_0800_0000, 0x8000)],
            image.FilesetEntries);
    }

    [Theory]
    [InlineData(LoadCommandKind.LoadDylib, null, "load")]
    [InlineData(LoadCommandKind.LoadWeakDylib, null, "weak")]
    [InlineData(LoadCommandKind.ReexportDylib, null, "reexport")]
    [InlineData(LoadCommandKind.LoadUpwardDylib, null, "upward")]
    [InlineData(LoadCommandKind.LazyLoadDylib, null, "lazy")]
    [InlineData(LoadCommandKind.LoadDylib, 0u, "load")]
    [InlineData(LoadCommandKind.LoadDylib, 1u, "weak")]
    [InlineData(LoadCommandKind.LoadDylib, 2u, "reexport")]
    [InlineData(LoadCommandKind.LoadDylib, 4u, "upward")]
    [InlineData(LoadCommandKind.LoadWeakDylib, 9u, "weak")]
    [InlineData(LoadCommandKind.LoadDylib, 8u, "delay-init")]
    public void Tells_the_kinds_of_libraries_apart(LoadCommandKind command, uint? useFlags, string kind)
    {
        var builder = new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib);
        builder.Dylibs.Add(new MachODylibPlan("/usr/lib/libz.1.dylib", command, "1.2.12", "1.0.0", useFlags));
        var dylib = Assert.Single(Open(builder.Build()).Dylibs);
        Assert.Equal(("/usr/lib/libz.1.dylib", kind, "1.2.12", "1.0"), (dylib.Name, dylib.KindText, dylib.CurrentVersion.ToString(), dylib.CompatibilityVersion.ToString()));
    }

    [Fact]
    public void Keeps_both_targets_of_a_zippered_library()
    {
        var builder = new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib);
        builder.Builds.Add(new MachOBuildPlan(1, "14.0", "14.2"));
        builder.Builds.Add(new MachOBuildPlan(6, "17.0", "17.2"));
        Assert.Equal(["macos", "maccatalyst"], Open(builder.Build()).BuildVersions.Select(static build => build.Platform));
    }

    [Fact]
    public void Tolerates_commands_that_nobody_knows()
    {
        var builder = new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib);
        builder.ExtraCommands.Add([0x77, 0, 0, 0, 16, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        var image = Open(builder.Build());
        var command = image.LoadCommands[^1];
        Assert.Equal((LoadCommandKind)0x77, command.Kind);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], image.GetCommandBytes(command)[8..].ToArray());
    }

    [Fact]
    public void Functions_end_where_the_next_begins_or_their_section_ends()
    {
        var builder = new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib);
        var text = builder.AddCode(new byte[100]);
        var other = builder.AddSection("__TEXT", "__stubs", new byte[64], 0x80000408, alignment: 6);
        builder.AddFunction(text, 0).AddFunction(text, 40).AddFunction(other, 0).AddFunction(other, 32);
        var starts = Open(builder.Build()).ReadFunctionStarts()!;
        var ends = new ulong[4];
        starts.GetEnds(ends);
        Assert.Equal([text.Address, text.Address + 40, other.Address, other.Address + 32], starts.Starts.ToArray());
        Assert.Equal([text.Address + 40, text.Address + 100, other.Address + 32, other.Address + 64], ends);
    }

    [Fact]
    public void A_function_outside_all_sections_has_no_length()
    {
        var builder = new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib);
        var text = builder.AddCode(new byte[16]);
        builder.AddFunction(text, 0).AddFunction(text, 64).AddFunction(text, 128);
        var starts = Open(builder.Build()).ReadFunctionStarts()!;
        var ends = new ulong[3];
        starts.GetEnds(ends);
        Assert.Equal([text.Address + 16, text.Address + 64, text.Address + 128], ends);
    }

    [Fact]
    public void Function_starts_that_pass_through_many_chunks_are_all_there()
    {
        var builder = new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib);
        var text = builder.AddCode(new byte[800_000]);
        for (var offset = 0; offset < 800_000; offset += 8)
        {
            builder.AddFunction(text, offset);
        }

        var starts = Open(builder.Build()).ReadFunctionStarts()!;
        Assert.Equal(100_000, starts.Count);
        Assert.Equal(text.Address + 799_992, starts.Starts[^1]);
    }

    internal static MachOImage Open(byte[] bytes) => Assert.Single(MachOFile.Open(new MemoryByteSource(bytes)).Slices);

    internal static byte[] ReadAll(ByteSource source) => source.ReadBytes(0, (int)source.Length);

    internal static List<string> Names(MachOImage image)
    {
        var names = new List<string>();
        foreach (var symbol in image.Symbols!)
        {
            names.Add(Encoding.UTF8.GetString(symbol.Name));
        }

        return names;
    }

    /// <summary>As a shared cache is: sections by address, link-edit data by file offset.</summary>
    private sealed class AddressBacking(byte[] bytes) : MachOBacking
    {
        private readonly MemoryByteSource _file = new(bytes);

        public override ByteSource Header => _file;

        public override ByteSource OpenAddress(MachOImage image, ulong address, long size)
        {
            var segment = image.Segments.Single(segment => segment.Contains(address));
            return _file.Slice(segment.FileOffset + (long)(address - segment.Address), size);
        }

        public override ByteSource OpenLinkedit(long offset, long size) => _file.Slice(offset, size);
    }
}
