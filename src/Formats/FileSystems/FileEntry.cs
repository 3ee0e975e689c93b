namespace IpswDiff.Formats.FileSystems;

/// <summary>What a directory entry is.</summary>
public enum FileKind
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    Symlink,

    /// <summary>A device, a socket, a FIFO or a whiteout: listed, never opened.</summary>
    Special,
}

/// <summary>One name in a volume's tree, with the facts of its inode. Hard links give one entry a name.</summary>
public sealed record FileEntry
{
    /// <summary>Absolute path within the volume, <c>/</c> between parts, no trailing one except for the root itself.</summary>
    public required string Path { get; init; }

    /// <summary>What the entry is.</summary>
    public required FileKind Kind { get; init; }

    /// <summary>Logical size in bytes of a file's contents as a reader sees them (after decompression); 0 for directories, the target's length for symlinks.</summary>
    public required long Size { get; init; }

    /// <summary>Permission bits with set-id and sticky bits (the low 12 bits of <c>st_mode</c>).</summary>
    public required int Mode { get; init; }

    /// <summary>The inode or catalog number: equal for hard links of one file, unique otherwise within the volume.</summary>
    public required ulong FileId { get; init; }

    /// <summary>Owner.</summary>
    public uint Uid { get; init; }

    /// <summary>Group.</summary>
    public uint Gid { get; init; }

    /// <summary>Whether the contents are stored compressed (decmpfs).</summary>
    public bool IsCompressed { get; init; }

    /// <summary>The symlink's target as stored; null for everything else.</summary>
    public string? Target { get; init; }

    /// <summary>Where the contents begin on the volume, in bytes, when known; only an order for sequential reading, 0 otherwise.</summary>
    public long PhysicalOffset { get; init; }

    /// <summary>
    /// A hash of the contents that the file system itself keeps (sealed APFS), as comparable text with its algorithm in front,
    /// or null. Equal values mean equal contents.
    /// </summary>
    public string? ContentHash { get; init; }

    /// <summary>
    /// The digest of the contents that was taken when the volume was unpacked, or null. Equal digests mean equal contents, as if both had
    /// been read; nothing of it stands in the firmware itself.
    /// </summary>
    public ContentDigest? Digest { get; init; }
}
