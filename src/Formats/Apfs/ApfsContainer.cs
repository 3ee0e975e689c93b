using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Apfs;

/// <summary>How a container is read.</summary>
public sealed record ApfsOptions
{
    /// <summary>
    /// Whether the checksum, and in sealed volumes the hash, of every tree node is checked as it is read from the image. Superblocks and
    /// object maps are checked in any case.
    /// </summary>
    public bool VerifyObjects { get; init; }

    /// <summary>Where decoded blocks of compressed files live; the process's own cache by default.</summary>
    public BlockCache? Cache { get; init; }

    /// <summary>Bytes of tree nodes kept in memory; 8 MiB unless told.</summary>
    public long NodeCacheBytes { get; init; } = 8L << 20;
}

/// <summary>An APFS container (Apple File System Reference): the volumes that share one partition.</summary>
public sealed class ApfsContainer : IFormatReader<ApfsContainer>
{
    private readonly ApfsContainerSuperblock _superblock;

    private ApfsContainer(
        ByteSource source, ApfsContainerSuperblock superblock, ApfsOptions options, Action<FirmwareFormatException>? unreadable)
    {
        _superblock = superblock;
        Blocks = new ApfsBlocks(source, superblock.BlockSize, superblock.BlockCount, options.VerifyObjects);
        Cache = new ApfsNodeCache(options.NodeCacheBytes, superblock.BlockSize);
        DecodedBlocks = options.Cache;
        ObjectMap = new ObjectMap(Blocks, Cache, superblock.ObjectMap, "the container's object map");
        Volumes = ReadVolumes(unreadable);
    }

    /// <summary>The container's UUID.</summary>
    public Guid Uuid => _superblock.Uuid;

    /// <summary>Bytes of a block.</summary>
    public int BlockSize => _superblock.BlockSize;

    /// <summary>The transaction of the checkpoint that is read.</summary>
    public ulong Transaction => _superblock.Transaction;

    /// <summary>The volumes in the container's order; encrypted ones are listed, but refuse to be read.</summary>
    public IReadOnlyList<ApfsVolume> Volumes { get; }

    internal ApfsBlocks Blocks { get; }

    internal ApfsNodeCache Cache { get; }

    internal BlockCache? DecodedBlocks { get; }

    internal ObjectMap ObjectMap { get; }

    /// <inheritdoc/>
    public static int HeadLength => ApfsContainerSuperblock.HeadLength;

    /// <summary>Whether a partition that begins with <paramref name="head"/> is a container.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) => ApfsContainerSuperblock.Matches(head);

    static ApfsContainer IFormatReader<ApfsContainer>.Open(ByteSource source) => Open(source);

    /// <summary>Opens the newest valid checkpoint of a container; reads superblocks and roots only.</summary>
    /// <param name="source">The partition.</param>
    /// <param name="options">How to read it.</param>
    /// <exception cref="FirmwareFormatException">It is no container, or its superblocks or object map are damaged.</exception>
    public static ApfsContainer Open(ByteSource source, ApfsOptions? options = null) =>
        new(source, ApfsContainerSuperblock.ReadNewest(source), options ?? new ApfsOptions(), null);

    /// <summary>Opens a container as <see cref="Open"/> does, without the volumes that are damaged; <paramref name="unreadable"/> is told of each.</summary>
    /// <exception cref="FirmwareFormatException">It is no container, or what all volumes share is damaged.</exception>
    internal static ApfsContainer OpenReadable(ByteSource source, ApfsOptions options, Action<FirmwareFormatException> unreadable) =>
        new(source, ApfsContainerSuperblock.ReadNewest(source), options, unreadable);

    /// <summary>Checks the checksum of every node of the container's object map, and everything <see cref="ApfsVolume.Verify"/> checks.</summary>
    /// <exception cref="FirmwareFormatException">An object is damaged.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Verify(CancellationToken cancellationToken = default)
    {
        ApfsVerifier.VerifyTree(ObjectMap.Tree, Blocks, cancellationToken);
        foreach (var volume in Volumes)
        {
            volume.Verify(cancellationToken);
        }
    }

    private List<ApfsVolume> ReadVolumes(Action<FirmwareFormatException>? unreadable)
    {
        var volumes = new List<ApfsVolume>();
        foreach (var id in _superblock.FileSystems)
        {
            if (id == 0)
            {
                continue;
            }

            try
            {
                var address = ObjectMap.Resolve(id, _superblock.Transaction, "a volume");
                var block = Blocks.ReadObject(address, ApfsConstants.ObjectTypeVolume, "a volume superblock");
                volumes.Add(new ApfsVolume(this, ApfsVolumeSuperblock.Parse(block, (long)address * BlockSize)));
            }
            catch (FirmwareFormatException fault) when (unreadable is not null)
            {
                unreadable(fault);
            }
        }

        return volumes;
    }
}
