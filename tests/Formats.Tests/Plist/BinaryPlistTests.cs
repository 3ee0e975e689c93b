using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.Tests.Plist;

public sealed class BinaryPlistTests
{
    [Fact]
    public void Refuses_an_array_that_contains_itself() =>
        Fails("contains itself", Assemble([[0xA1, 0]]));

    [Fact]
    public void Refuses_a_longer_cycle() =>
        Fails("contains itself", Assemble([[0xA1, 1], [0xD1, 2, 0], [0x51, (byte)'k']]));

    [Fact]
    public void Shares_an_object_that_is_mentioned_twice()
    {
        var array = Assert.IsType<PlistArray>(PropertyList.Parse(Assemble([[0xA2, 1, 1], [0x51, (byte)'x']])));

        Assert.Same(array[0], array[1]);
    }

    [Fact]
    public void Refuses_a_small_file_that_unfolds_into_billions_of_values()
    {
        // Each array names the next one twice: 2^40 leaves in 200 bytes.
        var objects = Enumerable.Range(1, 40).Select(next => new byte[] { 0xA2, (byte)next, (byte)next }).Append([0x09]);

        Fails("values", Assemble([.. objects]));
    }

    [Fact]
    public void Refuses_a_small_file_that_unfolds_into_gigabytes()
    {
        byte[] text = [0x4F, 0x12, 0, 0x10, 0, 0, .. new byte[1 << 20]];
        byte[] many = [0xAF, 0x12, 0, 0, 2, 0, .. Enumerable.Repeat((byte)1, 512)];

        Fails("bytes", Assemble([many, text]));
    }

    [Fact]
    public void Refuses_null_and_unknown_objects()
    {
        Fails("null", Assemble([[0x00]]));
        Fails("unknown", Assemble([[0x70]]));
        Fails("unknown", Assemble([[0x15, 0, 0]]));
    }

    [Fact]
    public void Refuses_keys_that_are_not_strings() =>
        Fails("key", Assemble([[0xD1, 1, 1], [0x10, 1]]));

    [Fact]
    public void Refuses_references_outside_the_table() =>
        Fails("refers to object 9 of 1", Assemble([[0xA1, 9]]));

    [Fact]
    public void Refuses_counts_that_the_file_cannot_hold()
    {
        Fails("leaves", Assemble([[0x5F, 0x10, 0x0A]]));
        Fails("count", Assemble([[0xAF, 0x13, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]]));
        Fails("leaves", Assemble([[0xDA, 0]]));
    }

    [Fact]
    public void Refuses_another_format_of_the_same_name()
    {
        var bytes = Assemble([[0x09]]);
        bytes[6] = (byte)'1';
        bytes[7] = (byte)'5';

        Fails("version 15", bytes);
    }

    [Theory]
    [InlineData(6, 0, "offsets of 0 bytes")]
    [InlineData(7, 9, "references of 9")]
    [InlineData(8, 0x7F, "does not fit")]
    [InlineData(16, 1, "top object")]
    [InlineData(24, 0xFF, "does not fit")]
    public void Refuses_a_damaged_trailer(int place, byte value, string reason)
    {
        var bytes = Assemble([[0x09]]);
        bytes[bytes.Length - 32 + place] = value;

        Fails(reason, bytes);
    }

    [Fact]
    public void Keeps_lone_surrogates_and_shows_them_in_json_as_replacements()
    {
        var text = Assert.IsType<PlistString>(PropertyList.Parse(Assemble([[0x62, 0xD8, 0x00, 0x00, 0x41]])));

        Assert.Equal("\ud800A", text.Value);
        Assert.Equal("\"\ufffdA\"", text.ToString());
    }

    [Fact]
    public void Reads_sixteen_byte_integers_and_references_of_any_size()
    {
        var integer = PropertyList.Parse(Assemble([[0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]]));
        var uid = PropertyList.Parse(Assemble([[0x82, 1, 0, 0]]));

        Assert.Equal(ulong.MaxValue, Assert.IsType<PlistInteger>(integer).Value);
        Assert.Equal(65_536ul, Assert.IsType<PlistUid>(uid).Value);
    }

    private static void Fails(string reason, byte[] bytes) =>
        Assert.Contains(reason, Assert.Throws<FirmwareFormatException>(() => PropertyList.Parse(bytes)).Reason, StringComparison.Ordinal);

    // References of one byte, offsets of four, the first object on top.
    private static byte[] Assemble(byte[][] objects)
    {
        List<byte> bytes = [.. "bplist00"u8];
        var offsets = new List<int>();
        foreach (var one in objects)
        {
            offsets.Add(bytes.Count);
            bytes.AddRange(one);
        }

        var trailer = new byte[32];
        trailer[6] = 4;
        trailer[7] = 1;
        BinaryPrimitives.WriteInt64BigEndian(trailer.AsSpan(8), objects.Length);
        BinaryPrimitives.WriteInt64BigEndian(trailer.AsSpan(24), bytes.Count);
        foreach (var offset in offsets)
        {
            var entry = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(entry, offset);
            bytes.AddRange(entry);
        }

        return [.. bytes, .. trailer];
    }
}
