using IpswDiff.Forge;
using IpswDiff.Forge.Compression;
using IpswDiff.Forge.IBoot;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.IBoot;

namespace IpswDiff.Formats.Tests.IBoot;

public sealed class IBootImageTests
{
    [Theory]
    [InlineData("iBoot")]
    [InlineData("iBSS")]
    [InlineData("iBEC")]
    [InlineData("LLB")]
    [InlineData("SecureROM")]
    public void Reads_what_a_stage_says_of_itself(string stage)
    {
        var writer = Example(stage);
        foreach (var bytes in (byte[][])[writer.Write(), writer.WriteCompressed()])
        {
            var image = Open(bytes);
            Assert.Equal(stage, image.Stage);
            Assert.Equal("d99", image.Board);
            Assert.Equal(writer.Copyright, image.Copyright);
            Assert.Equal("RELEASE", image.Configuration);
            Assert.Equal("iBoot-13822.1.2", image.Version);
            Assert.Equal(0x1_8010_0000UL, image.BaseAddress);
        }
    }

    [Fact]
    public void Takes_the_base_address_from_the_first_code_where_the_header_has_none() =>
        Assert.Equal(0x8_7000_0000UL, Open(new IBootWriter("iBoot", "iBoot-1") { HidesBaseAddress = true, BaseAddress = 0x8_7000_0000 }.Write()).BaseAddress);

    [Theory]
    [InlineData(0x1234)]
    [InlineData(0x40000)]
    public void Finds_a_header_that_was_moved(int offset)
    {
        var image = Open(new IBootWriter("iBoot", "iBoot-77.1") { MetadataOffset = offset }.Write());
        Assert.Equal("iBoot-77.1", image.Version);
        Assert.Equal(0x1_8010_0000UL, image.BaseAddress);
    }

    [Fact]
    public void Decodes_embedded_streams_and_names_them_apart()
    {
        var writer = Example("iBoot");
        var image = Open(writer.Write());
        var payloads = image.ReadPayloads();
        Assert.Equal(["RTKit.bin", "iboot_blob01.bin", "RTKit-2.bin", "AppleStorageProcessorANS2.bin"], payloads.Select(payload => payload.Name));
        Assert.Equal(writer.PayloadOffsets, payloads.Select(payload => payload.Offset));
        Assert.Equal(writer.Payloads, payloads.Select(payload => payload.Content.ReadBytes(0, (int)payload.Content.Length)));
        Assert.Contains(payloads[0].ReadStrings(5), text => text.Text == "RTKit-1.0 of one" && text.Offset == 100);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Lists_strings_with_their_offsets(bool hasMarker)
    {
        var writer = Example("iBoot", hasMarker);
        var image = Open(writer.Write());
        var strings = image.ReadStrings(4).ToArray();
        Assert.Equal(hasMarker, strings[0].Text == "darwinos-ramdisk");
        foreach (var (text, offset) in writer.Strings.Zip(writer.StringOffsets))
        {
            var isLeftOut = text.Contains('`', StringComparison.Ordinal) || text.Contains("bvx$bvx2", StringComparison.Ordinal) || text.Length < 4;
            Assert.Equal(!isLeftOut, strings.Contains(new FirmwareString(offset, text)));
        }

        Assert.Equal("the last string", strings[^1].Text);

        // Compressed bytes are no strings of the image.
        Assert.DoesNotContain(strings, text => image.ReadPayloads().Any(payload => text.Offset >= payload.Offset && text.Offset < payload.Offset + payload.PackedSize));
    }

    [Fact]
    public void Strings_end_where_text_ends()
    {
        byte[] bytes = [.. "abc"u8, 0xC3, 0xA9, .. "def"u8, 0xFF, .. "ghi"u8, 0x0A, .. "x"u8, 0xC3, 0xD7, 0x00, 0xE2, 0x82, 0xAC, .. "12"u8, 0xE4, 0xB8, 0x96];
        Assert.Equal(
            [new(0, "abc\u00e9def"), new(9, "ghi"), new(13, "x"), new(17, "\u20ac12")],
            FirmwareStrings.Read(bytes, 0, 1));
        Assert.Equal([new(1, "bc\u00e9def")], FirmwareStrings.Read(bytes, 1, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => FirmwareStrings.Read(bytes, 0, 0).ToArray());
    }

    [Fact]
    public void What_is_encrypted_says_so()
    {
        var noise = new byte[10_000];
        new ForgeRandom(9).Fill(noise);
        Assert.Contains("encrypted", Assert.Throws<FirmwareFormatException>(() => Open(noise)).Reason, StringComparison.Ordinal);
        Assert.Throws<FirmwareFormatException>(() => Open([]));
    }

    [Fact]
    public void An_image_full_of_false_starts_is_given_up()
    {
        var bytes = new IBootWriter("iBoot", "iBoot-1").Write();
        byte[] attack = [.. bytes, .. Enumerable.Repeat("bvx2"u8.ToArray(), 10_000).SelectMany(magic => magic)];
        Assert.Contains("look like LZFSE streams", Assert.Throws<FirmwareFormatException>(() => Open(attack).ReadPayloads()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Streams_that_decode_to_too_much_are_refused()
    {
        var zeros = LzfseEncoder.Encode(new byte[48 << 20]);
        byte[] attack = [.. new IBootWriter("iBoot", "iBoot-1").Write(), .. zeros, .. zeros, .. zeros];
        Assert.Contains("left to decode", Assert.Throws<FirmwareFormatException>(() => Open(attack).ReadPayloads()).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Survives_damage_anywhere(bool compressed)
    {
        var writer = Example("iBoot");
        var original = compressed ? writer.WriteCompressed() : writer.Write();
        var (read, refused) = (0, 0);
        foreach (var damaged in Mutator.Damage(original, 800, seed: 44, hot: 900).Concat(Mutator.Truncate(original, 100)))
        {
            try
            {
                var image = Open(damaged);
                read += image.ReadStrings(4).Any() && image.ReadPayloads().Count > 0 ? 1 : 0;
            }
            catch (FirmwareFormatException)
            {
                refused++;
            }
        }

        Assert.NotEqual(0, read);
        Assert.NotEqual(0, refused);
    }

    private static IBootWriter Example(string stage, bool hasMarker = true)
    {
        var writer = new IBootWriter(stage, "iBoot-13822.1.2") { HasMarker = hasMarker };
        writer.Strings.AddRange(["root-device", "%s: bad magic", "ab", "caf\u00e9 \u20ac5", "with ` in it", "x bvx$bvx2 y", "nvram-proxy-data"]);
        writer.Payloads.AddRange([Payload("RTKit-1.0 of one", 1), Payload("nothing known", 2), Payload("RTKit-1.0 of two", 3), Payload("AppleStorageProcessorANS2", 4)]);
        return writer;
    }

    private static byte[] Payload(string text, ulong seed)
    {
        var bytes = SampleData.Mixed(seed, 20_000);
        bytes.AsSpan(90, 10).Clear();
        System.Text.Encoding.ASCII.GetBytes(text).CopyTo(bytes, 100);
        bytes[100 + text.Length] = 0;
        return bytes;
    }

    private static IBootImage Open(byte[] bytes) => IBootImage.Open(new MemoryByteSource(bytes));
}
