using IpswDiff.Forge.FileTree;

namespace IpswDiff.Forge.HfsPlus;

/// <summary>A node of the tree with its number, its names and the places of its forks.</summary>
internal sealed class HfsInode(ForgeNode node, uint id)
{
    internal ForgeNode Node { get; } = node;

    internal uint Id { get; } = id;

    /// <summary>Every name: the folder it is in and the stored form. More than one makes the node a hard-linked one.</summary>
    internal List<(uint Parent, string Name)> Names { get; } = [];

    /// <summary>Numbers of the hard links' own records, one a name.</summary>
    internal List<uint> LinkIds { get; } = [];

    internal bool IsFolder => Node is ForgeDirectory;

    internal bool IsShared => Names.Count > 1;

    internal bool IsCompressed => Node is ForgeFile { Compression: not ForgeCompression.None };

    internal HfsForkPlan Data { get; set; } = HfsForkPlan.Empty;

    internal HfsForkPlan Resource { get; set; } = HfsForkPlan.Empty;

    /// <summary>Attributes that are records of the attributes tree.</summary>
    internal SortedDictionary<string, byte[]> Attributes { get; } = new(StringComparer.Ordinal);

    /// <summary>The 32 bytes of Finder information.</summary>
    internal byte[] FinderInfo { get; set; } = new byte[32];

    /// <summary>How many names a folder holds, links and private folders included.</summary>
    internal uint Valence { get; set; }
}
