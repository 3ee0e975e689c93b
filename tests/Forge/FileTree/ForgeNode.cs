namespace IpswDiff.Forge.FileTree;

/// <summary>
/// A thing in a volume: what an inode holds. The same <see cref="ForgeFile"/> (or symlink) under several names is one hard-linked inode.
/// </summary>
public abstract class ForgeNode
{
    /// <summary>The time that nodes carry unless told otherwise, so that equal inputs make equal images.</summary>
    public static readonly DateTimeOffset DefaultTime = new(2024, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>The low 12 bits of <c>st_mode</c>.</summary>
    public int Mode { get; set; }

    public uint Uid { get; set; }

    public uint Gid { get; set; }

    /// <summary>BSD flags as <c>chflags</c> sets them; writers add <c>UF_COMPRESSED</c> themselves.</summary>
    public uint BsdFlags { get; set; }

    public DateTimeOffset CreatedAt { get; set; } = DefaultTime;

    public DateTimeOffset ModifiedAt { get; set; } = DefaultTime;

    public DateTimeOffset ChangedAt { get; set; } = DefaultTime;

    public DateTimeOffset AccessedAt { get; set; } = DefaultTime;

    /// <summary>Extended attributes by name, in ordinal order of name.</summary>
    public SortedDictionary<string, byte[]> ExtendedAttributes { get; } = new(StringComparer.Ordinal);
}

/// <summary>A regular file.</summary>
public sealed class ForgeFile(ForgeContent content) : ForgeNode
{
    public ForgeContent Content { get; } = content;

    /// <summary>How the contents are stored.</summary>
    public ForgeCompression Compression { get; set; }
}

/// <summary>A directory: names in ordinal order.</summary>
public sealed class ForgeDirectory : ForgeNode
{
    public SortedDictionary<string, ForgeNode> Children { get; } = new(StringComparer.Ordinal);
}

/// <summary>A symbolic link.</summary>
public sealed class ForgeSymlink(string target) : ForgeNode
{
    public string Target { get; } = target;
}

/// <summary>A device, a socket or a FIFO.</summary>
public sealed class ForgeSpecial(ForgeSpecialKind kind, uint device = 0) : ForgeNode
{
    public ForgeSpecialKind Kind { get; } = kind;

    /// <summary>The device number of a device, 0 otherwise.</summary>
    public uint Device { get; } = device;
}

/// <summary>What a <see cref="ForgeSpecial"/> is; the values are <c>S_IFMT</c> types.</summary>
public enum ForgeSpecialKind
{
    Fifo = 0x1000,
    CharacterDevice = 0x2000,
    BlockDevice = 0x6000,
    Socket = 0xC000,
}

/// <summary>The decmpfs compression of a file; the values are the types that the <c>com.apple.decmpfs</c> attribute names.</summary>
public enum ForgeCompression
{
    /// <summary>Stored as extents.</summary>
    None = 0,

    /// <summary>In the attribute, after the header, as they are.</summary>
    Stored = 1,
    ZlibAttribute = 3,
    ZlibResourceFork = 4,
    LzvnAttribute = 7,
    LzvnResourceFork = 8,
    PlainAttribute = 9,
    PlainResourceFork = 10,
    LzfseAttribute = 11,
    LzfseResourceFork = 12,
}
