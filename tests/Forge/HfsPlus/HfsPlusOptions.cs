using IpswDiff.Forge.FileTree;

namespace IpswDiff.Forge.HfsPlus;

/// <summary>How a volume is to be written.</summary>
public sealed record HfsPlusOptions
{
    public string VolumeName { get; init; } = "Forged";

    /// <summary>HFSX instead of HFS+.</summary>
    public bool IsHfsx { get; init; }

    /// <summary>Names compare unit by unit; HFSX only.</summary>
    public bool CaseSensitive { get; init; }

    public int BlockSize { get; init; } = 4096;

    public int CatalogNodeSize { get; init; } = 4096;

    public int ExtentsNodeSize { get; init; } = 4096;

    public int AttributesNodeSize { get; init; } = 8192;

    /// <summary>Attributes longer than this get a fork of their own.</summary>
    public int InlineAttributeLimit { get; init; } = 3802;

    /// <summary>A journal is there, empty, with its two hidden files.</summary>
    public bool Journaled { get; init; }

    /// <summary>The volume sits in an HFS wrapper.</summary>
    public bool Wrapped { get; init; }

    /// <summary>Nodes whose forks and large attributes are scattered in pieces of one block, out of order.</summary>
    public HashSet<ForgeNode> Fragmented { get; init; } = [];

    /// <summary>The catalog file itself is scattered.</summary>
    public bool FragmentedCatalog { get; init; }

    /// <summary>Blocks that stay free at the end.</summary>
    public int FreeBlocks { get; init; } = 16;
}
