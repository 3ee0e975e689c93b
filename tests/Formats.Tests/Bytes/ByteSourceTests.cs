using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Tests.Bytes;

public class ByteSourceTests
{
    private static readonly byte[] Data = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(100, 1)]
    [InlineData(99, 2)]
    [InlineData(long.MaxValue, 1)]
    public void A_read_outside_says_where_the_data_ends(long offset, int count)
    {
        var fault = Assert.Throws<FirmwareFormatException>(() => new MemoryByteSource(Data).ReadExactly(offset, new byte[count]));
        Assert.Contains("0x64", fault.Message, StringComparison.Ordinal);
        Assert.Equal(offset, fault.Offset);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, -1)]
    [InlineData(50, 51)]
    [InlineData(long.MaxValue, long.MaxValue)]
    public void A_slice_outside_is_refused(long offset, long length) =>
        Assert.Throws<FirmwareFormatException>(() => new MemoryByteSource(Data).Slice(offset, length));

    [Fact]
    public void Slices_of_slices_read_the_right_bytes_and_end_where_they_end()
    {
        var slice = new MemoryByteSource(Data).Slice(10, 50).Slice(5, 20);
        Assert.Equal(Data[15..35], slice.ReadBytes(0, 20));
        Assert.Throws<FirmwareFormatException>(() => slice.ReadBytes(0, 21));
        Assert.Throws<FirmwareFormatException>(() => slice.Slice(15, 6));
        Assert.Equal(5, slice.ReadUpTo(15, new byte[50]));
        Assert.Equal(0, slice.ReadUpTo(20, new byte[1]));
    }

    [Fact]
    public void A_file_is_read_at_any_offset_from_many_threads()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, Data);
            using var file = new FileByteSource(path);
            Parallel.For(0, 1000, i =>
            {
                Span<byte> two = stackalloc byte[2];
                file.ReadExactly(i % 99, two);
                Assert.Equal((i % 99) + 1, two[1]);
            });
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_stream_over_a_source_seeks_and_ends_as_streams_do()
    {
        using var stream = new ByteSourceStream(new MemoryByteSource(Data));
        stream.Seek(-10, SeekOrigin.End);
        Assert.Equal(90, stream.ReadByte());
        Assert.Equal(9, stream.Read(new byte[50]));
        Assert.Equal(-1, stream.ReadByte());
        using var copy = new MemoryStream();
        stream.Position = 0;
        stream.CopyTo(copy);
        Assert.Equal(Data, copy.ToArray());
    }
}
