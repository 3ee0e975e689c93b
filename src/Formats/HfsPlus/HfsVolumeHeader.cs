using System.Buffers.Binary;
using System.Numerics;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.HfsPlus;

/// <summary>What the volume header says (<c>HFSPlusVolumeHeader</c>, TN1150 "Volume Header").</summary>
internal sealed record HfsVolumeHeader
{
    /// <summary>The HFS+ volume itself, out of the HFS wrapper where it has one.</summary>
    internal required ByteSource Volume { get; init; }

    /// <summary>Whether the volume is HFSX, which alone may compare names byte by byte.</summary>
    internal required bool IsHfsx { get; init; }

    internal required uint Attributes { get; init; }

    internal required uint FileCount { get; init; }

    internal required uint FolderCount { get; init; }

    internal required uint BlockSize { get; init; }

    internal required uint TotalBlocks { get; init; }

    internal required HfsFork ExtentsFile { get; init; }

    internal required HfsFork CatalogFile { get; init; }

    internal required HfsFork AttributesFile { get; init; }

    internal bool IsJournaled => (Attributes & HfsFormat.VolumeJournaled) != 0;

    /// <summary>
    /// The header of an HFS+ volume, or null where there is none. A damaged primary header is replaced by the alternate one.
    /// </summary>
    /// <exception cref="FirmwareFormatException">There is an HFS+ volume, and neither of its headers makes sense.</exception>
    internal static HfsVolumeHeader? Read(ByteSource partition)
    {
        var volume = Unwrap(partition);
        if (volume is null || volume.Length < HfsFormat.VolumeHeaderOffset + HfsFormat.VolumeHeaderSize)
        {
            return null;
        }

        var alternate = volume.Length - HfsFormat.AlternateHeaderDistance;
        if (!HasSignature(volume, HfsFormat.VolumeHeaderOffset))
        {
            return IsOtherFileSystem(volume) || !HasSignature(volume, alternate) ? null : Parse(volume, alternate);
        }

        try
        {
            return Parse(volume, HfsFormat.VolumeHeaderOffset);
        }
        catch (FirmwareFormatException) when (HasSignature(volume, alternate))
        {
            return Parse(volume, alternate);
        }
    }

    /// <summary>The volume inside an HFS wrapper (TN1150 "HFS Wrapper"), the partition itself where it is none, null for plain HFS.</summary>
    private static ByteSource? Unwrap(ByteSource partition)
    {
        Span<byte> block = stackalloc byte[HfsFormat.VolumeHeaderSize];
        if (partition.ReadUpTo(HfsFormat.VolumeHeaderOffset, block) < block.Length ||
            BinaryPrimitives.ReadUInt16BigEndian(block) != HfsFormat.HfsSignature)
        {
            return partition;
        }

        // Offsets within HFSMasterDirectoryBlock: drAlBlkSiz, drAlBlSt (in sectors), drEmbedSigWord, drEmbedExtent.
        var blockSize = BinaryPrimitives.ReadUInt32BigEndian(block[0x14..]);
        var firstSector = BinaryPrimitives.ReadUInt16BigEndian(block[0x1C..]);
        var signature = BinaryPrimitives.ReadUInt16BigEndian(block[0x7C..]);
        var start = BinaryPrimitives.ReadUInt16BigEndian(block[0x7E..]);
        var count = BinaryPrimitives.ReadUInt16BigEndian(block[0x80..]);
        if (signature is not (HfsFormat.HfsPlusSignature or HfsFormat.HfsxSignature))
        {
            return null;
        }

        return partition.Slice((firstSector * 512L) + (start * (long)blockSize), count * (long)blockSize);
    }

    private static bool HasSignature(ByteSource volume, long offset)
    {
        Span<byte> bytes = stackalloc byte[2];
        volume.ReadExactly(offset, bytes);
        return BinaryPrimitives.ReadUInt16BigEndian(bytes) is HfsFormat.HfsPlusSignature or HfsFormat.HfsxSignature;
    }

    /// <summary>
    /// Whether an APFS container begins here. A volume converted to APFS in place keeps its alternate HFS+ header, which must not
    /// bring the old file system back.
    /// </summary>
    private static bool IsOtherFileSystem(ByteSource volume)
    {
        Span<byte> magic = stackalloc byte[4];
        volume.ReadExactly(32, magic);
        return magic.SequenceEqual("NXSB"u8);
    }

    private static HfsVolumeHeader Parse(ByteSource volume, long offset)
    {
        Span<byte> bytes = stackalloc byte[HfsFormat.VolumeHeaderSize];
        volume.ReadExactly(offset, bytes);
        var reader = new SpanReader(bytes, HfsFormat.Name, offset, bigEndian: true);
        var isHfsx = reader.ReadUInt16() == HfsFormat.HfsxSignature;
        reader.Skip(2);
        var attributes = reader.ReadUInt32();
        reader.Seek(32);
        var files = reader.ReadUInt32();
        var folders = reader.ReadUInt32();
        var blockSize = reader.ReadUInt32();
        var blocks = reader.ReadUInt32();
        if (blockSize < 512 || !BitOperations.IsPow2(blockSize))
        {
            throw new FirmwareFormatException(HfsFormat.Name, offset + 40, $"the allocation block size, {blockSize}, is not a power of two from 512");
        }

        if (blocks * (long)blockSize > volume.Length)
        {
            throw new FirmwareFormatException(
                HfsFormat.Name, offset + 44, $"the volume has {blocks} blocks of {blockSize} bytes, but the partition only 0x{volume.Length:x} bytes: was it cut short?");
        }

        reader.Seek(192);
        var header = new HfsVolumeHeader
        {
            Volume = volume,
            IsHfsx = isHfsx,
            Attributes = attributes,
            FileCount = files,
            FolderCount = folders,
            BlockSize = blockSize,
            TotalBlocks = blocks,
            ExtentsFile = HfsFork.Read(ref reader),
            CatalogFile = HfsFork.Read(ref reader),
            AttributesFile = HfsFork.Read(ref reader),
        };
        if (header.CatalogFile.LogicalSize == 0)
        {
            throw new FirmwareFormatException(HfsFormat.Name, offset + 272, "the volume has no catalog file");
        }

        return header;
    }
}
