using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Zip;

namespace IpswDiff.Forge.Tests.Zip;

public sealed class ZipWitnessTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SevenZip_tests_and_lists_what_the_writer_wrote(bool zip64)
    {
        var sevenZip = Witnesses.SevenZip.Required();
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "a.zip");
            File.WriteAllBytes(path, Build(zip64));

            var tested = Witness.Run(sevenZip, "t", path);
            Assert.True(tested.ExitCode == 0, tested.Output + tested.Error);
            var listed = Witness.Run(sevenZip, "l", "-slt", "-ba", path);
            Assert.Contains("Path = Firmware/noise.bin", listed.Output, StringComparison.Ordinal);
            Assert.Contains("Size = 100000", listed.Output, StringComparison.Ordinal);
            Assert.Contains("Path = Größe.txt", listed.Output, StringComparison.Ordinal);
            Assert.Contains("lrwxrwxrwx", listed.Output, StringComparison.Ordinal);
            Assert.Contains("-rw-r--r--", listed.Output, StringComparison.Ordinal);
            Assert.Contains("Method = Deflate", listed.Output, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void The_writer_repeats_itself_byte_for_byte() => Assert.Equal(Build(true), Build(true));

    private static byte[] Build(bool zip64)
    {
        var stream = new MemoryStream();
        new ZipWriter(stream, zip64)
            .AddDirectory("Firmware")
            .Add("Firmware/noise.bin", ForgeContent.Random(1, 100_000))
            .Add("Größe.txt", ForgeContent.FromText(new string('x', 5_000)), deflate: true)
            .AddSymlink("link", "Größe.txt")
            .Finish("made by the Forge");
        return stream.ToArray();
    }
}
