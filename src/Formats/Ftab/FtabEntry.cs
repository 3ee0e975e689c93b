using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Compression;

namespace IpswDiff.Formats.Ftab;

/// <summary>One file of an ftab.</summary>
public sealed class FtabEntry
{
    /// <summary>Bytes that a compressed file may take in memory unless a caller says otherwise.</summary>
    public const int DefaultMaxBytes = 256 << 20;

    private const int EnvelopeSize = 12;

    internal FtabEntry(string tag, long offset, ByteSource source)
    {
        Tag = tag;
        Offset = offset;
        Source = source;
    }

    /// <summary>Four characters.</summary>
    public string Tag { get; }

    /// <summary>Where it begins in the table, in bytes.</summary>
    public long Offset { get; }

    /// <summary>The bytes as they are in the table.</summary>
    public ByteSource Source { get; }

    /// <summary>The envelope of a file that is LZFSE-compressed, or null: three words, then the first block (<c>bvx…</c>).</summary>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    public FtabEnvelope? ReadEnvelope()
    {
        Span<byte> head = stackalloc byte[EnvelopeSize + 4];
        if (Source.ReadUpTo(0, head) < head.Length || !Lzfse.IsLzfse(head[EnvelopeSize..]))
        {
            return null;
        }

        var reader = new SpanReader(head, FtabFile.Format, Offset);
        return new FtabEnvelope(reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt32());
    }

    /// <summary>The contents: decompressed into memory where the file is compressed, else in place.</summary>
    /// <param name="maxBytes">What a compressed file may take in memory.</param>
    /// <exception cref="FirmwareFormatException">The file is damaged, or larger than <paramref name="maxBytes"/> when decompressed.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public ByteSource OpenContent(int maxBytes = DefaultMaxBytes)
    {
        if (ReadEnvelope() is not { } envelope)
        {
            return Source;
        }

        if (envelope.Size > maxBytes || envelope.CompressedSize > Source.Length - EnvelopeSize)
        {
            throw FtabFile.Fault(
                Offset, $"file {Tag} states {envelope.CompressedSize} bytes for {envelope.Size}; it has {Source.Length - EnvelopeSize}, and {maxBytes} may be decoded");
        }

        var packed = BoundedArrayPool<byte>.Shared.Rent((int)Math.Min(envelope.CompressedSize, int.MaxValue));
        try
        {
            var bytes = packed.AsSpan(0, (int)envelope.CompressedSize);
            Source.ReadExactly(EnvelopeSize, bytes);
            var measured = Lzfse.MeasureDecodedLength(bytes);
            if (measured != envelope.Size)
            {
                throw FtabFile.Fault(Offset, $"file {Tag} decodes to {measured} bytes and states {envelope.Size}");
            }

            var content = GC.AllocateUninitializedArray<byte>((int)measured);
            var written = Lzfse.Decode(bytes, content);
            return written == content.Length
                ? new MemoryByteSource(content)
                : throw FtabFile.Fault(Offset, $"file {Tag} decodes to {written} of {content.Length} bytes");
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(packed);
        }
    }
}

/// <summary>What stands before a compressed file.</summary>
/// <param name="Id">A number of the file's profile.</param>
/// <param name="Size">Bytes when decompressed.</param>
/// <param name="CompressedSize">Bytes that follow.</param>
public readonly record struct FtabEnvelope(uint Id, uint Size, uint CompressedSize);
