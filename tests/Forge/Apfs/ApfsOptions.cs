using IpswDiff.Forge.FileTree;

namespace IpswDiff.Forge.Apfs;

/// <summary>How a volume compares names, and so how it keys its directory records.</summary>
public enum ApfsNames
{
    /// <summary>Hashed keys; case and normalisation do not matter (macOS's default).</summary>
    CaseInsensitive,

    /// <summary>Hashed keys; normalisation does not matter (iOS).</summary>
    CaseSensitive,

    /// <summary>Keys without a hash, ordered by name (the first iOS releases with APFS).</summary>
    Exact,
}

/// <summary>Volume roles (Apple File System Reference, "Volume Roles").</summary>
public enum ApfsRole
{
    None = 0,
    System = 0x01,
    User = 0x02,
    Recovery = 0x04,
    VirtualMemory = 0x08,
    Preboot = 0x10,
    Installer = 0x20,
    Data = 0x40,
    Baseband = 0x80,
    Update = 0xC0,
    Xart = 0x100,
    Hardware = 0x140,
    Backup = 0x180,
    Enterprise = 0x240,
    Prelogin = 0x2C0,
}

/// <summary>One volume of a container.</summary>
public sealed record ApfsVolume(string Name, ForgeTree Tree)
{
    public ApfsRole Role { get; init; }

    public ApfsNames Names { get; init; } = ApfsNames.CaseSensitive;

    /// <summary>The volume's UUID; null makes one from the name and the place in the container.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>Cuts files into extents of at most this many blocks with a free block in between; 0 for one extent wherever there is no hole.</summary>
    public int FragmentBlocks { get; init; }

    /// <summary>Whether the file-system tree is a tree of hashes, with the hashes of file contents in it.</summary>
    public bool Sealed { get; init; }

    /// <summary>Earlier states of the volume, oldest first; each has the transactions before the newest one, in order.</summary>
    public IReadOnlyList<ApfsSnapshot> Snapshots { get; init; } = [];
}

/// <summary>A state of a volume that was kept. It shares no blocks with the other states.</summary>
public sealed record ApfsSnapshot(string Name, ForgeTree Tree);

/// <summary>How a container is written.</summary>
public sealed record ApfsOptions
{
    public Guid Uuid { get; init; } = new("0f0e0d0c-0b0a-4909-8807-060504030201");

    /// <summary>The time of the container's own stamps.</summary>
    public DateTimeOffset Time { get; init; } = ForgeNode.DefaultTime;

    /// <summary>The newest transaction.</summary>
    public ulong TransactionId { get; init; } = 8;

    /// <summary>The least number of 4 KiB blocks; containers of several volumes grow by themselves to the 512 MiB that the format wants for each but the first.</summary>
    public long MinimumBlocks { get; init; }

    /// <summary>Fewer records in a node make deeper trees; at least 2.</summary>
    public int MaxRecordsPerNode { get; init; } = int.MaxValue;

    /// <summary>Older checkpoints that are still in the ring, whose volumes are empty and have names of their own.</summary>
    public int StaleCheckpoints { get; init; }

    /// <summary>Whether a checkpoint with a higher transaction but a wrong checksum comes after the newest one.</summary>
    public bool CorruptNewerCheckpoint { get; init; }

    /// <summary>Whether block zero holds the oldest superblock, as after a crash; needs <see cref="StaleCheckpoints"/>.</summary>
    public bool StaleBlockZero { get; init; }
}
