using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Tests.Bytes;

public class SpanReaderTests
{
    [Fact]
    public void Reads_both_byte_orders()
    {
        byte[] bytes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];
        var little = new SpanReader(bytes, "test");
        Assert.Equal((ushort)0x0201, little.ReadUInt16());
        Assert.Equal(0x06050403u, little.ReadUInt32());
        Assert.Equal(0x0E0D0C0B0A090807u, little.ReadUInt64());
        var big = new SpanReader(bytes, "test", bigEndian: true);
        Assert.Equal((ushort)0x0102, big.ReadUInt16());
        Assert.Equal(0x03040506u, big.ReadUInt32());
        Assert.Equal(0x0708090A0B0C0D0Eu, big.ReadUInt64());
    }

    [Fact]
    public void A_field_that_does_not_fit_is_reported_with_its_offset_in_the_source()
    {
        var fault = Assert.Throws<FirmwareFormatException>(() =>
        {
            var reader = new SpanReader([1, 2, 3], "test", origin: 0x1000);
            reader.Skip(1);
            reader.ReadUInt32();
        });
        Assert.Equal(0x1001, fault.Offset);
        Assert.Equal("test at 0x1001: 4 bytes wanted, but only 2 are left", fault.Message);
    }

    [Fact]
    public void Negative_and_huge_counts_are_refused()
    {
        Assert.Throws<FirmwareFormatException>(() => new SpanReader([1, 2], "test").Skip(-1));
        Assert.Throws<FirmwareFormatException>(() => new SpanReader([1, 2], "test").ReadBytes(int.MaxValue));
        Assert.Throws<FirmwareFormatException>(() => new SpanReader([1, 2], "test").Seek(3));
        Assert.Throws<FirmwareFormatException>(() => new SpanReader([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "test").ReadOffset64());
    }

    [Fact]
    public void Fixed_text_ends_at_its_NUL() => Assert.Equal("abc", new SpanReader("abc\0def\0"u8, "test").ReadFixedAscii(8));

    [Fact]
    public void A_fault_names_the_file_once_a_caller_knows_it() => Assert.Equal(
        "a.ipsw:b.dmg: APFS at 0x10: bad",
        new FirmwareFormatException("APFS", 16, "bad").In("b.dmg").In("a.ipsw").Message);
}
