using System.Buffers.Binary;
using System.Security.Cryptography;
using IpswDiff.Forge.Pbzx;

namespace IpswDiff.Forge.ImagePatches;

/// <summary>Writes what is known of RIDIFF10 patches: the header and the beginning of the metadata.</summary>
public static class RidiffWriter
{
    public static byte[] Write(byte[] image, int extents = 2, int forks = 3)
    {
        var metadata = new byte[64 + (16 * extents)];
        SHA256.HashData(image).CopyTo(metadata, 0);
        BinaryPrimitives.WriteInt64LittleEndian(metadata.AsSpan(32), image.Length);
        BinaryPrimitives.WriteInt64LittleEndian(metadata.AsSpan(48), extents);
        BinaryPrimitives.WriteInt64LittleEndian(metadata.AsSpan(56), forks);
        var packed = PbzxWriter.Write(metadata);
        var steps = PbzxWriter.Write(new byte[160]);
        var header = new byte[62];
        "RIDIFF10"u8.CopyTo(header);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(8), 1);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(10), 2);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(18), 10);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(26), 0x4000);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(30), header.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(38), header.Length + packed.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(46), header.Length + packed.Length + steps.Length);
        return [.. header, .. packed, .. steps];
    }
}
