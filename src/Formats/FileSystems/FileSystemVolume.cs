using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.FileSystems;

/// <summary>One mounted-looking volume of a disk image, whatever its file system. Immutable and safe for concurrent use.</summary>
public abstract class FileSystemVolume
{
    /// <summary>The volume's name.</summary>
    public abstract string Name { get; }

    /// <summary>The file system as reports name it: <c>apfs</c> or <c>hfsplus</c>.</summary>
    public abstract string FileSystem { get; }

    /// <summary>Whether names that differ only in case are different names.</summary>
    public abstract bool CaseSensitive { get; }

    /// <summary>Whether the volume is sealed: its metadata is a hash tree.</summary>
    public abstract bool Sealed { get; }

    /// <summary>
    /// Every entry below and including <paramref name="from"/>, depth first: a directory before what is in it, the names of one
    /// directory in ordinal order (see <see cref="PathOrder"/>). Streams; nothing larger than one directory is held at a time.
    /// </summary>
    /// <param name="from">Where to begin, <c>/</c> for the whole volume. Nothing is returned when it does not exist.</param>
    /// <param name="cancellationToken">Stops the walk.</param>
    /// <exception cref="FirmwareFormatException">The volume's structures are damaged.</exception>
    public abstract IEnumerable<FileEntry> Walk(string from = "/", CancellationToken cancellationToken = default);

    /// <summary>
    /// The entries of <see cref="Walk"/> whose path is after or equal to <paramref name="first"/> and, if given, before
    /// <paramref name="end"/> in <see cref="PathOrder"/>; directories outside the range are not read.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The volume's structures are damaged.</exception>
    public abstract IEnumerable<FileEntry> WalkRange(string first, string? end, CancellationToken cancellationToken = default);

    /// <summary>The entry at <paramref name="path"/>, or null. Symlinks are not followed.</summary>
    /// <exception cref="FirmwareFormatException">The volume's structures are damaged.</exception>
    public abstract FileEntry? Find(string path);

    /// <summary>The contents of a regular file as a reader sees them (decompressed, sparse parts as zeros).</summary>
    /// <exception cref="FirmwareFormatException">The entry is not a file of this volume, or its structures are damaged.</exception>
    public abstract ByteSource Open(FileEntry entry);

    /// <summary>The extended attributes of an entry by name, with their lengths in bytes.</summary>
    /// <exception cref="FirmwareFormatException">The volume's structures are damaged.</exception>
    public abstract IReadOnlyDictionary<string, long> ExtendedAttributes(FileEntry entry);

    /// <summary>The contents of one extended attribute, or null where the entry has none of that name.</summary>
    /// <exception cref="FirmwareFormatException">The volume's structures are damaged.</exception>
    public abstract ByteSource? OpenExtendedAttribute(FileEntry entry, string name);
}
