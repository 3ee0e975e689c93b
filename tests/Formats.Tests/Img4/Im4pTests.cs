using IpswDiff.Forge;
using IpswDiff.Forge.Compression;
using IpswDiff.Forge.Img4;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Img4;

namespace IpswDiff.Formats.Tests.Img4;

public sealed class Im4pTests
{
    private static readonly byte[] Payload = SampleData.Mixed(4, 300_000);

    [Theory]
    [InlineData(Im4pPacking.None, true, Im4pCompression.None)]
    [InlineData(Im4pPacking.Lzss, true, Im4pCompression.Lzss)]
    [InlineData(Im4pPacking.Lzss, false, Im4pCompression.Lzss)]
    [InlineData(Im4pPacking.BareLzss, true, Im4pCompression.Lzss)]
    [InlineData(Im4pPacking.Lzfse, true, Im4pCompression.Lzfse)]
    [InlineData(Im4pPacking.Lzfse, false, Im4pCompression.Lzfse)]
    public void Decodes_the_payload_by_declaration_and_by_its_first_bytes(Im4pPacking packing, bool declares, Im4pCompression compression)
    {
        var im4p = Open(new Im4pWriter("krnl", "KernelCacheBuilder-1") { Packing = packing, Declares = declares });

        Assert.Equal(("krnl", "KernelCacheBuilder-1", compression), (im4p.Tag, im4p.Version, im4p.Compression));
        Assert.Equal(declares && packing != Im4pPacking.None ? Payload.Length : null, im4p.DeclaredSize);
        var decoded = im4p.OpenPayload();
        Assert.Equal(Payload, decoded.ReadBytes(0, (int)decoded.Length));
        Assert.False(im4p.IsEncrypted);
        Assert.Empty(im4p.Properties);
    }

    [Theory]
    [InlineData(Im4pPacking.None, 3_000_000)]
    [InlineData(Im4pPacking.Lzss, 300_000)]
    [InlineData(Im4pPacking.Lzfse, 3_000_000)]
    public void Unpacks_into_a_file_what_memory_may_not_hold(Im4pPacking packing, int size)
    {
        // The second half repeats the first from as far back as a match can reach.
        var half = SampleData.Mixed(9, Math.Min(size / 2, 262_000));
        var payload = Enumerable.Range(0, (size + half.Length - 1) / half.Length).SelectMany(_ => half).ToArray();
        var folder = Directory.CreateTempSubdirectory("ipswdiff-im4p");
        try
        {
            var im4p = Im4p.Open(new MemoryByteSource(new Im4pWriter("krnl", "1") { Packing = packing }.Write(payload)));
            foreach (var limit in (long[])[0, payload.Length - 1, payload.Length])
            {
                using (var unpacked = im4p.UnpackPayload(limit, folder.FullName))
                {
                    Assert.Equal(payload, unpacked.Source.ReadBytes(0, (int)unpacked.Source.Length));
                    Assert.Equal(packing == Im4pPacking.None || limit == payload.Length ? 0 : 1, folder.GetFiles().Length);
                }

                Assert.Empty(folder.GetFiles());
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_damaged_stream_leaves_no_file_behind()
    {
        var folder = Directory.CreateTempSubdirectory("ipswdiff-im4p");
        try
        {
            var whole = LzfseEncoder.Encode(Payload);
            foreach (var damaged in Mutator.Damage(whole, 200, 31).Concat(Mutator.Truncate(whole, 40)))
            {
                var im4p = Im4p.Open(new MemoryByteSource(new Im4pWriter("krnl", "1").Write(damaged)));
                if (im4p.Compression != Im4pCompression.Lzfse)
                {
                    continue;
                }

                try
                {
                    using var unpacked = im4p.UnpackPayload(0, folder.FullName, 1 << 20);
                    Assert.InRange(unpacked.Source.Length, 0, 1 << 20);
                }
                catch (FirmwareFormatException fault)
                {
                    Assert.NotEmpty(fault.Reason);
                }

                Assert.Empty(folder.GetFiles());
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_plain_payload_stays_where_it_is()
    {
        var bytes = new Im4pWriter("rdsk", "1").Write(Payload);
        var decoded = Im4p.Open(new MemoryByteSource(bytes)).OpenPayload();
        bytes[bytes.AsSpan().IndexOf(Payload) + 7] ^= 0xFF;

        Assert.Equal((byte)(Payload[7] ^ 0xFF), decoded.ReadBytes(7, 1)[0]);
    }

    [Fact]
    public void Opening_reads_no_more_than_the_structure()
    {
        var source = new CountingSource(new Im4pWriter("krnl", "1") { Packing = Im4pPacking.Lzfse, Properties = [("kcep", 1UL)] }.Write(Payload));

        Assert.Single(Im4p.Open(source).Properties);
        Assert.InRange(source.BytesRead, 1, 500);
    }

    [Fact]
    public void Reads_keybags_and_refuses_to_decode_what_they_encrypt()
    {
        var im4p = Open(new Im4pWriter("ibot", "iBoot-1") { KeybagSeed = 7 });

        Assert.True(im4p.IsEncrypted);
        Assert.Equal([1, 2], im4p.Keybags.Select(bag => bag.Type));
        Assert.Equal(Enumerable.Repeat((byte)7, 16), im4p.Keybags[0].Iv.ToArray());
        Assert.Equal(Enumerable.Repeat((byte)9, 32), im4p.Keybags[1].Key.ToArray());
        Assert.Contains("encrypted", Assert.Throws<FirmwareFormatException>(() => im4p.OpenPayload()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_payload_properties()
    {
        var im4p = Open(new Im4pWriter("krnl", "1") { Packing = Im4pPacking.Lzfse, Properties = [("kcep", 0xFFFF_FE00_0768_0000UL), ("rddg", new byte[] { 1, 2 }), ("flag", true)] });

        Assert.Equal("{\"flag\":true,\"kcep\":18446741874810552320,\"rddg\":\"AQI=\"}", Sorted(im4p.Properties.ToString()));
    }

    [Fact]
    public void Refuses_to_decode_more_than_the_caller_allows()
    {
        Assert.Throws<FirmwareFormatException>(() => Open(new Im4pWriter("krnl", "1") { Packing = Im4pPacking.Lzfse }).OpenPayload(Payload.Length - 1));
        Assert.Throws<FirmwareFormatException>(() => Open(new Im4pWriter("krnl", "1") { Packing = Im4pPacking.Lzss }).OpenPayload(Payload.Length - 1));
        Assert.Throws<FirmwareFormatException>(() => Open(new Im4pWriter("krnl", "1") { Packing = Im4pPacking.BareLzss }).OpenPayload(Payload.Length - 1));
    }

    private static Im4p Open(Im4pWriter writer) => Im4p.Open(new MemoryByteSource(writer.Write(Payload)));

    // A SET has its members in the order of their encodings; the test says what is there.
    private static string Sorted(string json)
    {
        var members = json.Trim('{', '}').Split(',');
        return "{" + string.Join(',', members.Order(StringComparer.Ordinal)) + "}";
    }

    private sealed class CountingSource(byte[] bytes) : ByteSource
    {
        public override long Length => bytes.Length;

        public long BytesRead { get; private set; }

        protected override void ReadCore(long offset, Span<byte> destination)
        {
            BytesRead += destination.Length;
            bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
        }
    }
}
