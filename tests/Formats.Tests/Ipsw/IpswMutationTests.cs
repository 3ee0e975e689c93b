using IpswDiff.Forge;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Ipsw;

namespace IpswDiff.Formats.Tests.Ipsw;

public sealed class IpswMutationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Damaged_firmwares_are_read_or_refused_and_nothing_else(bool binary)
    {
        var original = IpswSamples.Phone(new IpswBuilder("26.1", "23B85") { UsesBinaryPlists = binary }).ToArray();

        // The plists stand in front, the directory at the end: both get a third of the damage.
        foreach (var damaged in Mutator.Damage(original, 1_000, seed: 3, hot: 4_000).Concat(Mutator.Truncate(original, 100)))
        {
            try
            {
                using var ipsw = IpswArchive.Open(new MemoryByteSource(damaged));
                Assert.Equal(ipsw.Volumes.Count, ipsw.Volumes.Select(volume => volume.Name).Distinct(StringComparer.Ordinal).Count());
                foreach (var member in ipsw.Members)
                {
                    ipsw.OpenMember(member).Dispose();
                }
            }
            catch (FirmwareFormatException fault)
            {
                Assert.NotEmpty(fault.Reason);
            }
        }
    }
}
