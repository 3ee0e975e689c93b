using System.Text.Json;

namespace IpswDiff.Diffing.Results;

/// <summary>
/// Everything that was found about one item, kept beside the report's index. An item has the facets that its kind has: a kext has
/// slices and values, a boot loader strings and parts, a feature-flag file values alone.
/// </summary>
internal sealed record ItemDetails
{
    /// <summary>The volume or container it lies in.</summary>
    public string? Volume { get; init; }

    /// <summary>Its path or name.</summary>
    public required string Path { get; init; }

    /// <summary>Of a binary: the slices that are not the same on both sides.</summary>
    public IReadOnlyList<SliceChange> Slices { get; init; } = [];

    /// <summary>Of what is read by key (property lists, entitlements, string tables, device trees, trust caches): the keys that differ, in order.</summary>
    public IReadOnlyList<ValueChange> Values { get; init; } = [];

    /// <summary>Of an image without further structure: text that one side alone holds.</summary>
    public LocatedTextChanges? Strings { get; init; }

    /// <summary>Of a type: its definition on each side.</summary>
    public DefinitionChange? Definition { get; init; }
}

/// <summary>One key whose value differs. A key that one side alone has is null on the other; so is a value that is null itself, which property lists cannot hold.</summary>
/// <param name="Key">The path to the value: keys of nested dictionaries from the outermost in, exact case.</param>
/// <param name="Old">The value before.</param>
/// <param name="New">The value now.</param>
internal sealed record ValueChange(IReadOnlyList<string> Key, JsonElement? Old, JsonElement? New)
{
    /// <summary>Of a cdhash: the binaries it is of, in the order of the report, of many the first; null where none is known.</summary>
    public IReadOnlyList<BinaryPlace>? Owners { get; init; }
}

/// <summary>Where a binary lies.</summary>
/// <param name="Volume">Its volume.</param>
/// <param name="Path">Its path there.</param>
internal sealed record BinaryPlace(string Volume, string Path);

/// <summary>Text found in raw bytes, on one side only, each list in the order of the image.</summary>
/// <param name="Added">Only on the new side.</param>
/// <param name="Removed">Only on the old side.</param>
internal sealed record LocatedTextChanges(IReadOnlyList<LocatedText> Added, IReadOnlyList<LocatedText> Removed);

/// <summary>Text and where it lies.</summary>
/// <param name="Offset">Bytes from the start of the image.</param>
/// <param name="Text">The text.</param>
internal sealed record LocatedText(long Offset, string Text);

/// <summary>A type's definition in C, with offsets and sizes as comments.</summary>
/// <param name="Old">Before; null for a new type.</param>
/// <param name="New">Now; null for a removed type.</param>
internal sealed record DefinitionChange(string? Old, string? New);
