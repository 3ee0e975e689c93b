using IpswDiff.Diffing.Binaries.Code;
using IpswDiff.Diffing.Binaries.Sections;
using IpswDiff.Diffing.Binaries.Symbols;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.CodeSigning;

namespace IpswDiff.Diffing.Binaries;

/// <summary>
/// One Mach-O image against another: sections, libraries, symbols, functions, and on request strings and functions one by one.
/// Safe for concurrent use; holds one pair at a time and nothing afterwards.
/// </summary>
internal sealed class BinaryComparison
{
    private static readonly CodeSlot[] ConstraintSlots =
        [CodeSlot.LaunchConstraintSelf, CodeSlot.LaunchConstraintParent, CodeSlot.LaunchConstraintResponsible, CodeSlot.LibraryConstraint];

    private readonly BinaryPolicy _policy;
    private readonly bool _strings;
    private readonly bool _functions;
    private readonly SectionFilter _filter;

    /// <summary>
    /// Whether functions that refer to something else differ. In a shared cache calls lead straight into other images,
    /// which is not followed.
    /// </summary>
    public bool ComparesTargets { get; init; } = true;

    /// <summary>Prepares comparisons under <paramref name="policy"/> with the options of a run.</summary>
    public BinaryComparison(BinaryPolicy policy, DiffOptions options)
    {
        _policy = policy;
        _strings = options.Strings;
        _functions = options.Functions;
        _filter = new SectionFilter(options.AllowList, options.BlockList);
    }

    /// <summary>
    /// Compares two images of one architecture; <see cref="SliceChange.What"/> is empty where nothing compared differs. An image of a
    /// container that was only linked again comes without the counts of its symbols and strings: counting takes longer than comparing them.
    /// </summary>
    /// <exception cref="FirmwareFormatException">An image is damaged.</exception>
    public SliceChange Compare(MachOImage old, MachOImage @new)
    {
        var symbols = SymbolComparison.Compare(old, @new);
        var strings = _strings ? CStringComparison.Compare(old, @new) : null;
        var (before, after) = (_filter.Select(old), _filter.Select(@new));
        var changedSections = ChangedContent(old, before, @new, after);
        var isSameCode = IsSameCode(old, before, @new, after, changedSections);
        using var functions = FunctionComparison.Compare(old, @new, isSameCode, ComparesTargets);
        var change = new SliceChange
        {
            Arch = @new.Arch,
            OldArch = old.Arch == @new.Arch ? null : old.Arch,
            Old = Summary(old, before) with { Functions = functions.OldCount },
            New = Summary(@new, after) with { Functions = functions.NewCount },
            SameSizeSections = changedSections,
            Symbols = symbols?.Changes ?? SymbolChanges.None,
            CStrings = strings?.Changes ?? (_strings ? new TextChanges([], []) : null),
            Functions = _functions ? functions.List() : null,
            ObjectiveC = ObjectiveCComparison.Compare(old, @new),
            Swift = SwiftComparison.Compare(old, @new),
        };
        var what = WhatDiffers(change, HasOtherCode(old, before, @new, after, changedSections, functions), HaveSameSignatureFacts(old, @new));
        if (_policy == BinaryPolicy.Container && what.TrueForAll(aspect => aspect == "uuid"))
        {
            return change with { What = what };
        }

        var (oldSymbols, newSymbols) = symbols is { } counted ? (counted.OldCount, counted.NewCount) : Both(SymbolComparison.Count(@new));
        var (oldStrings, newStrings) = strings is { } found ? (found.OldCount, found.NewCount) : Both(_strings ? CStringComparison.Count(@new) : 0);
        return change with
        {
            What = what,
            Old = change.Old with { Symbols = oldSymbols, CStrings = oldStrings },
            New = change.New with { Symbols = newSymbols, CStrings = newStrings },
        };

        static (long Old, long New) Both(long count) => (count, count);
    }

    /// <summary>What an image that only one side has amounts to.</summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    public BinarySummary Describe(MachOImage image) => Summary(image, _filter.Select(image)) with
    {
        Functions = CountFunctions(image),
        Symbols = SymbolComparison.Count(image),
        CStrings = _strings ? image.CountCStrings() : 0,
    };

    private static int CountFunctions(MachOImage image)
    {
        using var ranges = FunctionRanges.Find(image);
        return ranges.Count;
    }

    // What a signature says beside the hashes of the code, which change with the code.
    private bool HaveSameSignatureFacts(MachOImage old, MachOImage @new)
    {
        // In a container only the whole is signed; what commands say of signatures dates from before.
        if (_policy == BinaryPolicy.Container)
        {
            return true;
        }

        var (before, after) = (old.ReadCodeSignature(), @new.ReadCodeSignature());
        return before?.Identifier == after?.Identifier
            && before?.TeamId == after?.TeamId
            && before?.Preferred?.Flags == after?.Preferred?.Flags
            && Blob(before?.ReadEntitlementsXml()).SequenceEqual(Blob(after?.ReadEntitlementsXml()))
            && Blob(before?.ReadEntitlementsDer()).SequenceEqual(Blob(after?.ReadEntitlementsDer()))
            && Array.TrueForAll(ConstraintSlots, slot => Blob(before?.ReadLaunchConstraint(slot)).SequenceEqual(Blob(after?.ReadLaunchConstraint(slot))));

        static ReadOnlySpan<byte> Blob(byte[]? bytes) => bytes;
    }

