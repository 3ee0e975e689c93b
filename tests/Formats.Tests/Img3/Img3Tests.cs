using IpswDiff.Forge;
using IpswDiff.Forge.Compression;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Img3;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;
using IpswDiff.Formats.Img3;
using IpswDiff.Formats.Img4;

namespace IpswDiff.Formats.Tests.Img3;

public sealed class Img3Tests
{
    private static readonly byte[] Plain = SampleData.Mixed(3, 200_007);

    public static TheoryData<int> KeySizes => [16, 24, 32];

    [Fact]
    public void Reads_the_tags_and_the_payload_of_a_container_in_the_clear()
    {
        var source = new MemoryByteSource(new Img3Writer("ibot") { Version = "iBoot-1537.9.55" }.Write(Plain));
        Assert.Equal(FileFormat.Img3, FileFormats.Detect(source));
        var file = Img3File.Open(source);
        Assert.Equal(("ibot", "iBoot-1537.9.55"), (file.Ident, file.Version));
        Assert.Equal(["TYPE", "DATA", "VERS", "CHIP", "SHSH"], file.Tags.Select(tag => tag.Name));
        Assert.Empty(file.Keybags);
        var payload = Img4File.Open(source).Payload!;
        Assert.False(payload.IsEncrypted);
        Assert.Equal(Plain, All(payload.OpenPayload()));
    }

    [Theory]
    [MemberData(nameof(KeySizes))]
    public void Reads_an_encrypted_payload_at_any_offset_with_its_IV_and_key(int keySize)
    {
        var key = Key(keySize, 1);
        var source = new MemoryByteSource(new Img3Writer("rdsk") { IvAndKey = key }.Write(Plain));
        Assert.Equal([keySize, keySize], Img3File.Open(source).Keybags.Select(bag => bag.Key.Length));
        var refused = Assert.Throws<FirmwareFormatException>(() => Img4File.Open(source).Payload!.OpenPayload());
        Assert.Equal("IMG3", refused.Format);
        Assert.Contains("encrypted", refused.Reason, StringComparison.Ordinal);

        var payload = Img4File.Open(UnlockedImage.Unlock(source, PayloadKey.Of(key))).Payload!.OpenPayload();
        Assert.Equal(Plain, All(payload));
        var random = new ForgeRandom(5);
        for (var i = 0; i < 200; i++)
        {
            var offset = random.Next(Plain.Length);
            var count = random.Next(Math.Min(3000, Plain.Length - offset) + 1);
            Assert.Equal(Plain.AsSpan(offset, count).ToArray(), payload.ReadBytes(offset, count));
        }
    }

    [Fact]
    public void Decrypts_and_unpacks_a_kernel_and_tells_another_key()
    {
        var key = Key(32, 2);
        var source = new MemoryByteSource(new Img3Writer("krnl") { IvAndKey = key, Packs = true }.Write(Plain));
        Assert.Equal(Plain, All(Img4File.Open(UnlockedImage.Unlock(source, PayloadKey.Of(key))).Payload!.OpenPayload()));
        foreach (var (tag, contents) in ((string, byte[])[])[("krnl", Plain), ("ibot", new byte[5000]), ("dtre", SampleData.Mixed(8, 400))])
        {
            var file = new MemoryByteSource(new Img3Writer(tag) { IvAndKey = key }.Write(contents));
            var fault = Assert.Throws<FirmwareFormatException>(() => UnlockedImage.Unlock(file, PayloadKey.Of(Key(32, 3))));
            Assert.Contains($"the payload {tag} is not decrypted by this IV and key", fault.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_container_in_the_clear_needs_no_key()
    {
        var source = new MemoryByteSource(new Img3Writer("ibot").Write(Plain));
        Assert.Same(source, UnlockedImage.Unlock(source, PayloadKey.Of(Key(16, 1))));
    }

    [Fact]
    public void A_key_has_one_of_three_lengths() =>
        Assert.Contains("64, 80 or 96 hexadecimal digits", Assert.Throws<ArgumentException>(() => PayloadKey.Of(new byte[36])).Message, StringComparison.Ordinal);

    [Fact]
    public void Survives_damage_and_truncation()
    {
        var good = new Img3Writer("krnl") { IvAndKey = Key(16, 4), Version = "v", Packs = true }.Write(Plain.AsSpan(0, 3000).ToArray());
        foreach (var damaged in Mutator.Damage(good, 500, 7).Concat(Mutator.Truncate(good, 100)))
        {
            try
            {
                var source = new MemoryByteSource(damaged);
                Assert.NotNull(Img3File.Open(source).Ident);
                Img4File.Open(UnlockedImage.Unlock(source, PayloadKey.Of(Key(16, 4)))).Payload!.OpenPayload(1 << 20);
            }
            catch (FirmwareFormatException fault)
            {
                Assert.NotEmpty(fault.Reason);
            }
        }
    }

    internal static byte[] Key(int size, ulong seed) => ForgeContent.Random(seed, 16 + size).ToArray();

    private static byte[] All(ByteSource source) => source.ReadBytes(0, (int)source.Length);
}
