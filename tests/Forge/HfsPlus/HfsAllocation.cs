using IpswDiff.Forge.FileTree;
using IpswDiff.Formats.HfsPlus;

namespace IpswDiff.Forge.HfsPlus;

/// <summary>A fork that has its place: its length and all its extents.</summary>
internal sealed record HfsForkPlan(long Size, List<HfsExtent> Extents)
{
    internal static readonly HfsForkPlan Empty = new(0, []);

    internal uint Blocks => (uint)Extents.Sum(extent => extent.BlockCount);

    /// <summary>The fork's 80 bytes, with at most eight of the extents.</summary>
    internal byte[] ToArray()
    {
        var bytes = new BigEndianBytes().U64(Size).U32(0).U32(Blocks);
        WriteExtents(bytes, Extents.Take(HfsFormat.ExtentsPerRecord));
        return bytes.ToArray();
    }

    /// <summary>The extents that do not fit, eight a record, each with the first block that it continues from.</summary>
    internal IEnumerable<(uint StartBlock, byte[] Record)> Overflow()
    {
        var covered = 0u;
        foreach (var group in Extents.Chunk(HfsFormat.ExtentsPerRecord))
        {
            if (covered > 0)
            {
                var bytes = new BigEndianBytes();
                WriteExtents(bytes, group);
                yield return (covered, bytes.ToArray());
            }

            covered += (uint)group.Sum(extent => extent.BlockCount);
        }
    }

    private static void WriteExtents(BigEndianBytes bytes, IEnumerable<HfsExtent> extents)
    {
        var end = bytes.Length + (8 * HfsFormat.ExtentsPerRecord);
        foreach (var extent in extents)
        {
            bytes.U32(extent.StartBlock).U32(extent.BlockCount);
        }

        bytes.Zeros(end - bytes.Length);
    }
}

/// <summary>Hands out allocation blocks from the front of the volume to its end and knows what goes where.</summary>
internal sealed class HfsAllocation(int blockSize, uint firstBlock)
{
    private readonly List<(uint StartBlock, uint BlockCount, ForgeContent Content)> _pieces = [];
    private readonly List<uint> _gaps = [];

    /// <summary>The first block that nothing has been given.</summary>
    internal uint Next { get; private set; } = firstBlock;

    /// <summary>What lies where, ascending.</summary>
    internal IEnumerable<(uint StartBlock, uint BlockCount, ForgeContent Content)> Pieces => _pieces.OrderBy(piece => piece.StartBlock);

    /// <summary>Blocks that were passed over to keep pieces apart.</summary>
    internal IReadOnlyList<uint> Gaps => _gaps;

    internal HfsForkPlan Add(ForgeContent content, bool fragmented = false)
    {
        if (content.Length == 0)
        {
            return HfsForkPlan.Empty;
        }

        var blocks = checked((uint)((content.Length + blockSize - 1) / blockSize));
        return fragmented && blocks > 1 ? Scatter(content.ToArray(), blocks) : new HfsForkPlan(content.Length, [Place(content, blocks)]);
    }

    // One block a piece, each pair swapped, a free block after each, so that no two pieces can be joined.
    private HfsForkPlan Scatter(byte[] bytes, uint blocks)
    {
        var extents = new HfsExtent[blocks];
        for (var slot = 0; slot < blocks; slot++)
        {
            var part = (slot ^ 1) < blocks ? slot ^ 1 : slot;
            var length = Math.Min(blockSize, bytes.Length - (part * blockSize));
            extents[part] = Place(ForgeContent.FromBytes(bytes.AsSpan(part * blockSize, length).ToArray()), 1);
            _gaps.Add(Next++);
        }

        return new HfsForkPlan(bytes.Length, [.. extents]);
    }

    private HfsExtent Place(ForgeContent content, uint blocks)
    {
        var extent = new HfsExtent(Next, blocks);
        _pieces.Add((Next, blocks, content));
        Next = checked(Next + blocks);
        return extent;
    }
}
