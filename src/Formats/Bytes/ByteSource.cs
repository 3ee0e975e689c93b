namespace IpswDiff.Formats.Bytes;

/// <summary>
/// Bytes that can be read at any offset: a file, a range of one, a blob, a decrypted archive, a disk inside it, a file inside that.
/// Positional, synchronous and safe for concurrent use, as <c>pread</c> is.
/// </summary>
public abstract class ByteSource
{
    /// <summary>Length in bytes; fixed for the life of the source.</summary>
    public abstract long Length { get; }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/>.</summary>
    /// <exception cref="FirmwareFormatException">The range leaves the source, or a layer underneath is damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public void ReadExactly(long offset, Span<byte> destination)
    {
        if ((ulong)offset > (ulong)Length || destination.Length > Length - offset)
        {
            throw new FirmwareFormatException(
                Kind, offset, $"{destination.Length} bytes wanted, but the data ends at 0x{Length:x}");
        }

        if (!destination.IsEmpty)
        {
            ReadCore(offset, destination);
        }
    }

    /// <summary>The part of this source from <paramref name="offset"/>, <paramref name="length"/> bytes long; nothing is read.</summary>
    /// <exception cref="FirmwareFormatException">The range leaves the source.</exception>
    public virtual ByteSource Slice(long offset, long length)
    {
        CheckRange(offset, length);
        return offset == 0 && length == Length ? this : new SliceByteSource(this, offset, length);
    }

    /// <summary>
    /// A hint that a range is about to be read from front to back. Layers that decode in blocks start on them in the background,
    /// as far as cache and processors allow; the others pass it down or ignore it.
    /// </summary>
    public virtual void ReadAhead(long offset, long length)
    {
    }

    /// <summary>
    /// What tells these bytes from others that may stand in their place at another time, or in another: the place, and
    /// the mark that its storage gives to every version. Null where nobody knows. Made without reading, and nothing
    /// that the bytes themselves say.
    /// </summary>
    public virtual string? Revision => null;

    /// <summary>
    /// How the bytes from <paramref name="offset"/> on are kept, as far as that is known without reading: neighbouring
    /// runs may be alike, and bytes that are not said to lie in a hole may be zeros as well.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The offset is not inside the source.</exception>
    public virtual ByteRun RunAt(long offset)
    {
        CheckRange(offset, 1);
        return new ByteRun(Length - offset, IsHole: false);
    }

    /// <summary>What this source is, for messages: <c>file</c>, <c>AEA</c>, <c>UDIF</c> and so on.</summary>
    protected virtual string Kind => "data";

    /// <summary>Fails unless <paramref name="length"/> bytes from <paramref name="offset"/> lie inside the source.</summary>
    /// <exception cref="FirmwareFormatException">They do not.</exception>
    protected void CheckRange(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
        {
            throw new FirmwareFormatException(
                Kind, offset, $"a range of {length} bytes at 0x{offset:x} leaves the data, which ends at 0x{Length:x}");
        }
    }

    /// <summary>Fills a non-empty <paramref name="destination"/>; the range is known to lie inside the source.</summary>
    protected abstract void ReadCore(long offset, Span<byte> destination);

    /// <summary>Reads up to <paramref name="destination"/>'s length, less only where the source ends; returns the count.</summary>
    public int ReadUpTo(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset >= Length)
        {
            return 0;
        }

        var count = (int)Math.Min(destination.Length, Length - offset);
        ReadExactly(offset, destination[..count]);
        return count;
    }

    /// <summary>Reads a range into a new array; for small structures whose size was checked by the caller.</summary>
    /// <exception cref="FirmwareFormatException">The range leaves the source.</exception>
    public byte[] ReadBytes(long offset, int count)
    {
        CheckRange(offset, count);
        var bytes = GC.AllocateUninitializedArray<byte>(count);
        ReadExactly(offset, bytes);
        return bytes;
    }
}
