using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Signal;

/// <summary>Counts the changes of one slice of a binary by class.</summary>
internal static class SliceSignal
{
    /// <summary>Adds what changed in <paramref name="slice"/> to <paramref name="tally"/>.</summary>
    public static void Count(SliceChange slice, ClassTally tally)
    {
        if (slice is not { Old: { } old, New: { } @new })
        {
            tally.Add(ChangeClass.Interface);
            return;
        }

        var isCodeKnown = slice.What.Count > 0;
        var hasOtherCode = slice.What.Contains("code", StringComparer.Ordinal);
        tally.Add(ChangeClass.Code, hasOtherCode ? 1 : 0);
        tally.Add(ChangeClass.Rebuilt, slice.What.Count(aspect => aspect is "version" or "uuid" or "platform" or "signature" or "architecture"));
        tally.Add(ChangeClass.Rebuilt, !isCodeKnown && old.Version != @new.Version ? 1 : 0);
        foreach (var name in old.Sections.Except(@new.Sections).Concat(@new.Sections.Except(old.Sections)).Select(section => section.Name).Distinct(StringComparer.Ordinal))
        {
            // Code whose instructions are known to be the same only grew or shrank by padding.
            var of = SectionClasses.OfSize(name);
            tally.Add(of == ChangeClass.Code && isCodeKnown && !hasOtherCode ? ChangeClass.Moved : of);
        }

        // Where strings were listed one by one, they say what the section they lie in says.
        var hasStrings = slice.CStrings is { } strings && strings.Added.Count + strings.Removed.Count > 0;
        foreach (var section in slice.SameSizeSections.Where(section => !hasStrings || !section.Name.EndsWith(".__cstring", StringComparison.Ordinal)))
        {
            tally.Add(section.IsCode ? (hasOtherCode ? ChangeClass.Code : ChangeClass.Moved) : SectionClasses.OfContent(section.Name));
        }

        tally.Add(ChangeClass.Interface, old.Dylibs.Except(@new.Dylibs).LongCount() + @new.Dylibs.Except(old.Dylibs).LongCount());
        CountNames(slice, tally);
        CountObjectiveC(slice.ObjectiveC, tally);
        if (slice.Swift is { } swift)
        {
            tally.Add(
                ChangeClass.Interface,
                swift.Added.Count + swift.Removed.Count + swift.Moved.Count + swift.Changed.Count + swift.ConformancesAdded.Count + swift.ConformancesRemoved.Count);
        }
    }

    private static void CountNames(SliceChange slice, ClassTally tally)
    {
        foreach (var symbol in slice.Symbols.Added.Concat(slice.Symbols.Removed))
        {
            tally.Add(ResidueKinds.Names, symbol.Name, IsVisible(symbol.Kind) ? ChangeClass.Interface : ChangeClass.Code);
        }

        foreach (var symbol in slice.Symbols.Rekinded)
        {
            tally.Add(ResidueKinds.Names, symbol.Name, IsVisible(symbol.Old) || IsVisible(symbol.New) ? ChangeClass.Interface : ChangeClass.Code);
        }

        foreach (var text in slice.CStrings is { } strings ? strings.Added.Concat(strings.Removed) : [])
        {
            tally.Add(ResidueKinds.Strings, text, ChangeClass.Data);
        }

        if (slice.Functions is { } functions)
        {
            foreach (var function in functions.Added.Concat(functions.Removed))
            {
                tally.Add(ResidueKinds.Names, function.Name, ChangeClass.Code);
            }

            // Other instructions are other instructions, whatever the function is called; the same with other text are data.
            var texts = functions.Changed.Count(static function => function.IsTextAlone);
            tally.Add(ChangeClass.Code, functions.Changed.Count - texts);
            tally.Add(ChangeClass.Data, texts);
        }
    }

    // What others can bind to.
    private static bool IsVisible(string kind) => kind is "export" or "weak";

    private static void CountObjectiveC(ObjectiveCChanges? changes, ClassTally tally)
    {
        if (changes is not null)
        {
            tally.Add(ChangeClass.Interface, changes.Added.Count + changes.Removed.Count + changes.Changed.Count);
        }
    }
}
