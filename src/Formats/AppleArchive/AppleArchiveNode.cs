namespace IpswDiff.Formats.AppleArchive;

/// <summary>One name in the tree that archives spell out path by path. Numbers refer to other nodes, to sources, or into the pool of bytes.</summary>
internal struct AppleArchiveNode
{
    internal const int None = -1;

    internal int Parent;
    internal int NextInBucket;
    internal int Name;
    internal ushort NameLength;
    internal ushort LinkLength;
    internal int Link;
    internal ushort Mode;

    /// <summary>The TYP character; 0 for a directory that is only implied by what is in it.</summary>
    internal byte Type;

    /// <summary>Length of the hash at <see cref="Digest"/>, 0 for none.</summary>
    internal byte DigestLength;
    internal bool HasChildren;
    internal int Digest;
    internal uint Uid;
    internal uint Gid;

    /// <summary>The source that holds the contents; <see cref="None"/> where no archive holds them.</summary>
    internal int Source;

    /// <summary>The first node of the same file, or <see cref="None"/> for a file with one name.</summary>
    internal int HardLink;
    internal ulong Cluster;
    internal long Offset;
    internal long Size;
    internal int AttributesSource;
    internal long AttributesOffset;
    internal int AttributesSize;

    /// <summary>Where the entry comes in the order of extraction; a later entry of the same path takes its place.</summary>
    internal long Ordinal;

    internal readonly bool IsDirectory => Type is 0 or AppleArchiveFormat.Directory;
}
