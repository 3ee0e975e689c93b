using System.Buffers.Binary;
using IpswDiff.Forge.Partitions;
using IpswDiff.Formats.HfsPlus;

namespace IpswDiff.Forge.HfsPlus;

/// <summary>The HFS volume around an HFS+ one (TN1150 "HFS Wrapper"): a master directory block that says where the inner volume lies.</summary>
internal static class HfsWrapper
{
    private const int BlocksBefore = 3;

    /// <summary>Where the inner volume begins; the same for every size, since the blocks before it are padded.</summary>
    internal const long VolumeOffset = 1 << 20;

    internal static long LengthFor(long volume) => VolumeOffset + (Count(volume) * (long)BlockSize(volume)) + 1024;

    internal static void Write(ForgeSink sink, long volume, Action<ForgeSink> write)
    {
        var mdb = new byte[512];
        BinaryPrimitives.WriteUInt16BigEndian(mdb, HfsFormat.HfsSignature);
        BinaryPrimitives.WriteUInt16BigEndian(mdb.AsSpan(0x12), checked((ushort)(BlocksBefore + Count(volume))));
        BinaryPrimitives.WriteUInt32BigEndian(mdb.AsSpan(0x14), (uint)BlockSize(volume));
        BinaryPrimitives.WriteUInt16BigEndian(mdb.AsSpan(0x1C), checked((ushort)FirstBlockSector(volume)));
        BinaryPrimitives.WriteUInt16BigEndian(mdb.AsSpan(0x7C), HfsFormat.HfsPlusSignature);
        BinaryPrimitives.WriteUInt16BigEndian(mdb.AsSpan(0x7E), (ushort)BlocksBefore);
        BinaryPrimitives.WriteUInt16BigEndian(mdb.AsSpan(0x80), checked((ushort)Count(volume)));
        sink.WriteZeros(1024);
        sink.Write(mdb);
        sink.WriteZeros(VolumeOffset - 1024 - mdb.Length);
        write(sink);
        sink.WriteZeros((Count(volume) * (long)BlockSize(volume)) - volume);
        sink.Write(mdb);
        sink.WriteZeros(512);
    }



    private static long FirstBlockSector(long volume) => (VolumeOffset - (BlocksBefore * (long)BlockSize(volume))) / 512;

    // The inner volume must end with its last block, or its alternate header is not where it belongs: blocks divide it evenly.
    private static int BlockSize(long volume)
    {
        for (var size = 512; ; size += 512)
        {
            if (volume % size == 0 && volume / size < 60000)
            {
                return size;
            }
        }
    }

    private static long Count(long volume) => volume / BlockSize(volume);
}
