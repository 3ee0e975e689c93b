namespace IpswDiff.Formats.Bytes;

/// <summary>
/// A source of which so little is stored that whoever reads it from front to back works without end: a file system may
/// claim 2^60 bytes in a hundred. It is read as it is, but only so much of its holes; who knows of holes asks <see
/// cref="ByteSource.RunAt"/> and passes over them.
/// </summary>
public sealed class SparseByteSource : ByteSource
{
    /// <summary>Bytes of holes that may be read of any source.</summary>
    public const long FreeHoles = 256L << 20;

    /// <summary>Bytes of holes that may be read for each byte that is stored.</summary>
    public const int HolesPerStored = 64;

    private readonly ByteSource _source;
    private readonly long _stored;
    private long _left;

    private SparseByteSource(ByteSource source, long stored, long holes) =>
        (_source, _stored, _left) = (source, stored, holes);

    /// <inheritdoc/>
    public override long Length => _source.Length;

    /// <inheritdoc/>
    protected override string Kind => "sparse file";

    /// <summary>
    /// The source itself where reading all of it takes time in proportion to what is stored: its holes are <see
    /// cref="FreeHoles"/> and
    /// <see cref="HolesPerStored"/> times what is stored at most. Else one that refuses to read more of its holes than
    /// that.
    /// </summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    public static ByteSource Bound(ByteSource source)
    {
        if (source.Length <= FreeHoles)
        {
            return source;
        }

        var (stored, holes) = (0L, 0L);
        for (var offset = 0L; offset < source.Length;)
        {
            var run = source.RunAt(offset);
            offset += run.Length;
            (stored, holes) = run.IsHole ? (stored, holes + run.Length) : (stored + run.Length, holes);
        }

        // No product of what is stored overflows where it matters: holes are shorter than what a long holds.
        var bound = stored > (long.MaxValue - FreeHoles) / HolesPerStored
            ? long.MaxValue : FreeHoles + (stored * HolesPerStored);
        return holes <= bound ? source : new SparseByteSource(source, stored, bound);
    }

    /// <inheritdoc/>
    public override ByteRun RunAt(long offset) => _source.RunAt(offset);

    /// <inheritdoc/>
    public override void ReadAhead(long offset, long length) => _source.ReadAhead(offset, length);

    /// <inheritdoc/>
    protected override void ReadCore(long offset, Span<byte> destination)
    {
        var run = _source.RunAt(offset);
        if (run.IsHole && Interlocked.Add(ref _left, -Math.Min(run.Length, destination.Length)) < 0)
        {
            throw new FirmwareFormatException(
                Kind, offset,
                    $"only {_stored} of its {Length} bytes are stored, and it would have to be read through its holes");
        }

        _source.ReadExactly(offset, destination);
    }
}
