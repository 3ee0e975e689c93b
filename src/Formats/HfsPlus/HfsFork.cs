using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.HfsPlus;

/// <summary>A run of allocation blocks (<c>HFSPlusExtentDescriptor</c>).</summary>
internal readonly record struct HfsExtent(uint StartBlock, uint BlockCount);

/// <summary>
/// A fork as a catalog record, an attribute or the volume header describes it (<c>HFSPlusForkData</c>): its length and up to
/// eight extents; further ones are in the extents overflow file.
/// </summary>
internal sealed record HfsFork(long LogicalSize, uint TotalBlocks, HfsExtent[] Extents)
{
    private static readonly HfsFork Empty = new(0, 0, []);

    /// <summary>Reads a fork of 80 bytes.</summary>
    internal static HfsFork Read(ref SpanReader reader)
    {
        var size = reader.ReadOffset64();
        reader.Skip(4);
        var blocks = reader.ReadUInt32();
        var extents = ReadExtents(ref reader);
        return size == 0 && blocks == 0 && extents.Length == 0 ? Empty : new HfsFork(size, blocks, extents);
    }

    /// <summary>Reads an extent record of 64 bytes; the first empty extent ends it.</summary>
    internal static HfsExtent[] ReadExtents(ref SpanReader reader)
    {
        Span<HfsExtent> extents = stackalloc HfsExtent[HfsFormat.ExtentsPerRecord];
        var count = 0;
        var open = true;
        for (var i = 0; i < HfsFormat.ExtentsPerRecord; i++)
        {
            var extent = new HfsExtent(reader.ReadUInt32(), reader.ReadUInt32());
            open &= extent.BlockCount != 0;
            if (open)
            {
                extents[count++] = extent;
            }
        }

        return extents[..count].ToArray();
    }
}
