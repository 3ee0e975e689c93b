using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Compression;

namespace IpswDiff.Formats.Img4;

/// <summary>Decodes the payload of an IM4P.</summary>
internal static class Im4pPayload
{
    // The largest payloads that are compressed, kernelcaches of Macs, are about 110 MB.
    internal const int DefaultMaxBytes = 512 << 20;

    /// <summary>The compression that the first bytes show.</summary>
    internal static Im4pCompression Recognise(ByteSource payload)
    {
        Span<byte> magic = stackalloc byte[8];
        magic = magic[..payload.ReadUpTo(0, magic)];
        return Lzfse.IsLzfse(magic) ? Im4pCompression.Lzfse
            : magic.StartsWith("complzss"u8) ? Im4pCompression.Lzss
            : Im4pCompression.None;
    }

    /// <summary>Bytes that <see cref="IsNoise"/> looks at.</summary>
    internal const int NoiseProbe = 4096;

    /// <summary>
    /// Whether bytes are of all values alike, as ciphertext is: Pearson's chi-squared is 255 on average then, with a deviation of 23; code,
    /// tables and text have thousands. Fewer than 256 bytes tell nothing.
    /// </summary>
    internal static bool IsNoise(ReadOnlySpan<byte> bytes)
    {
        const int Values = 256;
        const double Limit = 512;
        if (bytes.Length < Values)
        {
            return false;
        }

        Span<int> counts = stackalloc int[Values];
        counts.Clear();
        foreach (var value in bytes)
        {
            counts[value]++;
        }

        var expected = bytes.Length / (double)Values;
        var sum = 0.0;
        foreach (var count in counts)
        {
            sum += (count - expected) * (count - expected) / expected;
        }

        return sum < Limit;
    }

    internal static OwnedByteSource Unpack(Im4p im4p, long memoryLimit, string temporaryFolder, int maxBytes)
    {
        RequireClear(im4p);
        var size = im4p.Compression == Im4pCompression.None ? 0 : MeasureDecoded(im4p);
        if (size <= memoryLimit)
        {
            return new OwnedByteSource(Decode(im4p, maxBytes));
        }

        if (size > maxBytes)
        {
            throw TooLarge(im4p, size, maxBytes);
        }

        var spilled = TemporaryByteSource.Write(temporaryFolder, sink => RequireAll(im4p, size, DecodeTo(im4p, size, maxBytes, sink)));
        return new OwnedByteSource(spilled, spilled);
    }

    internal static ByteSource Decode(Im4p im4p, int maxBytes)
    {
        RequireClear(im4p);
        if (im4p.Compression == Im4pCompression.None)
        {
            return im4p.Payload;
        }

        if (im4p.Payload.Length > maxBytes)
        {
            throw TooLarge(im4p, im4p.Payload.Length, maxBytes);
        }

        var length = (int)im4p.Payload.Length;
        var buffer = BoundedArrayPool<byte>.Shared.Rent(length);
        try
        {
            var packed = buffer.AsSpan(0, length);
            im4p.Payload.ReadExactly(0, packed);
            return new MemoryByteSource(im4p.Compression == Im4pCompression.Lzfse ? DecodeLzfse(im4p, packed, maxBytes) : DecodeLzss(im4p, packed, maxBytes));
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void RequireClear(Im4p im4p)
    {
        if (im4p.IsEncrypted)
        {
            throw new FirmwareFormatException(
                im4p.Format, -1, $"the payload {im4p.Tag} is encrypted with a key inside the chip; where IV and key are published, "
                + "give them with --key (NAME=HEX for a file of a firmware)");
        }

        if (im4p.Faults is [var fault, ..])
        {
            throw new FirmwareFormatException(fault.Format, fault.Offset, fault.Reason, fault);
        }
    }

    // Without decoding it.
    private static long MeasureDecoded(Im4p im4p) => im4p.Compression == Im4pCompression.Lzfse ? LzfseStream.Measure(im4p.Payload)
        : LzssStream.TryReadHeader(im4p.Payload, out var header) ? header.UncompressedSize
        : im4p.DeclaredSize ?? 0;

    private static long DecodeTo(Im4p im4p, long size, int maxBytes, ByteSink sink) =>
        im4p.Compression == Im4pCompression.Lzfse ? LzfseStream.Decode(im4p.Payload, maxBytes, sink)
        : LzssStream.TryReadHeader(im4p.Payload, out _) ? LzssStream.DecodeWithHeader(im4p.Payload, sink)
        : LzssStream.Decode(im4p.Payload, size, sink);

    private static void RequireAll(Im4p im4p, long size, long written)
    {
        if (written != size)
        {
            throw DerElement.Fault(-1, $"the payload {im4p.Tag} decodes to {written} of {size} bytes");
        }
    }

    // The blocks say themselves how long they are, and are believed over the declaration, which some tools leave wrong.
    private static byte[] DecodeLzfse(Im4p im4p, ReadOnlySpan<byte> packed, int maxBytes)
    {
        var size = Lzfse.MeasureDecodedLength(packed);
        if (size > maxBytes)
        {
            throw TooLarge(im4p, size, maxBytes);
        }

        var decoded = GC.AllocateUninitializedArray<byte>((int)size);
        RequireAll(im4p, size, Lzfse.Decode(packed, decoded));
        return decoded;
    }

    private static byte[] DecodeLzss(Im4p im4p, ReadOnlySpan<byte> packed, int maxBytes)
    {
        var hasHeader = Lzss.TryReadHeader(packed, out var header);
        var size = hasHeader ? header.UncompressedSize : im4p.DeclaredSize ?? 0;
        if (size > maxBytes)
        {
            throw TooLarge(im4p, size, maxBytes);
        }

        var decoded = GC.AllocateUninitializedArray<byte>((int)size);
        RequireAll(im4p, size, hasHeader ? Lzss.DecodeWithHeader(packed, decoded) : Lzss.Decode(packed, decoded));
        return decoded;
    }

    private static FirmwareFormatException TooLarge(Im4p im4p, long size, int maxBytes) =>
        DerElement.Fault(-1, $"the payload {im4p.Tag} takes {size} bytes, more than the {maxBytes} that may be decoded into memory");
}
