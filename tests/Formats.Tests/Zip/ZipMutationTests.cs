using IpswDiff.Forge;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Zip;

namespace IpswDiff.Formats.Tests.Zip;

public sealed class ZipMutationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Damaged_archives_are_read_or_refused_and_nothing_else(bool zip64)
    {
        var original = ZipSamples.Everything(zip64);
        var options = new ZipUnpackOptions { MemoryLimit = 1 << 20 };
        var refused = 0;
        foreach (var damaged in Mutator.Damage(original, 3_000, seed: 2, hot: 800).Concat(Mutator.Truncate(original, 300)))
        {
            refused += Survives(damaged, options) ? 0 : 1;
        }

        Assert.InRange(refused, 500, 3_370);
    }

    private static bool Survives(byte[] bytes, ZipUnpackOptions options)
    {
        try
        {
            var zip = ZipSamples.Open(bytes);
            foreach (var member in zip.Members)
            {
                zip.OpenStream(member).CopyTo(Stream.Null);
                zip.OpenMember(member, options).Dispose();
            }

            return true;
        }
        catch (FirmwareFormatException)
        {
            return false;
        }
    }
}
