using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Compression;

namespace IpswDiff.Formats.Aea;

/// <summary>Undoes the compression of one decrypted segment and checks its checksum.</summary>
internal static class AeaSegment
{
    /// <summary>Decodes a segment that is shorter stored than it must be decoded.</summary>
    internal static void Decompress(AeaCompression compression, ReadOnlySpan<byte> stored, Span<byte> destination)
    {
        var written = compression switch
        {
            AeaCompression.Lzfse => Lzfse.Decode(stored, destination),
            AeaCompression.Lzvn => Lzvn.Decode(stored, destination),
            AeaCompression.Lzbitmap => Lzbitmap.Decode(stored, destination),
            AeaCompression.Lz4 => stored.StartsWith("bv4"u8) ? Lz4.Decode(stored, destination) : Lz4.DecodeBlock(stored, destination),
            AeaCompression.Lzraven => Lzraven.Decode(stored, destination),
            AeaCompression.Lzma => Xz.Decode(stored, destination),
            AeaCompression.Zlib => HasZlibHeader(stored) ? Zlib.Decode(stored, destination) : Zlib.DecodeDeflate(stored, destination),
            _ => throw new FirmwareFormatException(AeaPrologue.Format, -1, "a segment is shorter than its data, but the archive is not compressed"),
        };
        if (written != destination.Length)
        {
            throw new FirmwareFormatException(AeaPrologue.Format, -1, $"a segment decodes to {written} of {destination.Length} bytes");
        }
    }

    /// <summary>Whether the decoded bytes are what the archive says of them.</summary>
    internal static bool Matches(AeaChecksum kind, ReadOnlySpan<byte> data, ReadOnlySpan<byte> expected)
    {
        Span<byte> actual = stackalloc byte[32];
        switch (kind)
        {
            case AeaChecksum.Murmur:
                System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(actual, MurmurHash64A.Compute(data));
                break;
            case AeaChecksum.Sha256:
                System.Security.Cryptography.SHA256.HashData(data, actual);
                break;
        }

        return expected.SequenceEqual(actual[..expected.Length]);
    }

    // RFC 1950: method 8, and the first two bytes a multiple of 31. Apple's own zlib writes bare deflate in places.
    private static bool HasZlibHeader(ReadOnlySpan<byte> stored) =>
        stored.Length >= 2 && (stored[0] & 0x0f) == 8 && ((stored[0] << 8) | stored[1]) % 31 == 0;
}
