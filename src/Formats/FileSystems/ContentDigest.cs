using System.Buffers.Binary;

namespace IpswDiff.Formats.FileSystems;

/// <summary>The SHA-256 of a file's contents as a reader sees them.</summary>
/// <param name="A">Bytes 0 to 7, big endian.</param>
/// <param name="B">Bytes 8 to 15.</param>
/// <param name="C">Bytes 16 to 23.</param>
/// <param name="D">Bytes 24 to 31.</param>
public readonly record struct ContentDigest(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>Bytes of a digest.</summary>
    public const int Length = 32;

    /// <summary>Reads a digest from exactly <see cref="Length"/> bytes.</summary>
    /// <exception cref="ArgumentException">There are more or fewer bytes.</exception>
    public static ContentDigest Read(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Length);
        return new ContentDigest(
            BinaryPrimitives.ReadUInt64BigEndian(bytes),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]));
    }

    /// <summary>Writes the digest to exactly <see cref="Length"/> bytes.</summary>
    /// <exception cref="ArgumentException">There are more or fewer bytes.</exception>
    public void Write(Span<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Length);
        BinaryPrimitives.WriteUInt64BigEndian(bytes, A);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], B);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], C);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], D);
    }
}
