namespace IpswDiff.Forge.Partitions;

/// <summary>A stretch of a disk that UDIF gives a block table of its own.</summary>
public sealed record DiskPiece(string Name, long Length, Action<ForgeSink> Write)
{
    internal static DiskPiece Of(string name, byte[] bytes) => new(name, bytes.Length, sink => sink.Write(bytes));

    internal static DiskPiece Free(string name, long length) => new(name, length, sink => sink.WriteZeros(length));
}

/// <summary>A partition and its name.</summary>
public sealed record DiskPartition(string Name, DiskContent Content);

/// <summary>How a disk says where its partitions are.</summary>
public enum PartitionMap
{
    /// <summary>There is no map: the disk is its one volume.</summary>
    None,
    Gpt,
    Apm,
}

/// <summary>A whole disk, piece by piece in order.</summary>
public sealed class DiskLayout : DiskContent
{
    public const int SectorSize = 512;

    private DiskLayout(IReadOnlyList<DiskPiece> pieces, DiskContent first)
    {
        Pieces = pieces;
        Length = pieces.Sum(piece => piece.Length);
        GptType = first.GptType;
        AppleType = first.AppleType;
    }

    public IReadOnlyList<DiskPiece> Pieces { get; }

    public override long Length { get; }

    public override Guid GptType { get; }

    public override string AppleType { get; }

    /// <exception cref="ArgumentException">There is no partition, or several without a map.</exception>
    public static DiskLayout Create(PartitionMap map, IReadOnlyList<DiskPartition> partitions)
    {
        if (partitions.Count == 0 || (map == PartitionMap.None && partitions.Count > 1))
        {
            throw new ArgumentException("a disk without a map has exactly one partition, every other at least one", nameof(partitions));
        }

        var pieces = map switch
        {
            PartitionMap.None => [new DiskPiece($"whole disk ({partitions[0].Content.AppleType} : 0)", partitions[0].Content.Length, partitions[0].Content.WriteTo)],
            PartitionMap.Gpt => GuidPartitionTable.Lay(partitions),
            PartitionMap.Apm => ApplePartitionMap.Lay(partitions),
            _ => throw new ArgumentOutOfRangeException(nameof(map), map, null),
        };
        return new DiskLayout(pieces, partitions[0].Content);
    }

    public override void WriteTo(ForgeSink sink)
    {
        foreach (var piece in Pieces)
        {
            piece.Write(sink);
        }
    }
}
