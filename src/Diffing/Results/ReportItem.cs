using IpswDiff.Diffing.Pairs;

namespace IpswDiff.Diffing.Results;

/// <summary>The group of a section that an item stands in.</summary>
public enum ItemGroup
{
    /// <summary>Only in the new firmware.</summary>
    Added,

    /// <summary>Only in the old firmware.</summary>
    Removed,

    /// <summary>In both, and different.</summary>
    Changed,

    /// <summary>The same thing under another path.</summary>
    Moved,

    /// <summary>Linked again without any change that can be seen in what is compared.</summary>
    Rebuilt,

    /// <summary>Could not be read; the reason is given.</summary>
    Unreadable,
}

/// <summary>One line of a section's index. What is known about it at length is in the file that <see cref="Details"/> names.</summary>
public sealed record ReportItem
{
    /// <summary>The volume the item lies on; null where there is only one place.</summary>
    public string? Volume { get; init; }

    /// <summary>The boards that have it so, where the same place is another one for other boards; null where all have it.</summary>
    public IReadOnlyList<string>? Boards { get; init; }

    /// <summary>The item's path or name.</summary>
    public required string Path { get; init; }

    /// <summary>For a moved item: the volume it was on.</summary>
    public string? FromVolume { get; init; }

    /// <summary>For a moved item: the path it had.</summary>
    public string? FromPath { get; init; }

    /// <summary>For a moved item: what proves that it is the same thing.</summary>
    public string? Proof { get; init; }

    /// <summary>The highest class of what changed; null for what could not be read.</summary>
    public ChangeClass? Class { get; init; }

    /// <summary>How much the change matters, from 0 to 100: the class gives the band, the amount the place in it.</summary>
    public int? Score { get; init; }

    /// <summary>The aspects that differ, for example <c>symbols</c> or <c>size</c>.</summary>
    public IReadOnlyList<string>? What { get; init; }

    /// <summary>File-system facts of the old side.</summary>
    public FileFacts? Old { get; init; }

    /// <summary>File-system facts of the new side.</summary>
    public FileFacts? New { get; init; }

    /// <summary>Identities (UUID, cdhash) of an added or removed binary, by which moves are recognised.</summary>
    public BinaryIdentity? Identity { get; init; }

    /// <summary>How many of each thing were found, by name.</summary>
    public IReadOnlyDictionary<string, long>? Counts { get; init; }

    /// <summary>Why the item could not be read.</summary>
    public string? Reason { get; init; }

    /// <summary>The artifact with the whole result for this item, relative to the report.</summary>
    public string? Details { get; init; }
}

/// <summary>By what a binary is known under any path.</summary>
/// <param name="Uuids">LC_UUID of each slice, in file order; empty text where there is none.</param>
/// <param name="CdHashes">cdhash of each slice, in file order; empty text for unsigned ones.</param>
/// <param name="Content">128-bit hash of the whole file, or null where it was not read.</param>
public sealed record BinaryIdentity(IReadOnlyList<string> Uuids, IReadOnlyList<string> CdHashes, string? Content);
