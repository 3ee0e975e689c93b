using System.Buffers.Binary;
using IpswDiff.Forge;
using IpswDiff.Forge.Compression;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Pbzx;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Pbzx;

namespace IpswDiff.Formats.Tests.Pbzx;

public sealed class PbzxSourceTests
{
    private const int BlockSize = 4096;

    public static TheoryData<PbzxAlgorithm> Algorithms() => [.. Enum.GetValues<PbzxAlgorithm>()];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Reads_every_algorithm_at_any_offset(PbzxAlgorithm algorithm)
    {
        var plain = Sample();
        var source = PbzxSource.Open(new MemoryByteSource(PbzxWriter.Write(plain, algorithm, BlockSize)), new BlockCache(1 << 14));
        Assert.Equal(algorithm, source.Algorithm);
        Assert.Equal((plain.Length + BlockSize - 1) / BlockSize, source.ChunkCount);
        Assert.Equal(plain, source.ReadBytes(0, (int)source.Length));
        var random = new ForgeRandom(3);
        for (var i = 0; i < 300; i++)
        {
            var offset = random.Next(plain.Length);
            var count = random.Next(Math.Min(3 * BlockSize, plain.Length - offset) + 1);
            Assert.Equal(plain.AsSpan(offset, count).ToArray(), source.ReadBytes(offset, count));
        }
    }

    [Fact]
    public void An_empty_stream_has_no_bytes() =>
        Assert.Equal(0, PbzxSource.Open(new MemoryByteSource(PbzxWriter.Write([]))).Length);

    [Fact]
    public void Decodes_a_chunk_only_when_it_is_read()
    {
        var stream = PbzxWriter.Write(new byte[3 * BlockSize], PbzxAlgorithm.Lzma, BlockSize);
        var second = 12 + 16 + (int)BinaryPrimitives.ReadInt64BigEndian(stream.AsSpan(20)) + 16;
        stream[second + 20] ^= 0xFF;
        var source = PbzxSource.Open(new MemoryByteSource(stream), new BlockCache(0));
        Assert.Equal(new byte[BlockSize], source.ReadBytes(0, BlockSize));
        Assert.Equal(new byte[BlockSize], source.ReadBytes(2 * BlockSize, BlockSize));
        var fault = Assert.Throws<FirmwareFormatException>(() => source.ReadBytes(BlockSize, 1));
        Assert.Equal("pbzx", fault.Format);
        Assert.Equal(second, fault.Offset);
    }

    [Theory]
    [InlineData(4, 0L, "a block size of 0")]
    [InlineData(4, 1L << 40, "a block size of 1099511627776")]
    [InlineData(4, -1L, "out of range")]
    [InlineData(12, 0L, "a chunk of 0 bytes")]
    [InlineData(12, BlockSize + 1L, "blocks have 4096")]
    [InlineData(20, 0L, "stored in 0")]
    [InlineData(20, BlockSize + 1L, "cannot be stored")]
    [InlineData(20, BlockSize - 1L, "cut short")]
    public void Refuses_sizes_that_cannot_be(int offset, long value, string reason)
    {
        var stream = PbzxWriter.Write(new byte[BlockSize], PbzxAlgorithm.Lzma, BlockSize);
        BinaryPrimitives.WriteInt64BigEndian(stream.AsSpan(offset), value);
        var fault = Assert.Throws<FirmwareFormatException>(() => PbzxSource.Open(new MemoryByteSource(stream)));
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tells_streams_by_their_magic()
    {
        Assert.All(Enum.GetValues<PbzxAlgorithm>(), algorithm => Assert.True(PbzxSource.Matches([.. "pbz"u8, (byte)algorithm])));
        Assert.False(PbzxSource.Matches("pbzq"u8));
        Assert.False(PbzxSource.Matches("pbz"u8));
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Survives_damage_and_truncation(PbzxAlgorithm algorithm)
    {
        var stream = PbzxWriter.Write(Sample().AsSpan(0, 5 * BlockSize + 100), algorithm, BlockSize);
        var refused = Mutator.Damage(stream, 300, 11).Concat(Mutator.Truncate(stream, 60)).Count(IsRefused);
        Assert.InRange(refused, 60, 460);
    }

    [Fact]
    public void Python_unpacks_the_chunks_that_the_Forge_packed()
    {
        var python = Witnesses.Python.Required();
        const string Program = """
            import lzma, struct, sys, hashlib
            d = open(sys.argv[1], 'rb').read(); at = 12; out = b''
            assert d[:4] == b'pbzx'
            while at < len(d):
                size, stored = struct.unpack('>QQ', d[at:at+16]); at += 16
                c = d[at:at+stored]; at += stored
                out += c if size == stored else lzma.decompress(c, lzma.FORMAT_XZ)
            print(hashlib.sha256(out).hexdigest())
            """;
        var plain = Sample();
        using var file = TemporaryFile.Write(PbzxWriter.Write(plain));
        var said = Witness.Run(python, "-c", Program, file.Path);
        Assert.True(said.ExitCode == 0, said.Error);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(plain)), said.Output.Trim());
    }

    // Text, noise (stored as it is) and a short last chunk.
    private static byte[] Sample() =>
        [.. SampleData.Mixed(1, 30_000), .. ForgeContent.Random(2, 3 * BlockSize).ToArray(), .. SampleData.Mixed(3, 15_001), .. new byte[777]];

    private static bool IsRefused(byte[] stream)
    {
        try
        {
            var source = PbzxSource.Open(new MemoryByteSource(stream), new BlockCache(1 << 14));
            source.ReadBytes(0, (int)Math.Min(source.Length, 1 << 20));
            return false;
        }
        catch (FirmwareFormatException)
        {
            return true;
        }
    }
}
