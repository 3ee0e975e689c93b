using CsCheck;
using IpswDiff.Formats.Aea;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;

namespace IpswDiff.Formats.Tests.Aea;

public sealed class AesCtrTests
{
    [Fact]
    public void Matches_the_published_vector()
    {
        // NIST SP 800-38A, F.5.5: CTR-AES256.Encrypt.
        var key = Convert.FromHexString("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
        var counter = Convert.FromHexString("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
        var data = Convert.FromHexString("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
        AesCtr.Transform(key, counter, data);
        Assert.Equal(
            "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",
            Convert.ToHexStringLower(data));
    }

    [Fact]
    public void Agrees_with_another_library_on_every_length_and_carry() =>
        Gen.Select(Gen.Byte.Array[32], Gen.Byte.Array[16], Gen.Int[0, 40_000], Gen.Bool).Sample(
            (key, counter, length, carry) =>
            {
                if (carry)
                {
                    counter.AsSpan(4).Fill(0xff);
                }

                var data = new byte[length];
                new Random(length).NextBytes(data);
                var cipher = new BufferedBlockCipher(new SicBlockCipher(new AesEngine()));
                cipher.Init(true, new ParametersWithIV(new KeyParameter(key), counter));
                var expected = cipher.DoFinal(data);
                AesCtr.Transform(key, counter, data);
                Assert.True(expected.AsSpan().SequenceEqual(data));
            },
            iter: 200,
            threads: 1);
}
