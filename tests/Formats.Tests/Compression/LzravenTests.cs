using System.Buffers.Binary;
using System.Text;
using IpswDiff.Forge;
using IpswDiff.Forge.Compression;
using IpswDiff.Forge.FileTree;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Compression;

namespace IpswDiff.Formats.Tests.Compression;

public sealed class LzravenTests
{
    // What Apple's own encoder wrote, as published in retrowave3/apple-compressions (tests/vectors.h, MIT): streams of repeated text, of
    // records, and of calls in arm64 and x86 code, which its filters make absolute.
    private static readonly Dictionary<string, (string Stream, byte[] Plain)> Vectors = new()
    {
        ["nothing"] = ("2b00caec 00000000 00000000", []),
        ["one byte"] = ("2b00caec 00000000 01100000 70 00000000", Text(1)),
        ["eight bytes"] = ("2b00caec 00000000 01800000 706f727461626c65 00000000", Text(8)),
        ["255 bytes of text"] = (
            """
            2b00caec 00000000 00800400 e7a40000 ffaae7b5 22381874 65ac5113 4eb160d3 03331b3d e2fa5e40 23bc25f3 3c108228
            b45e7fa6 7f94a7e6 e86e814b 248ab963 bd29f529 7d9d2781 6b73fba3 e5dafa67 54d8439e 00000000
            """,
            Text(255)),
        ["256 bytes of text"] = (
            """
            2b00caec 00000000 00800400 b64e0100 0106e9dd 6370eb89 65fca828 2db0812b 23e5d85c 43ef3e6c 23dd266b db27cebd
            015cbefe ff50460e 09824d44 b589e178 3028032d 555f6ed8 fd70e35e db99d39c f659f655 00000000
            """,
            Text(256)),
        ["257 bytes of text"] = (
            """
            2b00caec 00000000 00800400 1c4c0100 032a5bde 6370d758 84776000 ecb12b32 23571910 4320bd91 231b2763 bc26f524
            5c1cce4c 9f4ae928 a9f1574f 0c8b51fc 3aaadadc 59dd564b 017343f4 13592213 101addca 00000000
            """,
            Text(257)),
        ["32768 bytes of text"] = (
            """
            2b00caec 00000000 00c00600 ec020000 0100ff43 cccdaf78 70e30dd5 04c3629e c418348e 082f0072 8cbc1da3 46575cbb
            00fe5b63 3fce93d1 3029416a 822b9e4a 521fbb9e 0f862d9d abd8e0e0 ae9ba848 b33acde4 f4196377 6059f006 99807388
            bebada96 0b884ae4 ad5d00ed a7b7c71a 71b75550 58b708f0 00000000
            """,
            Text(32768)),
        ["records"] = (
            """
            2b00caec 00000000 00801100 ba0f0000 0188ca6c 54cffa5e 72b15a6f 6764e19f 38f586f7 e35b9f4c b233fff8 9fd73914
            8b15aaa8 d634a390 994e2a2e 26ea7602 caff296e 529a66d9 0fda58a7 ff1a7f75 1bdb51b1 bb59804b 1c60d217 d8dbe8e8
            58ca28be 9fb38a64 918b2764 a6c5590f 47884cff 9782a924 b20fb57d c322d447 3ea7fc44 60367b0b 895a22cc b703d8b6
            262c86fe b955d639 d374eb67 d9b1f021 bf51a359 3155a4e0 be134f77 18d3ac66 bf9f4c22 79d11d6d 548f0542 9a290f0c
            08d25d59 b8e34112 bd92e485 c384bd2c f5398fe2 c1b352f8 a8cbc7e5 ae0dbac6 267bb97a 88dc7242 8a4c9439 8ed44c1e
            18c99505 651b751d aed0d46a 522d9f62 110afa5e 60a158fb 4eeb8ad3 f79a9d58 accda3cc d0f328e7 07fa77c5 6348939f
            bdc1ae0d 00000000
            """,
            Records()),
        ["calls of arm64"] = (
            """
            2b00caec 00000000 02c00300 6d641800 01586cb9 00e04a82 bdd652d4 614e70da 337fb28a 8c25cee7 f5b3b9d1 1ffd5e5d
            cf6c6c33 b732a1ed 1f90fc7b 950c542f 0b20c4a9 1f246a62 00000000
            """,
            Arm64Calls()),
        ["calls of x86"] = (
            """
            2b00caec 00000000 04400300 7fd8f002 05180660 383d0080 e8007700 0cf22041 8f1e9084 00c07a00 0d404212 6af4f56f
            dda23880 0cd34f83 ed2a1320 0b60d854 00000000
            """,
            X86Calls()),
    };

