using System.Text.Json.Serialization;

namespace IpswDiff.Diffing.Results;

/// <summary>One architecture of a changed binary.</summary>
internal sealed record SliceChange
{
    /// <summary>The architecture, for example <c>arm64e</c>.</summary>
    public required string Arch { get; init; }

    /// <summary>The architecture of the old side where the new one took its place, for example <c>arm64e</c> before <c>arm64e.x1</c>; null where both have one.</summary>
    public string? OldArch { get; init; }

    /// <summary>The old side, or null where the slice is new.</summary>
    public BinarySummary? Old { get; init; }

    /// <summary>The new side, or null where the slice is gone.</summary>
    public BinarySummary? New { get; init; }

    /// <summary>The aspects that differ.</summary>
    public IReadOnlyList<string> What { get; init; } = [];

    /// <summary>
    /// Sections of equal size whose content differs, code among them, be it only in addresses; whether instructions differ, <c>code</c>
    /// in <see cref="What"/> says.
    /// </summary>
    public IReadOnlyList<ChangedSection> SameSizeSections { get; init; } = [];

    /// <summary>Symbols by name, path noise and the numbers of clones aside.</summary>
    public SymbolChanges Symbols { get; init; } = SymbolChanges.None;

    /// <summary>C-strings, where they were asked for.</summary>
    public TextChanges? CStrings { get; init; }

    /// <summary>Functions one by one, where they were asked for.</summary>
    public FunctionChanges? Functions { get; init; }

    /// <summary>Objective-C classes, categories and protocols, where they differ or cannot be read.</summary>
    public ObjectiveCChanges? ObjectiveC { get; init; }

    /// <summary>Swift types, protocols and conformances, where they differ or cannot be read.</summary>
    public SwiftChanges? Swift { get; init; }
}

/// <summary>What one side of a binary amounts to.</summary>
internal sealed record BinarySummary
{
    /// <summary>LC_SOURCE_VERSION.</summary>
    public string? Version { get; init; }

    /// <summary>LC_UUID.</summary>
    public string? Uuid { get; init; }

    /// <summary>Platform of LC_BUILD_VERSION.</summary>
    public string? Platform { get; init; }

    /// <summary>Oldest system it runs on.</summary>
    public string? MinOs { get; init; }

    /// <summary>SDK it was built with.</summary>
    public string? Sdk { get; init; }

    /// <summary>Sections in file order.</summary>
    public required IReadOnlyList<SectionSize> Sections { get; init; }

    /// <summary>Libraries, sorted.</summary>
    public required IReadOnlyList<DylibUse> Dylibs { get; init; }

    /// <summary>Functions by LC_FUNCTION_STARTS.</summary>
    public long Functions { get; init; }

    /// <summary>Different symbols by name, imports and definitions apart; debugger's entries are none.</summary>
    public long Symbols { get; init; }

    /// <summary>Different C-strings; 0 where they were not asked for.</summary>
    public long CStrings { get; init; }
}

/// <summary>A section's size.</summary>
/// <param name="Name">Segment and section joined by a dot.</param>
/// <param name="Size">Bytes.</param>
internal sealed record SectionSize(string Name, ulong Size);

/// <summary>A library that a binary names.</summary>
/// <param name="Name">Install name.</param>
/// <param name="Kind">load, weak, reexport, upward or lazy.</param>
internal sealed record DylibUse(string Name, string Kind);

/// <summary>A section whose content changed while its size did not.</summary>
/// <param name="Name">Segment and section joined by a dot.</param>
/// <param name="IsCode">Whether it holds instructions.</param>
internal sealed record ChangedSection(string Name, bool IsCode);

/// <summary>Added and removed text, each sorted.</summary>
/// <param name="Added">Only on the new side.</param>
/// <param name="Removed">Only on the old side.</param>
internal sealed record TextChanges(IReadOnlyList<string> Added, IReadOnlyList<string> Removed);

/// <summary>A symbol that is on one side only.</summary>
/// <param name="Name">Its name, paths of the build taken out.</param>
/// <param name="Kind">
/// import, or the strongest of what the image defines of that name: export, weak, private (<c>N_PEXT</c>), local. Who imports a name and
/// defines it has two symbols. Older reports also have debug.
/// </param>
internal sealed record SymbolUse(string Name, string Kind);

/// <summary>A name that both sides define, as another kind of symbol.</summary>
/// <param name="Name">Its name, paths of the build taken out.</param>
/// <param name="Old">export, weak, private or local.</param>
/// <param name="New">The kind now.</param>
internal sealed record SymbolKindChange(string Name, string Old, string New);

/// <summary>How the symbols of a binary changed.</summary>
/// <param name="Added">Only on the new side, sorted by name.</param>
/// <param name="Removed">Only on the old side, sorted by name.</param>
/// <param name="Rekinded">Defined on both sides, as another kind, sorted by name.</param>
internal sealed record SymbolChanges(
    IReadOnlyList<SymbolUse> Added, IReadOnlyList<SymbolUse> Removed, IReadOnlyList<SymbolKindChange> Rekinded)
{
    /// <summary>No change.</summary>
    public static SymbolChanges None { get; } = new([], [], []);
}

/// <summary>How the functions of a binary changed.</summary>
/// <param name="Added">Functions only the new side has.</param>
/// <param name="Removed">Functions only the old side has.</param>
/// <param name="Changed">Functions on both sides whose code differs, addresses aside; for processors other than arm64 and x86_64 of another size.</param>
internal sealed record FunctionChanges(
    IReadOnlyList<FunctionSize> Added, IReadOnlyList<FunctionSize> Removed, IReadOnlyList<FunctionChange> Changed);

/// <summary>A function on one side.</summary>
/// <param name="Name">Its symbol, or <c>sub_</c> and its address.</param>
/// <param name="Size">Bytes.</param>
internal sealed record FunctionSize(string Name, long Size);

/// <summary>A function on both sides.</summary>
/// <param name="Name">Its name on the new side.</param>
/// <param name="OldName">Its name on the old side where that differs.</param>
/// <param name="OldSize">Bytes before.</param>
/// <param name="NewSize">Bytes now.</param>
/// <param name="Similarity">How much of the code both have, from 0 to 1, addresses aside; for processors other than arm64 and x86_64 by size alone.</param>
internal sealed record FunctionChange(string Name, string? OldName, long OldSize, long NewSize, double Similarity)
{
    /// <summary>
    /// What the function refers to differently, once each, in the order of its code; null where nothing is known of
    /// it.
    /// </summary>
    public IReadOnlyList<TargetChange>? Targets { get; init; }

    /// <summary>Whether the instructions are the same and refer to other text alone.</summary>
    [JsonIgnore]
    public bool IsTextAlone => Targets is { Count: > 0 } && Targets.All(static target => target.Kind == "string");
}

/// <summary>Something that code refers to, in the same way on both sides, and that is another thing now.</summary>
/// <param name="Kind">
/// What it is: function, import, selector, class, string, constant (a number in a pool), global, table (constant
/// data that the function
/// alone reads), jump table, or code (of the function itself).
/// </param>
/// <param name="Old">Its name or its value on the old side; an address where it has neither.</param>
/// <param name="New">The same on the new side.</param>
internal sealed record TargetChange(string Kind, string Old, string New);
