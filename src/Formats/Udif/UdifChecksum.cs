using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Udif;

/// <summary>A checksum field of UDIF: a type, a size in bits, and 128 bytes of room.</summary>
internal readonly record struct UdifChecksum(uint Type, uint Value)
{
    /// <summary>CRC-32 as zlib computes it.</summary>
    internal const uint Crc32 = 2;

    internal const int Size = 136;

    /// <summary>Whether there is a checksum that can be verified.</summary>
    internal bool IsCrc32 => Type == Crc32;

    internal static UdifChecksum Read(ref SpanReader reader)
    {
        var type = reader.ReadUInt32();
        var bits = reader.ReadUInt32();
        var value = BinaryPrimitives.ReadUInt32BigEndian(reader.ReadBytes(128));
        return type == Crc32 && bits == 32 ? new UdifChecksum(type, value) : default;
    }
}
