using System.Text.Json;

namespace IpswDiff.Forge.AllKinds;

/// <summary>One planted change and the item of a report that must tell of it.</summary>
/// <param name="Section">The handler's name.</param>
/// <param name="Group"><c>added</c>, <c>removed</c>, <c>changed</c>, <c>moved</c>, <c>rebuilt</c> or <c>unreadable</c>.</param>
/// <param name="Volume">The volume or container, null where there is but one.</param>
/// <param name="Path">Where it is now.</param>
/// <param name="Kinds">Which of <see cref="NamedKinds"/> it is.</param>
public sealed record Plant(string Section, string Group, string? Volume, string Path, params string[] Kinds)
{
    /// <summary>Where a moved item was: volume, if another one, and path.</summary>
    public string? From { get; init; }

    /// <summary>What proves that a moved item is the same thing.</summary>
    public string? Proof { get; init; }

    /// <summary>The aspects that differ; null where they are not said.</summary>
    public string[]? What { get; init; }

    /// <summary>What the details must say, a line each; null where the item has none, or where nobody knows the truth.</summary>
    public string[]? Says { get; init; }

    /// <summary>Whether the details may say more than was planted, as those of a compiler's output do.</summary>
    public bool SaysMore { get; init; }

    /// <summary>Part of the reason why it cannot be read.</summary>
    public string? Reason { get; init; }

    /// <summary>The item in one line.</summary>
    public string Line => $"{Group} {Volume} {Path}{(From is null ? string.Empty : $" from {From} by {Proof}")}";

    /// <summary>A key path whose value differs, as <see cref="Says"/> has it; strings without quotes, null where there is none.</summary>
    public static string Value(string key, string? old, string? @new) => $"{key}: {old ?? "–"} → {@new ?? "–"}";

    /// <summary>Text that a raw image has at an offset.</summary>
    public static string Text(char sign, long offset, string text) => FormattableString.Invariant($"{sign} 0x{offset:x} {text}");

    /// <summary>The JSON of a value, as <see cref="Value"/> wants it.</summary>
    public static string Json(object value) => JsonSerializer.Serialize(value);
}

/// <summary>A version that the head of a section names.</summary>
/// <param name="Section">The handler's name.</param>
/// <param name="Name">What it is of.</param>
/// <param name="Container">Which kernelcache or boot stage.</param>
/// <param name="Old">Before; null where there was none.</param>
/// <param name="New">Now; null where there is none.</param>
public sealed record PlantedFact(string Section, string Name, string? Container, string? Old, string? New);
