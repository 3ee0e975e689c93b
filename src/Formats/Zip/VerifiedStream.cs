using System.IO.Hashing;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Zip;

/// <summary>A member's unpacked bytes, read once from the front; no more than were declared, and at the end the CRC must be right.</summary>
internal sealed class VerifiedStream(Stream unpacked, ZipMember member) : Stream
{
    private readonly Crc32 _crc = new();
    private long _position;
    private bool _isVerified;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => member.Size;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException("the member is read from front to back");
    }

    public override int Read(Span<byte> buffer)
    {
        if (_position == member.Size)
        {
            VerifyEnd();
            return 0;
        }

        if (buffer.IsEmpty)
        {
            return 0;
        }

        var count = ReadUnpacked(buffer[..(int)Math.Min(buffer.Length, member.Size - _position)]);
        if (count == 0)
        {
            throw Fault($"the data ends after {_position} of {member.Size} bytes");
        }

        _crc.Append(buffer[..count]);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <summary>Fails unless the packed data ends here too and the CRC of what was read is the declared one.</summary>
    internal void VerifyEnd()
    {
        if (_isVerified)
        {
            return;
        }

        Span<byte> one = stackalloc byte[1];
        if (ReadUnpacked(one) != 0)
        {
            throw Fault($"more data than the {member.Size} bytes that are declared");
        }

        var crc = _crc.GetCurrentHashAsUInt32();
        if (crc != member.Crc32)
        {
            throw Fault($"CRC-32 {crc:x8} instead of {member.Crc32:x8}: the data is damaged");
        }

        _isVerified = true;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("the member is read from front to back");

    public override void SetLength(long value) => throw new NotSupportedException("the member is read-only");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("the member is read-only");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            unpacked.Dispose();
        }

        base.Dispose(disposing);
    }

    private int ReadUnpacked(Span<byte> buffer)
    {
        try
        {
            return unpacked.Read(buffer);
        }
        catch (InvalidDataException fault)
        {
            throw Fault("the deflated data is damaged", fault);
        }
    }

    private FirmwareFormatException Fault(string reason, Exception? inner = null) =>
        new FirmwareFormatException(ZipConstants.Format, member.LocalHeaderOffset, reason, inner).In(member.Name);
}
