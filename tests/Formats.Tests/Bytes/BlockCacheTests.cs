using CsCheck;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Tests.Bytes;

public class BlockCacheTests
{
    private const int BlockSize = 1024;

    [Fact]
    public void Any_sequence_of_reads_gives_the_bytes_of_the_blocks()
    {
        Gen.Select(Gen.Int[0, 20_000], Gen.Int[0, 5000]).Array[1, 30].Sample(reads =>
        {
            var source = new Squares(new BlockCache(4 * BlockSize), 20_480);
            foreach (var (offset, count) in reads)
            {
                var bytes = new byte[Math.Min(count, source.Length - offset)];
                source.ReadExactly(offset, bytes);
                for (var i = 0; i < bytes.Length; i++)
                {
                    Assert.Equal(Squares.At(offset + i), bytes[i]);
                }
            }
        });
    }

    [Fact]
    public void Idle_blocks_stay_under_the_limit()
    {
        var cache = new BlockCache(10 * BlockSize);
        var source = new Squares(cache, 1000 * BlockSize);

        // From back to front, so that nothing is decoded ahead: a block that a background reader still holds is not idle.
        for (var i = 999; i >= 0; i--)
        {
            source.ReadExactly((long)i * BlockSize, new byte[10]);
        }

        Assert.InRange(cache.UsedBytes, 1, 10 * BlockSize);
        cache.LimitBytes = 0;
        Assert.Equal(0, cache.UsedBytes);
    }

    [Fact]
    public void Clearing_drops_idle_blocks_and_keeps_the_limit()
    {
        var cache = new BlockCache(10 * BlockSize);
        var source = new Squares(cache, 4 * BlockSize);
        for (var i = 3; i >= 0; i--)
        {
            source.ReadExactly((long)i * BlockSize, new byte[10]);
        }

        Assert.Equal(4 * BlockSize, cache.UsedBytes);
        cache.Clear();
        Assert.Equal(0, cache.UsedBytes);
        Assert.Equal(10 * BlockSize, cache.LimitBytes);
        source.ReadExactly(0, new byte[10]);
        Assert.Equal(5, source.DecodedBlocks);
    }

    [Fact]
    public void A_block_wanted_by_many_threads_is_decoded_once()
    {
        var source = new Squares(new BlockCache(100 * BlockSize), 10 * BlockSize, TimeSpan.FromMilliseconds(50));
        Parallel.For(0, 16, _ => source.ReadExactly(5, new byte[10]));
        Assert.Equal(1, source.DecodedBlocks);
    }

    [Fact]
    public void A_block_that_cannot_be_decoded_fails_every_reader_and_is_not_kept()
    {
        var cache = new BlockCache(100 * BlockSize);
        var source = new Squares(cache, 10 * BlockSize) { BadBlock = 3 };
        for (var i = 0; i < 3; i++)
        {
            Assert.Throws<FirmwareFormatException>(() => source.ReadExactly(3 * BlockSize, new byte[10]));
        }

        Assert.Equal(0, cache.UsedBytes);
        source.BadBlock = -1;
        source.ReadExactly(3 * BlockSize, new byte[10]);
    }

    [Fact]
    public void Reading_ahead_past_a_bad_block_disturbs_nobody()
    {
        var source = new Squares(new BlockCache(100 * BlockSize), 50 * BlockSize) { BadBlock = 20 };
        source.ReadAhead(0, source.Length);
        var bytes = new byte[20 * BlockSize];
        source.ReadExactly(0, bytes);
        Assert.Equal(Squares.At(19 * BlockSize), bytes[19 * BlockSize]);
        Assert.Throws<FirmwareFormatException>(() => source.ReadExactly(20 * BlockSize, new byte[1]));
    }

    [Fact]
    public void A_sequential_reader_finds_the_next_blocks_decoded()
    {
        var cache = new BlockCache(100 * BlockSize);
        var source = new Squares(cache, 64 * BlockSize);
        var buffer = new byte[100];
        for (long offset = 0; offset < source.Length; offset += 100)
        {
            source.ReadUpTo(offset, buffer);
            if (offset == 30 * BlockSize / 100 * 100)
            {
                // The hint runs on other threads: wait for what it promises, not for how long it takes.
                Assert.True(SpinWait.SpinUntil(() => source.DecodedBlocks >= 31, TimeSpan.FromSeconds(10)));
            }
        }

        Assert.Equal(64, source.DecodedBlocks);
    }

    [Fact]
    public void Many_threads_over_a_small_cache_all_read_right()
    {
        var source = new Squares(new BlockCache(3 * BlockSize), 64 * BlockSize);
        Parallel.For(0, 2000, i =>
        {
            var offset = (long)i * 7919 % (source.Length - 300);
            Span<byte> bytes = stackalloc byte[300];
            source.ReadExactly(offset, bytes);
            Assert.Equal(Squares.At(offset), bytes[0]);
            Assert.Equal(Squares.At(offset + 299), bytes[299]);
        });
    }

    /// <summary>A source in blocks whose bytes follow from their offset.</summary>
    private sealed class Squares(BlockCache cache, long length, TimeSpan delay = default) : BlockedByteSource(cache)
    {
        private int _decoded;

        public override long Length => length;

        public long BadBlock { get; set; } = -1;

        public int DecodedBlocks => Volatile.Read(ref _decoded);

        public static byte At(long offset) => (byte)(offset * offset >> 3);

        protected override long FindBlock(long offset, out long start, out int blockLength)
        {
            var index = offset / BlockSize;
            start = index * BlockSize;
            blockLength = (int)Math.Min(BlockSize, length - start);
            return index;
        }

        protected override void DecodeBlock(long index, Span<byte> destination)
        {
            Interlocked.Increment(ref _decoded);
            if (delay > TimeSpan.Zero)
            {
                Thread.SpinWait(1);
                Task.Delay(delay).Wait();
            }

            if (index == BadBlock)
            {
                throw new FirmwareFormatException("squares", index * BlockSize, "bad on purpose");
            }

            for (var i = 0; i < destination.Length; i++)
            {
                destination[i] = At((index * BlockSize) + i);
            }
        }
    }
}
