using IpswDiff.Forge;
using IpswDiff.Forge.Compression;
using IpswDiff.Forge.Img4;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Img4;

namespace IpswDiff.Formats.Tests.Img4;

public sealed class Img4MutationTests
{
    [Theory]
    [InlineData(Im4pPacking.None)]
    [InlineData(Im4pPacking.Lzss)]
    [InlineData(Im4pPacking.Lzfse)]
    public void Damaged_images_are_read_or_refused_and_nothing_else(Im4pPacking packing)
    {
        var original = new Im4pWriter("krnl", "1") { Packing = packing, Properties = [("kcep", 5), ("rddg", new byte[20])] }
            .WriteImg4(SampleData.Mixed(9, 2_000), new byte[8]);
        var refused = 0;
        foreach (var damaged in Mutator.Damage(original, 3_000, seed: 5, hot: 400).Concat(Mutator.Truncate(original, 200)))
        {
            refused += Survives(damaged) ? 0 : 1;
        }

        Assert.InRange(refused, 500, 3_279);
    }

    private static bool Survives(byte[] bytes)
    {
        try
        {
            var file = Img4File.Open(new MemoryByteSource(bytes));
            return file.Payload?.OpenPayload(1 << 20).Length >= 0 && file.Manifest?.Objects.ToString().Length > 0;
        }
        catch (FirmwareFormatException)
        {
            return false;
        }
    }
}