    public static TheoryData<string> VectorNames => [.. Vectors.Keys];

    [Theory]
    [MemberData(nameof(VectorNames))]
    public void Decodes_what_Apples_encoder_wrote(string name)
    {
        var (stream, plain) = Vectors[name];
        Assert.Equal(plain, Hostile.Try(Lzraven.Decode, Bytes(stream), plain.Length));
    }

    [Theory]
    [MemberData(nameof(VectorNames))]
    public void Needs_no_more_room_than_the_output_and_refuses_less(string name)
    {
        var (stream, plain) = Vectors[name];
        Assert.Equal(plain, Hostile.Try(Lzraven.Decode, Bytes(stream), plain.Length + 100));
        Assert.True(plain.Length == 0 || Hostile.Try(Lzraven.Decode, Bytes(stream), plain.Length - 1) is null);
    }

    [Fact]
    public void Tells_nearly_every_flipped_bit_though_the_format_has_no_checksum()
    {
        var (text, plain) = Vectors["records"];
        var stream = Bytes(text);
        var untold = 0;
        for (var bit = 0; bit < stream.Length * 8; bit++)
        {
            var damaged = stream.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            var output = Hostile.Try(Lzraven.Decode, damaged, plain.Length);
            untold += output?.Length == plain.Length && !plain.AsSpan().SequenceEqual(output) ? 1 : 0;
        }

        // What is coded as plain bits, and the 32 bytes that the coder's states started from, have no redundancy.
        Assert.InRange(untold, 0, 100);
    }

    [Fact]
    public void Survives_every_value_of_every_byte()
    {
        var stream = LzravenEncoder.Encode(SampleData.Mixed(5, 700), LzravenFilter.Arm64 | LzravenFilter.X86);
        for (var at = 0; at < stream.Length; at++)
        {
            for (var value = 0; value < 256; value += 5)
            {
                var damaged = stream.ToArray();
                damaged[at] = (byte)value;
                Hostile.Try(Lzraven.Decode, damaged, 700);
            }
        }
    }

    [Theory]
    [InlineData(LzravenFilter.None, 0)]
    [InlineData(LzravenFilter.Arm64, 0)]
    [InlineData(LzravenFilter.Arm64, 3)]
    [InlineData(LzravenFilter.X86, 0)]
    [InlineData(LzravenFilter.X86 | LzravenFilter.Arm64, 1)]
    public void Undoes_filters_of_any_code_in_every_block(LzravenFilter filter, int alignment)
    {
        var data = new byte[(2 * Lzraven.BlockSize) + 4321];
        SampleData.Mixed(7, 300_000).CopyTo(data, 0);
        Code(data.AsSpan(300_000, 700_000));
        SampleData.Mixed(9, data.Length - 1_000_000).CopyTo(data, 1_000_000);
        Assert.Equal(data, Hostile.Try(Lzraven.Decode, LzravenEncoder.Encode(data, filter, alignment), data.Length));
    }

    [Fact]
    public void Matches_reach_through_stored_blocks_to_the_first_byte()
    {
        var head = SampleData.Mixed(11, Lzraven.BlockSize);
        byte[] data = [.. head, .. ForgeContent.Random(3, Lzraven.BlockSize).ToArray(), .. head, .. head.AsSpan(0, 50_000), .. new byte[40]];
        var stream = LzravenEncoder.Encode(data);
        Assert.True(stream.Length < (2 * Lzraven.BlockSize) + 100_000, "the third block is coded by repeats of the first");
        Assert.Equal(data, Hostile.Try(Lzraven.Decode, stream, data.Length));
    }

