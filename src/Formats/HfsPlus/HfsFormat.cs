namespace IpswDiff.Formats.HfsPlus;

/// <summary>Numbers of the format, named as in Apple's <c>hfs_format.h</c> and Technical Note TN1150.</summary>
internal static class HfsFormat
{
    /// <summary>The format's name in messages.</summary>
    internal const string Name = "HFS+";

    internal const int VolumeHeaderOffset = 1024;
    internal const int VolumeHeaderSize = 512;

    /// <summary>The alternate header begins this far before the end of the volume.</summary>
    internal const int AlternateHeaderDistance = 1024;

    internal const ushort HfsSignature = 0x4244;
    internal const ushort HfsPlusSignature = 0x482B;
    internal const ushort HfsxSignature = 0x4858;
    internal const ushort HfsPlusVersion = 4;
    internal const ushort HfsxVersion = 5;

    internal const uint VolumeUnmounted = 1 << 8;
    internal const uint VolumeJournaled = 1 << 13;

    internal const uint RootParentId = 1;
    internal const uint RootFolderId = 2;
    internal const uint ExtentsFileId = 3;
    internal const uint CatalogFileId = 4;
    internal const uint AttributesFileId = 8;
    internal const uint FirstUserId = 16;

    internal const int ForkSize = 80;
    internal const int ExtentsPerRecord = 8;
    internal const byte DataFork = 0x00;
    internal const byte ResourceFork = 0xFF;

    internal const sbyte LeafNode = -1;
    internal const sbyte IndexNode = 0;
    internal const sbyte HeaderNode = 1;
    internal const sbyte MapNode = 2;
    internal const int NodeDescriptorSize = 14;
    internal const uint BigKeys = 2;
    internal const uint VariableIndexKeys = 4;
    internal const byte CaseFolding = 0xCF;
    internal const byte BinaryCompare = 0xBC;

    internal const ushort FolderRecord = 1;
    internal const ushort FileRecord = 2;
    internal const ushort FolderThreadRecord = 3;
    internal const ushort FileThreadRecord = 4;
    internal const int FolderRecordSize = 88;
    internal const int FileRecordSize = 248;
    internal const int MaxNameLength = 255;
    internal const ushort ThreadExists = 0x0002;
    internal const ushort HasAttributes = 0x0004;
    internal const ushort HasLinkChain = 0x0020;

    internal const uint InlineAttribute = 0x10;
    internal const uint ForkAttribute = 0x20;
    internal const uint ExtentsAttribute = 0x30;
    internal const int MaxAttributeNameLength = 127;

    /// <summary><c>hlnk</c>, the type of a hard link to a file.</summary>
    internal const uint HardLinkType = 0x686C6E6B;

    /// <summary><c>hfs+</c>, its creator.</summary>
    internal const uint HardLinkCreator = 0x6866732B;

    /// <summary><c>fdrp</c>, the type of a hard link to a folder (and of the Finder's folder aliases).</summary>
    internal const uint FolderLinkType = 0x66647270;

    /// <summary><c>MACS</c>, its creator.</summary>
    internal const uint FolderLinkCreator = 0x4D414353;

    /// <summary>The folder in the root that holds the contents of hard-linked files, as <c>iNode</c> and a number.</summary>
    internal const string PrivateFilesFolder = "\0\0\0\0HFS+ Private Data";

    /// <summary>The folder in the root that holds hard-linked folders, as <c>dir_</c> and a number.</summary>
    internal const string PrivateFoldersFolder = ".HFS+ Private Directory Data\r";

    internal const string JournalFile = ".journal";
    internal const string JournalInfoFile = ".journal_info_block";

    internal const string FinderInfoName = "com.apple.FinderInfo";

    /// <summary><c>UF_COMPRESSED</c> of <c>sys/stat.h</c>.</summary>
    internal const byte Compressed = 0x20;
}
