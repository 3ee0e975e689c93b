using System.Globalization;
using IpswDiff.Forge.Kernelcache;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.Tests.Kernelcache;

/// <summary>LLVM's tools as witnesses of what the kernelcaches hold.</summary>
public sealed class KernelcacheBuilderTests
{
    [Fact]
    public void Llvm_reads_each_image_of_a_fileset_by_its_offsets_in_the_whole_file()
    {
        var builder = KernelcacheBuilder.Example(KernelcacheForm.Fileset);
        var bytes = builder.Build();
        var outer = MachOImage.Open(new MemoryByteSource(bytes));
        foreach (var kext in builder.Kexts.Where(kext => kext.Image is not null))
        {
            // LLVM does not know filesets. With its commands copied to the front of the file, an entry is an image to it.
            var entry = outer.FilesetEntries.Single(entry => entry.Id == kext.Id);
            var header = MachOImage.Open(new MemoryByteSource(bytes.AsMemory((int)entry.FileOffset))).HeaderBytes;
            var copy = (byte[])bytes.Clone();
            header.CopyTo(copy);
            using var file = TemporaryFile.Write(copy);

            var symbols = Run(Witnesses.Nm, "-a", "-p", "--format=just-symbols", file.Path).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(kext.Image!.SortedSymbols.Select(symbol => symbol.Name), symbols);

            var starts = Run(Witnesses.ObjDump, "--macho", "--function-starts", file.Path).Split('\n').Skip(1)
                .Where(line => line.Length > 0)
                .Select(line => ulong.Parse(line, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            Assert.Equal(kext.Image.Functions!.Select(function => function.Section.Address + (ulong)function.Offset).Order(), starts);
            Assert.Contains(kext.Id[(kext.Id.LastIndexOf('.') + 1)..] + "::method3(%d)", Run(Witnesses.ObjDump, "--macho", "--section=__TEXT,__cstring", file.Path), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(KernelcacheForm.Fileset, "FILESET")]
    [InlineData(KernelcacheForm.Prelinked, "EXECUTE")]
    [InlineData(KernelcacheForm.PrelinkedModules, "EXECUTE")]
    [InlineData(KernelcacheForm.PrelinkedInOnePiece, "EXECUTE")]
    public void Llvm_reads_the_outer_image(KernelcacheForm form, string fileType)
    {
        using var file = TemporaryFile.Write(KernelcacheBuilder.Example(form).Build());
        var headers = Run(Witnesses.ObjDump, "--macho", "--private-headers", file.Path);
        Assert.Contains(fileType, headers, StringComparison.Ordinal);
        Assert.Contains("sectname __info", headers, StringComparison.Ordinal);
        Assert.Contains("segname __PLK_TEXT_EXEC", headers, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_plan_gives_the_same_bytes()
    {
        var builder = KernelcacheBuilder.Example(KernelcacheForm.Prelinked);
        Assert.Equal(builder.Build(), builder.Build());
    }

    private static string Run(WitnessProgram program, params string[] arguments)
    {
        var result = Witness.Run(program.Required(), arguments);
        Assert.True(result.ExitCode == 0, $"{program.Path}: {result.Error}");
        return result.Output;
    }
}