    [Theory]
    [InlineData(0, 0xECCA002Cu, "no LZRAVEN magic")]
    [InlineData(4, 1u, "means nothing")]
    [InlineData(4, 0xFC000000u, "is not full")]
    [InlineData(8, 0xFFFFF001u, "leaves the source")]
    [InlineData(8, 0x00008000u, "runs out of its words")]
    public void Refuses_headers_that_cannot_be(int offset, uint value, string reason)
    {
        var stream = Bytes("2b00caec 00000000 01800000 706f727461626c65 01800000 706f727461626c65 00000000");
        BinaryPrimitives.WriteUInt32LittleEndian(stream.AsSpan(offset), value);
        var fault = Assert.Throws<FirmwareFormatException>(() => Lzraven.Decode(stream, new byte[100]));
        Assert.Equal("LZRAVEN", fault.Format);
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(string.Concat(hex.Where(char.IsAsciiHexDigit)));

    private static byte[] Text(int length) => [.. Enumerable.Range(0, length).Select(i => "portable compression tests\n"u8[i % 27])];

    private static byte[] Records() => Encoding.ASCII.GetBytes(
        """
        record=0000;kind=0;value=d7658a29883d369e
        record=0001;kind=1;value=c547b762064a4e32
        record=0002;kind=2;value=5686227563b9583f
        record=0003;kind=3;value=8753601ffa4c82d2
        record=0004;kind=4;value=daec8711a1f9419f
        record=0005;kind=5;value=c40012f5d0d8dd58
        record=0006;kind=6;value=d8424222f9a1ab8e
        record=0007;kind=0;value=5e5b9a17f0bf0214
        record=0008;kind=1;value=8d11056f927bab23
        record=0009;kind=2;value=9650cae3dd1994e8
        record=0010;kind=3;value=7f4f33f63f7265e5
        record=0011;kind=4;value=4e779c035c08164a
        record=0
        """);

    private static byte[] Arm64Calls()
    {
        var code = new byte[1024];
        for (var i = 0; i < 64; i++)
        {
            var four = code.AsSpan(16 * i, 16);
            BinaryPrimitives.WriteUInt32LittleEndian(four, (uint)(0x94040000 - (4 * i)));
            BinaryPrimitives.WriteUInt32LittleEndian(four[4..], 0xD503201F);
            BinaryPrimitives.WriteUInt32LittleEndian(four[8..], 0xD65F03C0);
            BinaryPrimitives.WriteUInt32LittleEndian(four[12..], 0xD503201F);
        }

        return code;
    }

    private static byte[] X86Calls()
    {
        var code = new byte[1026];
        for (var i = 0; i < 114; i++)
        {
            var call = code.AsSpan(9 * i, 9);
            call[0] = 0xE8;
            BinaryPrimitives.WriteInt32LittleEndian(call[1..], 0xFFFF - (9 * i));
            call[5..8].Fill(0x90);
            call[8] = 0xC3;
        }

        return code;
    }

    // Branches and page addresses at the edges of what the filters take, among other instructions.
    private static void Code(Span<byte> place)
    {
        var random = new ForgeRandom(13);
        random.Fill(place);
        for (var at = 0; at + 4 <= place.Length; at += 4)
        {
            var word = (uint)random.NextUInt64();
            word = random.Next(4) switch
            {
                0 => 0x94000000 | (word & 0x3FFFFFF),
                1 => 0x90000000 | (word & 0x60FFFFFF),
                2 => 0xE8 | (random.Next(2) == 0 ? word & 0xFFFF00 : word),
                _ => 0xD503201F,
            };
            BinaryPrimitives.WriteUInt32LittleEndian(place[at..], word);
        }
    }
}
