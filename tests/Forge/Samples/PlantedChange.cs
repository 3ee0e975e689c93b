namespace IpswDiff.Forge.Samples;

/// <summary>The section of a report that a planted change belongs to, as reports name it.</summary>
public enum PlantedSection
{
    MachO,
    Files,
    Entitlements,
    Features,
    Launchd,
    Localizations,
}

/// <summary>What happened to the thing at a path.</summary>
public enum PlantedKind
{
    Added,
    Removed,
    Changed,

    /// <summary>The same bytes at another path of the same volume.</summary>
    Moved,

    /// <summary>Linked again from the same code: the UUID differs, and nothing else that a report tells.</summary>
    Rebuilt,

    /// <summary>Signed again with other entitlements: code and UUID are the same.</summary>
    Resigned,

    /// <summary>The same bytes at the same path; no report may name it.</summary>
    Identical,
}

/// <summary>One difference between the two firmwares, or one binary that has none, as it was put there.</summary>
/// <param name="Section">Where a report tells of it.</param>
/// <param name="Volume"><c>FileSystem</c>, <c>SystemOS</c>, <c>AppOS</c>, or <c>IPSW</c> for a member of the archive.</param>
/// <param name="Path">Absolute within the volume; a member's name within the archive.</param>
/// <param name="Kind">What happened.</param>
public sealed record PlantedChange(PlantedSection Section, string Volume, string Path, PlantedKind Kind)
{
    /// <summary>Where a moved binary was.</summary>
    public string? OldPath { get; init; }

    /// <summary>The entry before; null where there was none, and outside the section Files.</summary>
    public FileState? OldFile { get; init; }

    /// <summary>The entry after.</summary>
    public FileState? NewFile { get; init; }

    /// <summary>What of a changed binary differs, slice by slice; slices that are the same are left out.</summary>
    public IReadOnlyList<PlantedSlice>? Slices { get; init; }

    /// <summary>What of a changed property list or string table differs, by key.</summary>
    public IReadOnlyList<PlantedValue>? Values { get; init; }
}

/// <summary>One name of a volume or of the archive.</summary>
/// <param name="Kind"><c>file</c>, <c>directory</c> or <c>symlink</c>.</param>
/// <param name="Size">Bytes of contents; a symlink's is its target's length, a directory's 0.</param>
/// <param name="Mode">Octal text, as <c>ls</c> prints it; null for members of the archive.</param>
/// <param name="Target">A symlink's target.</param>
/// <param name="Sha256">Of a file's contents.</param>
public sealed record FileState(string Kind, long Size, string? Mode, string? Target, string? Sha256);

/// <summary>A value of a property list at a key path (parts joined by <c>/</c>), as text; null where there is none.</summary>
public sealed record PlantedValue(string Key, string? Old, string? New);

/// <summary>The differences between two slices of one architecture.</summary>
public sealed record PlantedSlice
{
    public required string Arch { get; init; }

    public string? OldUuid { get; init; }

    public string? NewUuid { get; init; }

    public string? OldSourceVersion { get; init; }

    public string? NewSourceVersion { get; init; }

    public int? OldFunctionCount { get; init; }

    public int? NewFunctionCount { get; init; }

    /// <summary>Entries of LC_SYMTAB, nameless and repeated ones included.</summary>
    public int OldSymbolCount { get; init; }

    public int NewSymbolCount { get; init; }

    public required IReadOnlyList<string> DylibsAdded { get; init; }

    public required IReadOnlyList<string> DylibsRemoved { get; init; }

    /// <summary>Sections with another size or, at the same size, other bytes.</summary>
    public required IReadOnlyList<PlantedSectionChange> Sections { get; init; }

    /// <summary>Names of the set, without the numbers and <c>.cold</c> that compilers put at the end.</summary>
    public required IReadOnlyList<string> SymbolsAdded { get; init; }

    public required IReadOnlyList<string> SymbolsRemoved { get; init; }

    public required IReadOnlyList<string> CStringsAdded { get; init; }

    public required IReadOnlyList<string> CStringsRemoved { get; init; }

    /// <summary>Functions whose instructions differ, by name; null where nobody wrote the source that could tell.</summary>
    public IReadOnlyList<string>? FunctionsChanged { get; init; }
}

/// <summary>One section that differs; a size is null on the side that does not have it.</summary>
/// <param name="Name"><c>SEG.sect</c>.</param>
/// <param name="OldSize">In bytes.</param>
/// <param name="NewSize">In bytes.</param>
/// <param name="Code">Whether it holds instructions: its bytes change with every address in them.</param>
public sealed record PlantedSectionChange(string Name, long? OldSize, long? NewSize, bool Code);
