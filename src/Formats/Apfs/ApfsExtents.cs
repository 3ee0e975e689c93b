using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Apfs;

/// <summary>A run of a data stream: <see cref="Length"/> bytes from <see cref="Logical"/>, at byte <see cref="Physical"/>, or a hole where that is 0.</summary>
internal readonly record struct ApfsExtent(long Logical, long Length, long Physical) : IOrdered<long>
{
    internal long End => Logical + Length;

    public int CompareStart(long key) => Logical.CompareTo(key);
}

/// <summary>Reads the extents of data streams: file-extent records among the others, or the extent tree of a sealed volume.</summary>
internal static class ApfsExtents
{
    /// <summary>The contents of a data stream.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="streamId">The private identifier of the inode, or an attribute's stream.</param>
    /// <param name="length">Bytes of the stream.</param>
    /// <param name="isSparse">Whether ranges without an extent are holes rather than damage.</param>
    internal static ByteSource Open(ApfsVolume volume, ulong streamId, long length, bool isSparse)
    {
        if (length == 0)
        {
            return new MemoryByteSource(ReadOnlyMemory<byte>.Empty);
        }

        var extents = new List<ApfsExtent>();
        var position = 0L;
        var cursor = volume.ExtentCursor();
        for (var found = cursor.Seek(volume.ExtentKey(streamId)); found && position < length; found = cursor.MoveNext())
        {
            if (!TryRead(volume, cursor, streamId, out var extent))
            {
                break;
            }

            if (extent.Logical < position || (extent.Logical > position && !isSparse))
            {
                throw Fault(streamId, $"has {(extent.Logical < position ? "overlapping extents" : "no extent")} at 0x{Math.Min(position, extent.Logical):x}");
            }

            extents.Add(extent);
            position = extent.End;
        }

        if (position < length && !isSparse)
        {
            throw Fault(streamId, $"has {length} bytes, but extents for 0x{position:x} only");
        }

        return extents.Count == 1 && extents[0] is { Logical: 0, Physical: > 0 } whole && whole.Length >= length
            ? volume.Container.Blocks.Source.Slice(whole.Physical, length)
            : new ExtentByteSource(volume.Container.Blocks.Source, [.. extents], length);
    }

    /// <summary>The extent at the cursor, or false where it stands on a record of something else.</summary>
    internal static bool TryRead(ApfsVolume volume, BTreeCursor cursor, ulong streamId, out ApfsExtent extent)
    {
        extent = default;
        var key = cursor.Key;
        if (volume.HasExtentTree ? key.Primary != streamId : key.Id != streamId || key.Type != ApfsRecordType.FileExtent)
        {
            return false;
        }

        var value = cursor.Value;
        if (value.Length < 16)
        {
            throw Fault(streamId, $"has an extent record of {value.Length} bytes");
        }

        var blocks = volume.Container.Blocks;
        var length = BinaryPrimitives.ReadUInt64LittleEndian(value) & ApfsConstants.ExtentLengthMask;
        var address = BinaryPrimitives.ReadUInt64LittleEndian(value[8..]);
        var logical = key.Secondary;
        if (length == 0 || logical > long.MaxValue - length || (length % (ulong)blocks.BlockSize) != 0)
        {
            throw Fault(streamId, $"has an extent of 0x{length:x} bytes at 0x{logical:x}");
        }

        var physical = address == 0 ? 0 : blocks.OffsetOf(address, length / (ulong)blocks.BlockSize, $"an extent of data stream {streamId}");
        extent = new ApfsExtent((long)logical, (long)length, physical);
        return true;
    }

    private static FirmwareFormatException Fault(ulong streamId, string reason) =>
        new(ApfsConstants.Format, -1, $"data stream {streamId} {reason}");
}

/// <summary>A data stream of several extents or with holes, as one source.</summary>
internal sealed class ExtentByteSource(ByteSource container, ApfsExtent[] extents, long length) : ByteSource
{
    public override long Length => length;

    protected override string Kind => "APFS file";

    public override void ReadAhead(long offset, long count)
    {
        var end = Math.Min(length, offset + count);
        for (var i = Math.Max(0, Find(offset)); offset >= 0 && i < extents.Length && extents[i].Logical < end; i++)
        {
            var extent = extents[i];
            var from = Math.Max(offset, extent.Logical);
            if (extent.Physical != 0 && from < extent.End)
            {
                container.ReadAhead(extent.Physical + (from - extent.Logical), Math.Min(end, extent.End) - from);
            }
        }
    }

    public override ByteRun RunAt(long offset)
    {
        CheckRange(offset, 1);
        var index = Find(offset);
        if (index < 0 || offset >= extents[index].End)
        {
            var end = index + 1 < extents.Length ? Math.Min(length, extents[index + 1].Logical) : length;
            return new ByteRun(end - offset, IsHole: true);
        }

        var extent = extents[index];
        var left = Math.Min(length, extent.End) - offset;
        if (extent.Physical == 0)
        {
            return new ByteRun(left, IsHole: true);
        }

        var run = container.RunAt(extent.Physical + (offset - extent.Logical));
        return run with { Length = Math.Min(run.Length, left) };
    }

    protected override void ReadCore(long offset, Span<byte> destination)
    {
        var index = Find(offset);
        while (!destination.IsEmpty)
        {
            var inside = index >= 0 && offset < extents[index].End;
            var end = inside ? extents[index].End : index + 1 < extents.Length ? extents[index + 1].Logical : length;
            var part = destination[..(int)Math.Min(destination.Length, end - offset)];
            if (inside && extents[index].Physical != 0)
            {
                container.ReadExactly(extents[index].Physical + (offset - extents[index].Logical), part);
            }
            else
            {
                part.Clear();
            }

            offset += part.Length;
            destination = destination[part.Length..];
            if (index + 1 < extents.Length && extents[index + 1].Logical <= offset)
            {
                index++;
            }
        }
    }

    private int Find(long offset) => OrderedSearch.LastAtOrBefore<ApfsExtent, long>(extents, offset);
}
