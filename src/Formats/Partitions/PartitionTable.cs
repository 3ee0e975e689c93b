using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Partitions;

/// <summary>How a disk is divided.</summary>
public enum PartitionScheme
{
    /// <summary>Not at all: a file system, or something unknown, begins at its first byte.</summary>
    None,

    /// <summary>GUID partition table.</summary>
    Gpt,

    /// <summary>Apple partition map.</summary>
    Apm,
}

/// <summary>One partition of a disk.</summary>
/// <param name="Name">The name the table gives it; may be empty.</param>
/// <param name="Type">GPT: the type GUID, upper case with dashes. APM: the type's text, for example <c>Apple_HFS</c>. Without a table: empty.</param>
/// <param name="Offset">Where it begins, in bytes.</param>
/// <param name="Size">Its size in bytes.</param>
public sealed record Partition(string Name, string Type, long Offset, long Size);

/// <summary>The partitions of a disk: GPT, APM, or one that is the whole disk.</summary>
public sealed class PartitionTable : IFormatReader<PartitionTable>
{
    private const int LargestBlock = 4096;

    private static readonly int[] BlockSizes = [GptReader.SmallestBlock, LargestBlock];

    private PartitionTable(PartitionScheme scheme, int blockSize, IReadOnlyList<Partition> partitions)
    {
        Scheme = scheme;
        BlockSize = blockSize;
        Partitions = partitions;
    }

    /// <summary>The kind of table.</summary>
    public PartitionScheme Scheme { get; }

    /// <summary>Bytes of the blocks in which the table counts; 512 or 4096.</summary>
    public int BlockSize { get; }

    /// <summary>The partitions in the order of the table, unused entries left out.</summary>
    public IReadOnlyList<Partition> Partitions { get; }

    /// <inheritdoc/>
    public static int HeadLength => LargestBlock + GptReader.SignatureLength;

    /// <summary>
    /// Whether a disk that begins with <paramref name="head"/> has a table: a driver descriptor or an entry of APM, or the header of GPT in
    /// the second block, of 512 or 4096 bytes.
    /// </summary>
    public static bool Matches(ReadOnlySpan<byte> head) => ApmReader.Begins(head)
        || GptReader.HasSignature(head, GptReader.SmallestBlock) || GptReader.HasSignature(head, LargestBlock);

    /// <summary>Reads the table of <paramref name="source"/>; one without partitions for a disk that has no table.</summary>
    /// <exception cref="FirmwareFormatException">There is a table, and it is damaged (for GPT: its backup too).</exception>
    public static PartitionTable Open(ByteSource source)
    {
        if (StartsWithFileSystem(source))
        {
            return WithoutTable(source);
        }

        FirmwareFormatException? fault = null;
        foreach (var blockSize in BlockSizes)
        {
            if (GptReader.TryRead(source, blockSize, ref fault) is { } gpt)
            {
                return new PartitionTable(PartitionScheme.Gpt, blockSize, gpt);
            }
        }

        if (fault is not null)
        {
            throw fault;
        }

        return ApmReader.TryRead(source, out var apmBlockSize) is { } apm
            ? new PartitionTable(PartitionScheme.Apm, apmBlockSize, apm)
            : WithoutTable(source);
    }

    private static PartitionTable WithoutTable(ByteSource disk) =>
        new(PartitionScheme.None, BlockSizes[0], [new Partition(string.Empty, string.Empty, 0, disk.Length)]);

    /// <summary>A container superblock of APFS, or a volume header of HFS Plus or HFSX.</summary>
    private static bool StartsWithFileSystem(ByteSource disk)
    {
        Span<byte> magic = stackalloc byte[4];
        if (disk.ReadUpTo(32, magic) == 4 && magic.SequenceEqual("NXSB"u8))
        {
            return true;
        }

        return disk.ReadUpTo(1024, magic) == 4 && BinaryPrimitives.ReadUInt32BigEndian(magic) is 0x482B0004 or 0x48580005;
    }
}
