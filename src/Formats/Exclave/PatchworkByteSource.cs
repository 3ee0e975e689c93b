using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Exclave;

/// <summary>A file put together from ranges of another, with zeros between them.</summary>
internal sealed class PatchworkByteSource : ByteSource
{
    private readonly ByteSource _source;
    private readonly (long At, long Offset, long Size)[] _pieces;

    internal PatchworkByteSource(ByteSource source, string name, List<(long At, long Offset, long Size)> pieces)
    {
        _source = source;
        _pieces = [.. pieces.OrderBy(static piece => piece.At)];
        for (var i = 0; i < _pieces.Length; i++)
        {
            var (at, offset, size) = _pieces[i];
            if (i + 1 < _pieces.Length && _pieces[i + 1].At <= at)
            {
                throw ExclaveBundle.Fault(offset, $"{name}: two of its pieces would stand at 0x{at:x} of its file");
            }

            // A piece that is longer than its place in the file ends where the next one begins.
            _pieces[i].Size = i + 1 < _pieces.Length ? Math.Min(size, _pieces[i + 1].At - at) : size;
            Length = at + _pieces[i].Size;
        }
    }

    public override long Length { get; }

    protected override string Kind => ExclaveBundle.Format;

    protected override void ReadCore(long offset, Span<byte> destination)
    {
        destination.Clear();
        var end = offset + destination.Length;
        foreach (var piece in _pieces)
        {
            var from = Math.Max(offset, piece.At);
            var to = Math.Min(end, piece.At + piece.Size);
            if (from < to)
            {
                _source.ReadExactly(piece.Offset + (from - piece.At), destination.Slice((int)(from - offset), (int)(to - from)));
            }
        }
    }
}
