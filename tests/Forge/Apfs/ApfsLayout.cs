using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Partitions;

namespace IpswDiff.Forge.Apfs;

/// <summary>
/// Hands out blocks and remembers what goes into them, then writes everything in the order of the disk. Metadata blocks are held;
/// file contents are only read when they are written.
/// </summary>
internal sealed class ApfsLayout(long firstBlock)
{
    // A physical object's number is its block, and numbers below this are reserved; checkers take that to the letter.
    private const long FirstObjectBlock = 1024;
    private const int CopySize = 1 << 20;

    private readonly List<Region> _regions = [];

    /// <summary>The first block that nothing was allocated in or after.</summary>
    public long End { get; private set; } = firstBlock;

    /// <summary>The block that the next object gets.</summary>
    public long ObjectEnd => Math.Max(End, FirstObjectBlock);

    public long Allocate(long blocks)
    {
        var start = End;
        End += blocks;
        return start;
    }

    /// <summary>One block for an object.</summary>
    public long AllocateObject()
    {
        if (End < ObjectEnd)
        {
            Skip(ObjectEnd - End);
        }

        return Allocate(1);
    }

    /// <summary>Leaves blocks free on purpose.</summary>
    public void Skip(long blocks)
    {
        Free.Add((End, blocks));
        End += blocks;
    }

    /// <summary>Ranges below <see cref="End"/> that are not in use.</summary>
    public List<(long Start, long Blocks)> Free { get; } = [];

    public void Put(long block, byte[] bytes) => _regions.Add(new Region(block, bytes, null, 0, bytes.Length));

    public void Put(long block, ForgeContent content, long offset, long length) => _regions.Add(new Region(block, null, content, offset, length));

    public void WriteTo(ForgeSink sink, long totalBlocks)
    {
        _regions.Sort((x, y) => x.Block.CompareTo(y.Block));
        var start = sink.Position;
        var buffer = new byte[CopySize];
        ForgeContent? open = null;
        Stream? stream = null;
        long at = 0;
        try
        {
            foreach (var region in _regions)
            {
                sink.WriteZeros((region.Block * ApfsObject.BlockSize) - (sink.Position - start));
                if (region.Bytes is { } bytes)
                {
                    sink.Write(bytes);
                    continue;
                }

                if (region.Content != open || at > region.Offset)
                {
                    stream?.Dispose();
                    open = region.Content!;
                    stream = open.Open();
                    at = 0;
                }

                at = Copy(stream!, at, region, buffer, sink);
            }
        }
        finally
        {
            stream?.Dispose();
        }

        sink.WriteZeros((totalBlocks * ApfsObject.BlockSize) - (sink.Position - start));
    }

    private static long Copy(Stream stream, long at, Region region, byte[] buffer, ForgeSink sink)
    {
        if (at < region.Offset && stream.CanSeek)
        {
            at = stream.Seek(region.Offset, SeekOrigin.Begin);
        }

        while (at < region.Offset)
        {
            var skip = buffer.AsSpan(0, (int)Math.Min(buffer.Length, region.Offset - at));
            stream.ReadExactly(skip);
            at += skip.Length;
        }

        var end = region.Offset + region.Length;
        while (at < end)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at));
            stream.ReadExactly(part);
            sink.Write(part);
            at += part.Length;
        }

        return at;
    }

    private sealed record Region(long Block, byte[]? Bytes, ForgeContent? Content, long Offset, long Length);
}
