namespace IpswDiff.Formats.Apfs;

/// <summary>Numbers of the Apple File System Reference, under names after its own.</summary>
internal static class ApfsConstants
{
    internal const string Format = "APFS";

    internal const uint ContainerMagic = 0x4253584E;
    internal const uint VolumeMagic = 0x42535041;

    internal const int ObjectHeaderSize = 32;
    internal const int MinimumBlockSize = 4096;
    internal const int MaximumBlockSize = 65536;
    internal const int MaximumFileSystems = 100;

    internal const uint ObjectTypeMask = 0xFFFF;
    internal const uint ObjectStorageMask = 0xC0000000;
    internal const uint ObjectPhysical = 0x40000000;
    internal const uint ObjectVirtual = 0;
    internal const uint ObjectTypeContainer = 0x01;
    internal const uint ObjectTypeBTree = 0x02;
    internal const uint ObjectTypeBTreeNode = 0x03;
    internal const uint ObjectTypeObjectMap = 0x0B;
    internal const uint ObjectTypeVolume = 0x0D;
    internal const uint ObjectTypeIntegrityMeta = 0x1E;

    internal const ulong FeatureCaseInsensitive = 0x01;
    internal const ulong FeatureNormalizationInsensitive = 0x08;
    internal const ulong FeatureSealedVolume = 0x20;

    internal const ulong VolumeUnencrypted = 0x01;

    internal const uint ObjectMapDeleted = 0x01;
    internal const uint ObjectMapEncrypted = 0x04;

    internal const ulong RootDirectory = 2;
    internal const int ObjectIdShift = 4;
    internal const ulong ObjectIdMask = 0x0FFFFFFFFFFFFFFF;

    internal const ulong InodeHasUncompressedSize = 0x00040000;
    internal const ulong InodeIsSparse = 0x00000200;
    internal const uint FlagCompressed = 0x20;

    internal const byte InodeExtendedDataStream = 8;

    internal const ushort XattrDataStream = 0x0001;
    internal const ushort XattrDataEmbedded = 0x0002;
    internal const ushort XattrFileSystemOwned = 0x0004;

    internal const ulong ExtentLengthMask = 0x00FFFFFFFFFFFFFF;
    internal const byte FileInfoDataHash = 1;


    /// <summary>Directories deeper than this are an attack, not a file system: macOS stops at paths of 1,024 bytes.</summary>
    internal const int MaximumDepth = 1024;
}

/// <summary>Types of file-system records (<c>j_obj_types</c>).</summary>
internal enum ApfsRecordType : byte
{
    SnapshotMetadata = 1,
    Extent = 2,
    Inode = 3,
    Xattr = 4,
    SiblingLink = 5,
    DataStreamId = 6,
    CryptoState = 7,
    FileExtent = 8,
    DirectoryRecord = 9,
    DirectoryStatistics = 10,
    SnapshotName = 11,
    SiblingMap = 12,
    FileInfo = 13,
}
