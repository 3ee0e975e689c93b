using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.HfsPlus;

/// <summary>The bytes of a fork that lies in several pieces on the volume.</summary>
internal sealed class HfsForkSource : ByteSource
{
    private readonly ByteSource _volume;

    // Where each piece begins in the fork and on the volume, in bytes.
    private readonly long[] _logical;
    private readonly long[] _physical;

    private HfsForkSource(ByteSource volume, long length, long[] logical, long[] physical)
    {
        _volume = volume;
        Length = length;
        _logical = logical;
        _physical = physical;
    }

    public override long Length { get; }

    protected override string Kind => "HFS+ fork";

    /// <summary>A source over <paramref name="extents"/>, which lie on the volume and cover <paramref name="length"/>.</summary>
    internal static ByteSource Make(ByteSource volume, uint blockSize, long length, List<HfsExtent> extents)
    {
        if (length == 0)
        {
            return volume.Slice(0, 0);
        }

        var logical = new List<long>(extents.Count);
        var physical = new List<long>(extents.Count);
        long position = 0;
        long physicalEnd = -1;
        foreach (var extent in extents)
        {
            var start = extent.StartBlock * (long)blockSize;
            if (start != physicalEnd)
            {
                logical.Add(position);
                physical.Add(start);
            }

            position += extent.BlockCount * (long)blockSize;
            physicalEnd = start + (extent.BlockCount * (long)blockSize);
        }

        return logical.Count == 1
            ? volume.Slice(physical[0], length)
            : new HfsForkSource(volume, length, [.. logical], [.. physical]);
    }

    public override void ReadAhead(long offset, long length)
    {
        var end = Math.Min(Length, offset + length);
        while (offset >= 0 && offset < end)
        {
            var count = Math.Min(end - offset, Piece(offset, out var physical));
            _volume.ReadAhead(physical, count);
            offset += count;
        }
    }

    public override ByteRun RunAt(long offset)
    {
        CheckRange(offset, 1);
        var left = Piece(offset, out var physical);
        var run = _volume.RunAt(physical);
        return run with { Length = Math.Min(run.Length, left) };
    }

    protected override void ReadCore(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var count = (int)Math.Min(destination.Length, Piece(offset, out var physical));
            _volume.ReadExactly(physical, destination[..count]);
            offset += count;
            destination = destination[count..];
        }
    }

    /// <summary>Where <paramref name="offset"/> lies on the volume, and how many bytes follow it there.</summary>
    private long Piece(long offset, out long physical)
    {
        var index = Array.BinarySearch(_logical, offset);
        index = index < 0 ? ~index - 1 : index;
        physical = _physical[index] + (offset - _logical[index]);
        return (index + 1 < _logical.Length ? _logical[index + 1] : Length) - offset;
    }
}
