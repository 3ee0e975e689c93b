using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.HfsPlus;

/// <summary>Opens forks: puts together the extents of the catalog and those of the extents overflow file.</summary>
internal sealed class HfsForks
{
    private readonly HfsVolumeHeader _header;
    private readonly HfsBTree? _overflow;

    internal HfsForks(HfsVolumeHeader header, BlockCache? cache)
    {
        _header = header;
        if (header.ExtentsFile.LogicalSize > 0)
        {
            // The overflow file cannot overflow into itself.
            _overflow = HfsBTree.Open(Open(HfsFormat.ExtentsFileId, HfsFormat.DataFork, header.ExtentsFile), HfsTreeKind.Extents, cache);
        }
    }

    /// <summary>A fork of file <paramref name="fileId"/> as a source of its logical size.</summary>
    /// <exception cref="FirmwareFormatException">The fork is larger than the volume, or its extents leave the volume or do not cover it.</exception>
    internal ByteSource Open(uint fileId, byte forkType, HfsFork fork)
    {
        var needed = BlocksOf(fork.LogicalSize, fileId);
        var extents = new List<HfsExtent>(fork.Extents.Length);
        var covered = Add(extents, fork.Extents, 0, needed, fileId);
        if (covered < needed && _overflow is not null)
        {
            covered = AddOverflow(extents, covered, needed, fileId, forkType);
        }

        return Make(extents, covered, needed, fork.LogicalSize, fileId);
    }

    /// <summary>The source of <paramref name="length"/> bytes over extents that <see cref="Add"/> has collected.</summary>
    /// <exception cref="FirmwareFormatException">The extents do not cover the length.</exception>
    internal ByteSource Make(List<HfsExtent> extents, long covered, long needed, long length, uint fileId) =>
        covered >= needed
            ? HfsForkSource.Make(_header.Volume, _header.BlockSize, length, extents)
            : throw new FirmwareFormatException(
                HfsFormat.Name, -1, $"file {fileId} has {length} bytes, but extents for {covered} of its {needed} blocks only");

    /// <summary>The blocks that hold <paramref name="length"/> bytes, which cannot be more than the volume has.</summary>
    internal long BlocksOf(long length, uint fileId)
    {
        var blocks = (length / _header.BlockSize) + (length % _header.BlockSize == 0 ? 0 : 1);
        return blocks <= _header.TotalBlocks
            ? blocks
            : throw new FirmwareFormatException(
                HfsFormat.Name, -1, $"file {fileId} has {length} bytes on a volume of {_header.TotalBlocks} blocks of {_header.BlockSize}");
    }

    /// <summary>Appends extents until <paramref name="needed"/> blocks are covered; returns what is covered then.</summary>
    /// <exception cref="FirmwareFormatException">An extent leaves the volume.</exception>
    internal long Add(List<HfsExtent> extents, ReadOnlySpan<HfsExtent> more, long covered, long needed, uint fileId)
    {
        foreach (var extent in more)
        {
            if (covered >= needed)
            {
                break;
            }

            if (extent.StartBlock + (long)extent.BlockCount > _header.TotalBlocks)
            {
                throw new FirmwareFormatException(
                    HfsFormat.Name, -1, $"file {fileId} has an extent of {extent.BlockCount} blocks at {extent.StartBlock}, outside the volume's {_header.TotalBlocks}");
            }

            extents.Add(extent);
            covered += extent.BlockCount;
        }

        return covered;
    }

    /// <summary>Where a fork's first extent begins on the volume, in bytes; 0 when it has none.</summary>
    internal long PhysicalOffset(HfsFork fork) => fork.Extents.Length == 0 ? 0 : fork.Extents[0].StartBlock * (long)_header.BlockSize;

    private long AddOverflow(List<HfsExtent> extents, long covered, long needed, uint fileId, byte forkType)
    {
        using var cursor = _overflow!.Seek(new ExtentKey(fileId, forkType, (uint)covered));
        while (covered < needed && cursor.MoveNext())
        {
            if (new ExtentKey(fileId, forkType, (uint)covered).CompareTo(cursor.Key) != 0)
            {
                break;
            }

            var reader = new SpanReader(cursor.Data, "HFS+ extents overflow tree", cursor.Offset, bigEndian: true);
            var more = HfsFork.ReadExtents(ref reader);
            if (more.Length == 0)
            {
                break;
            }

            covered = Add(extents, more, covered, needed, fileId);
        }

        return covered;
    }

    /// <summary>A key of the extents overflow tree (<c>HFSPlusExtentKey</c>): file, fork, first block within the fork.</summary>
    private readonly struct ExtentKey(uint fileId, byte forkType, uint startBlock) : IHfsKey
    {
        public int CompareTo(ReadOnlySpan<byte> stored)
        {
            var order = fileId.CompareTo(BinaryPrimitives.ReadUInt32BigEndian(stored[2..]));
            order = order != 0 ? order : forkType - stored[0];
            return order != 0 ? order : startBlock.CompareTo(BinaryPrimitives.ReadUInt32BigEndian(stored[6..]));
        }
    }
}
