namespace IpswDiff.Forge.Samples;

/// <summary>What LLVM says of one committed Mach-O file: the truth of the samples does not come from our own reader.</summary>
/// <param name="Path">Relative to <c>samples/binaries</c>.</param>
/// <param name="Sha256">Of the file described, so that facts of another file are noticed.</param>
/// <param name="Slices">One for each architecture, in the file's order.</param>
public sealed record BinaryFacts(string Path, string Sha256, IReadOnlyList<SliceFacts> Slices);

/// <summary>One architecture of a Mach-O file.</summary>
/// <param name="Arch">As <c>lipo</c> names it.</param>
/// <param name="Uuid">Upper case with dashes, null without LC_UUID.</param>
/// <param name="SourceVersion">Five numbers, null without LC_SOURCE_VERSION.</param>
/// <param name="FunctionCount">Entries of LC_FUNCTION_STARTS, null without it.</param>
/// <param name="SymbolCount">Entries of LC_SYMTAB, nameless ones included; 0 without it.</param>
/// <param name="Dylibs">Install names in load order.</param>
/// <param name="Sections">In file order.</param>
/// <param name="Symbols">Every name in LC_SYMTAB that is not empty, ordinal order, repeated names repeated.</param>
/// <param name="CStrings">The set of non-empty strings in sections of the type C-string literals, ordinal order.</param>
public sealed record SliceFacts(
    string Arch,
    string? Uuid,
    string? SourceVersion,
    int? FunctionCount,
    int SymbolCount,
    IReadOnlyList<string> Dylibs,
    IReadOnlyList<SectionFacts> Sections,
    IReadOnlyList<string> Symbols,
    IReadOnlyList<string> CStrings);

/// <summary>One section.</summary>
/// <param name="Name"><c>SEG.sect</c>.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Code">Whether the section holds instructions.</param>
/// <param name="Sha256">Of the contents, null for a section that takes no room in the file.</param>
public sealed record SectionFacts(string Name, long Size, bool Code, string? Sha256);
