using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Formats.HfsPlus;

/// <summary>A file or folder record of the catalog (<c>HFSPlusCatalogFile</c>, <c>HFSPlusCatalogFolder</c>).</summary>
internal sealed record HfsCatalogRecord
{
    private const int TypeMask = 0xF000;
    private const int SymlinkType = 0xA000;
    private const int DirectoryType = 0x4000;
    private const int RegularType = 0x8000;
    private const ulong SymlinkTypeAndCreator = 0x736C6E6B72686170; // slnk rhap

    private static readonly HfsFork NoFork = new(0, 0, []);

    internal required bool IsFolder { get; init; }

    internal required uint Id { get; init; }

    internal ushort Flags { get; init; }

    internal uint Uid { get; init; }

    internal uint Gid { get; init; }

    internal byte OwnerFlags { get; init; }

    internal ushort FileMode { get; init; }

    /// <summary>The <c>special</c> field: the number of the inode for a hard link.</summary>
    internal uint Special { get; init; }

    /// <summary>File type and creator, together; meaningless for folders.</summary>
    internal ulong TypeAndCreator { get; init; }

    /// <summary>The 32 bytes of Finder information, or null where they are all zero.</summary>
    internal byte[]? FinderInfo { get; init; }

    internal HfsFork DataFork { get; init; } = NoFork;

    internal HfsFork ResourceFork { get; init; } = NoFork;

    internal int Mode => FileMode & 0xFFF;

    internal bool IsFileLink =>
        !IsFolder && TypeAndCreator == (((ulong)HfsFormat.HardLinkType << 32) | HfsFormat.HardLinkCreator);

    /// <summary>Whether this is a hard link to a folder; the flag tells it from a Finder alias, which has the same type.</summary>
    internal bool IsFolderLink =>
        !IsFolder && (Flags & HfsFormat.HasLinkChain) != 0 &&
        TypeAndCreator == (((ulong)HfsFormat.FolderLinkType << 32) | HfsFormat.FolderLinkCreator);

    internal FileKind Kind => (FileMode & TypeMask) switch
    {
        _ when IsFolder => FileKind.Directory,
        SymlinkType => FileKind.Symlink,
        0 when TypeAndCreator == SymlinkTypeAndCreator => FileKind.Symlink,
        0 or RegularType or DirectoryType => FileKind.File,
        _ => FileKind.Special,
    };

    /// <summary>Whether <c>chflags</c> says that the contents are compressed; the attribute decides.</summary>
    internal bool MayBeCompressed => !IsFolder && (OwnerFlags & HfsFormat.Compressed) != 0 && Kind == FileKind.File;

    /// <summary>The file or folder record in <paramref name="data"/>, or null for a thread record.</summary>
    /// <exception cref="FirmwareFormatException">It is cut short or of no known type.</exception>
    internal static HfsCatalogRecord? Read(ReadOnlySpan<byte> data, long offset)
    {
        var reader = new SpanReader(data, "HFS+ catalog", offset, bigEndian: true);
        var type = reader.ReadUInt16();
        if (type is HfsFormat.FolderThreadRecord or HfsFormat.FileThreadRecord)
        {
            return null;
        }

        if (type is not (HfsFormat.FolderRecord or HfsFormat.FileRecord))
        {
            throw new FirmwareFormatException("HFS+ catalog", offset, $"a record of type {type} is unknown");
        }

        var isFolder = type == HfsFormat.FolderRecord;
        var flags = reader.ReadUInt16();
        reader.Skip(4);
        var id = reader.ReadUInt32();
        reader.Skip(20);
        var uid = reader.ReadUInt32();
        var gid = reader.ReadUInt32();
        reader.Skip(1);
        var ownerFlags = reader.ReadByte();
        var mode = reader.ReadUInt16();
        var special = reader.ReadUInt32();
        var finderInfo = reader.ReadBytes(32);
        reader.Skip(8);
        return new HfsCatalogRecord
        {
            IsFolder = isFolder,
            Id = id,
            Flags = flags,
            Uid = uid,
            Gid = gid,
            OwnerFlags = ownerFlags,
            FileMode = mode,
            Special = special,
            TypeAndCreator = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(finderInfo),
            FinderInfo = finderInfo.ContainsAnyExcept((byte)0) ? finderInfo.ToArray() : null,
            DataFork = isFolder ? NoFork : HfsFork.Read(ref reader),
            ResourceFork = isFolder ? NoFork : HfsFork.Read(ref reader),
        };
    }
}