    private static BinarySummary Summary(MachOImage image, MachOSection[] sections) => new()
    {
        Version = image.SourceVersion?.ToString(),
        Uuid = image.UuidText,
        Platform = image.BuildVersion?.Platform,
        MinOs = image.BuildVersion?.MinOs.ToString(),
        Sdk = image.BuildVersion?.Sdk.ToString(),
        Sections = [.. sections.Select(section => new SectionSize(SectionFilter.NameOf(section), (ulong)section.Size))],
        Dylibs = [.. image.Dylibs.Select(dylib => new DylibUse(dylib.Name, dylib.KindText)).OrderBy(dylib => dylib.Name, StringComparer.Ordinal)],
    };

    private bool ComparesEverything => _policy == BinaryPolicy.Standalone || _filter.IsExplicit;

    /// <summary>Whether all code of both images is known to be the same bytes at the same addresses.</summary>
    private bool IsSameCode(
        MachOImage old, MachOSection[] before, MachOImage @new, MachOSection[] after, List<ChangedSection> changedSections)
    {
        return ComparesEverything && !changedSections.Exists(section => section.IsCode) && CodeOf(old, before) is { } code && CodeOf(@new, after) is { } other
            && code.SequenceEqual(other);

        // Null where a section was filtered out, so that nobody has compared it.
        static (string Name, ulong Address, long Size)[]? CodeOf(MachOImage image, MachOSection[] compared)
        {
            var code = image.Sections.Where(section => section.IsCode && section.Size > 0).ToArray();
            return code.Except(compared).Any() ? null : [.. code.Select(section => (SectionFilter.NameOf(section), section.Address, section.Size))];
        }
    }

    /// <summary>
    /// Whether code differs: a function, or a section of code without functions. Addresses aside where the instructions are known; the
    /// helpers of lazy binding are left out, which a linker makes of the list of imports, and in a container the stubs, which whoever
    /// built it wrote anew by distance.
    /// </summary>
    private bool HasOtherCode(
        MachOImage old, MachOSection[] before, MachOImage @new, MachOSection[] after, List<ChangedSection> changedSections, FunctionComparison functions)
    {
        // Text that changed is told as content; where all text is as it was, code refers to another.
        if (functions.IsChanged || (functions.HasOtherTexts && !changedSections.Exists(static section =>
            !section.IsCode)
            && before.Select(static section => section.Size).SequenceEqual(after.Select(static section =>
                section.Size))))
        {
            return true;
        }

        if (!FunctionFingerprints.IsSupported(old) || !FunctionFingerprints.IsSupported(@new))
        {
            return changedSections.Exists(section => section.IsCode);
        }

        foreach (var section in before)
        {
            if (!section.IsCode || section.IsZeroFill || section.Name == "__stub_helper" || (section.Type == SectionType.SymbolStubs && !ComparesEverything)
                || Array.Find(after, other => SectionFilter.NameOf(other) == SectionFilter.NameOf(section)) is not { } partner)
            {
                continue;
            }

            if (section.Size == partner.Size && !functions.Covers(section, partner)
                && FunctionFingerprints.OfCode(old.OpenSection(section), Instructions.Of(old))
                    != FunctionFingerprints.OfCode(@new.OpenSection(partner), Instructions.Of(@new)))
            {
                return true;
            }
        }

        return false;
    }

    private List<ChangedSection> ChangedContent(MachOImage old, MachOSection[] before, MachOImage @new, MachOSection[] after)
    {
        var everything = ComparesEverything;
        List<ChangedSection> changed = [];

        // A name may occur twice in one image; the first of one side then faces the first of the other.
        var partners = after.GroupBy(SectionFilter.NameOf, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => new Queue<MachOSection>(group), StringComparer.Ordinal);
        foreach (var section in before)
        {
            var name = SectionFilter.NameOf(section);
            if (!partners.TryGetValue(name, out var queue) || !queue.TryDequeue(out var partner) || partner.Size != section.Size)
            {
                continue;
            }

            var mode = SectionContent.ModeOf(section, everything);
            if (section.Type != partner.Type || mode != SectionContent.ModeOf(partner, everything)
                || !SectionContent.AreEqual(old, section, @new, partner, mode))
            {
                changed.Add(new ChangedSection(name, section.IsCode && partner.IsCode));
            }
        }

        return changed;
    }

    private static List<string> WhatDiffers(SliceChange change, bool hasOtherCode, bool sameSignature)
    {
        var (old, @new) = (change.Old!, change.New!);
        List<string> what = [];
        Add("version", old.Version != @new.Version);
        Add("uuid", old.Uuid != @new.Uuid);
        Add("platform", old.Platform != @new.Platform || old.MinOs != @new.MinOs || old.Sdk != @new.Sdk);
        Add("sections", !old.Sections.SequenceEqual(@new.Sections));
        Add("content", change.SameSizeSections.Any(section => !section.IsCode));
        Add("code", hasOtherCode);
        Add("dylibs", !old.Dylibs.ToHashSet().SetEquals(@new.Dylibs));
        Add("symbols", change.Symbols.Added.Count + change.Symbols.Removed.Count + change.Symbols.Rekinded.Count > 0);
        Add("functions", old.Functions != @new.Functions);
        Add("cstrings", change.CStrings is { } strings && strings.Added.Count + strings.Removed.Count > 0);
        Add("objc", change.ObjectiveC is { Unreadable: null });
        Add("swift", change.Swift is { Unreadable: null });
        Add("signature", !sameSignature);
        return what;

        void Add(string aspect, bool differs)
        {
            if (differs)
            {
                what.Add(aspect);
            }
        }
    }
}
