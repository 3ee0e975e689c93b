using IpswDiff.Forge.Img4;

namespace IpswDiff.Forge.Tests.Img4;

public sealed class Im4pWitnessTests
{
    [Fact]
    public void Openssl_reads_the_structure_that_was_written()
    {
        var openssl = Witnesses.OpenSsl.Required();
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, new Im4pWriter("krnl", "Version-1") { Packing = Im4pPacking.Lzfse, KeybagSeed = 1, Properties = [("kcep", 5)] }.WriteImg4(new byte[5_000], [1]));

            var seen = Witness.Run(openssl, "asn1parse", "-inform", "DER", "-in", path);

            Assert.True(seen.ExitCode == 0, seen.Error);
            Assert.Contains("IA5STRING         :krnl", seen.Output, StringComparison.Ordinal);
            Assert.Contains("IA5STRING         :PAYP", seen.Output, StringComparison.Ordinal);
            Assert.Contains("INTEGER           :1388", seen.Output, StringComparison.Ordinal);

            // The number of a private tag is its name: 'MANB'.
            Assert.Contains("priv [ 1296125506 ]", seen.Output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
