using System.Globalization;
using System.Text;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>
/// One changed binary in the grammar that readers of firmware diffs know: the sections of equal size that changed, then one block
/// with the summary's differences, symbols, functions and strings.
/// </summary>
internal static class BinaryChangeText
{
    private const string Import = "import";

    /// <summary>Appends what a page says of the slices of a binary.</summary>
    public static void AppendSlices(StringBuilder text, IReadOnlyList<SliceChange> slices)
    {
        foreach (var slice in slices)
        {
            if (slices.Count > 1 || slice.Old is null || slice.New is null || slice.OldArch is not null)
            {
                text.Append("\n### ").Append(slice.OldArch is { } old ? MarkdownText.Text(old) + " → " : string.Empty).Append(MarkdownText.Text(slice.Arch)).Append(slice switch
                {
                    { Old: null } => " — added",
                    { New: null } => " — removed",
                    _ => string.Empty,
                }).Append('\n');
            }

            var start = text.Append('\n').Length;
            AppendBody(text, slice, PageStyle.Readable);
            if (text.Length == start)
            {
                text.Length--;
            }
        }
    }

    /// <summary>What a page says of one slice.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="style">What is done for readers.</param>
    public static string Body(SliceChange slice, PageStyle style)
    {
        var text = new StringBuilder();
        AppendBody(text, slice, style);
        return text.ToString();
    }

    private static void AppendBody(StringBuilder text, SliceChange slice, PageStyle style)
    {
        var start = text.Length;
        var fold = style.HasFlag(PageStyle.FoldResidue) ? ResidueFold.Of(slice) : null;
        AppendBody(text, fold?.Signal ?? slice);
        if (fold is { Counts.Count: > 0 })
        {
            var block = Block(fold.Residue);
            var fence = MarkdownText.Fence(block);
            var what = string.Join(", ", fold.Counts.Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Value} {MarkdownText.Text(count.Key)}")));
            text.Append(text.Length > start ? "\n" : string.Empty)
                .Append(CultureInfo.InvariantCulture, $"<details>\n  <summary><i>Compiler residue: {what}</i></summary>\n\n{fence}diff\n{block}{fence}\n\n</details>\n");
        }

        if (style.HasFlag(PageStyle.DemangleNames))
        {
            NamesText.Append(text, fold?.Signal ?? slice, text.Length > start ? "\n" : string.Empty);
        }
    }

    /// <summary>What a page says of one slice, in the bare grammar.</summary>
    public static string Body(SliceChange slice) => Body(slice, PageStyle.Plain);

    private static void AppendBody(StringBuilder text, SliceChange slice)
    {
        var start = text.Length;
        var sameSize = slice.SameSizeSections.Where(section => !section.IsCode).ToArray();
        if (sameSize.Length > 0)
        {
            text.Append("### Sections with Same Size but Changed Content\n\n");
            foreach (var section in sameSize)
            {
                text.Append("- ").Append(MarkdownText.Code(section.Name)).Append('\n');
            }
        }

        var block = Block(slice);
        if (block.Length == 0)
        {
            // Code that changed within its size is worth a line where nothing else tells of the change.
            var code = slice.SameSizeSections.Where(section => section.IsCode && slice.What.Contains("code", StringComparer.Ordinal)).ToArray();
            text.Append(code.Length == 0 ? string.Empty : (text.Length > start ? "\n" : string.Empty) + "### Code with Same Size but Changed Content\n\n");
            foreach (var section in code)
            {
                text.Append("- ").Append(MarkdownText.Code(section.Name)).Append('\n');
            }
        }
        else
        {
            var fence = MarkdownText.Fence(block);
            text.Append(text.Length > start ? "\n" : string.Empty).Append(fence).Append(HasSigns(block) ? "diff" : "text").Append('\n')
                .Append(block).Append(fence).Append('\n');
        }
    }

    private static string Block(SliceChange slice)
    {
        var text = new StringBuilder(UnifiedDiff.Render(Summary(slice.Old, slice.New), Summary(slice.New, slice.Old)));
        AppendSymbols(text, slice.Symbols);
        if (slice.Functions is { } functions)
        {
            AppendFunctions(text, functions);
        }

        if (slice.ObjectiveC is { } objectiveC)
        {
            ObjectiveCText.Append(text, objectiveC);
        }

        if (slice.Swift is { } swift)
        {
            SwiftText.Append(text, swift);
        }

        if (slice.CStrings is { } strings)
        {
            AppendLines(text, "CStrings:", strings.Added, strings.Removed, MarkdownText.Quoted);
        }

        return text.ToString();
    }

    /// <summary>
    /// The lines of one side. What a binary was built for, and how it loads a library, is told only where the other side differs in it.
    /// </summary>
    private static List<string> Summary(BinarySummary? side, BinarySummary? other)
    {
        List<string> lines = [];
        if (side is null)
        {
            return lines;
        }

        if (side.Version is { } version)
        {
            lines.Add(MarkdownText.Exact(version));
        }

        AppendWhereDifferent(lines, "Platform:", side.Platform, other, static summary => summary.Platform);
        AppendWhereDifferent(lines, "MinOS:   ", side.MinOs, other, static summary => summary.MinOs);
        AppendWhereDifferent(lines, "SDK:     ", side.Sdk, other, static summary => summary.Sdk);
        lines.AddRange(side.Sections.Select(section => string.Create(CultureInfo.InvariantCulture, $"  {SectionName(section.Name)}: 0x{section.Size:x}")));
        var kinds = other?.Dylibs.ToLookup(dylib => dylib.Name, dylib => dylib.Kind, StringComparer.Ordinal);
        lines.AddRange(side.Dylibs.Select(dylib => kinds is null || !kinds.Contains(dylib.Name) || kinds[dylib.Name].Contains(dylib.Kind, StringComparer.Ordinal)
            ? $"  - {MarkdownText.Name(dylib.Name)}"
            : $"  - {MarkdownText.Name(dylib.Name)} ({dylib.Kind})"));
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"  Functions: {side.Functions}"));
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"  Symbols:   {side.Symbols}"));
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"  CStrings:  {side.CStrings}"));
        lines.Add(string.Empty);
        return lines;
    }

    // Lines of libraries begin with a dash.
    private static string SectionName(string name) => name.StartsWith("- ", StringComparison.Ordinal) ? MarkdownText.Quoted(name) : MarkdownText.Name(name);

    private static void AppendWhereDifferent(List<string> lines, string name, string? value, BinarySummary? other, Func<BinarySummary, string?> get)
    {
        if (value is not null && other is not null && get(other) != value)
        {
            lines.Add($"  {name} {MarkdownText.Visible(value)}");
        }
    }

    private static void AppendSymbols(StringBuilder text, SymbolChanges symbols)
    {
        // An import that became a definition, or the reverse: without their kinds the two lines would contradict each other.
        var crossed = symbols.Added
            .Join(symbols.Removed, one => one.Name, other => other.Name, (one, other) => new SymbolKindChange(one.Name, other.Kind, one.Kind), StringComparer.Ordinal)
            .Where(change => change.Old == Import ^ change.New == Import).ToArray();
        var names = crossed.Select(change => change.Name).ToHashSet(StringComparer.Ordinal);
        SymbolUse[] added = [.. symbols.Added.Where(symbol => !names.Contains(symbol.Name))];
        SymbolUse[] removed = [.. symbols.Removed.Where(symbol => !names.Contains(symbol.Name))];
        AppendLines(text, "Symbols:", added, removed, static symbol => MarkdownText.Exact(symbol.Name));
        text.Append(added.Length + removed.Length == 0 && crossed.Length + symbols.Rekinded.Count > 0 ? "Symbols:\n" : string.Empty);
        foreach (var symbol in symbols.Rekinded.Concat(crossed).OrderBy(change => change.Name, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"~ {MarkdownText.Name(symbol.Name)} : {symbol.Old} -> {symbol.New}\n");
        }
    }

    private static void AppendLines<T>(StringBuilder text, string heading, IReadOnlyList<T> added, IReadOnlyList<T> removed, Func<T, string> lineOf)
    {
        text.Append(added.Count + removed.Count > 0 ? heading + "\n" : string.Empty);
        foreach (var one in added)
        {
            text.Append("+ ").Append(lineOf(one)).Append('\n');
        }

        foreach (var one in removed)
        {
            text.Append("- ").Append(lineOf(one)).Append('\n');
        }
    }

    private static void AppendFunctions(StringBuilder text, FunctionChanges functions)
    {
        if (functions.Added.Count + functions.Removed.Count + functions.Changed.Count == 0)
        {
            return;
        }

        text.Append("Functions:\n");
        foreach (var function in functions.Changed)
        {
            var name = function.OldName is { } old ? $"{MarkdownText.Name(old)} -> {MarkdownText.Name(function.Name)}" : MarkdownText.Name(function.Name);
            text.Append(CultureInfo.InvariantCulture, $"~ {name} : {function.OldSize} -> {function.NewSize}{Percent(function)}\n");
            foreach (var target in function.Targets ?? [])
            {
                var (before, after) = (MarkdownText.Exact(target.Old), MarkdownText.Exact(target.New));
                text.Append(CultureInfo.InvariantCulture, $"  {target.Kind}: {before} -> {after}\n");
            }
        }

        foreach (var function in functions.Added)
        {
            text.Append("+ ").Append(MarkdownText.Exact(function.Name)).Append('\n');
        }

        foreach (var function in functions.Removed)
        {
            text.Append("- ").Append(MarkdownText.Exact(function.Name)).Append('\n');
        }
    }

    // Of a function that kept its size the size says nothing; how much of it is the same does.
    private static string Percent(FunctionChange function) => function.OldSize != function.NewSize
        ? string.Empty
        : string.Create(CultureInfo.InvariantCulture, $" ({Math.Floor(function.Similarity * 100)}% same)");

    private static bool HasSigns(string block) =>
        block.StartsWith('+') || block.StartsWith('-') || block.Contains("\n+", StringComparison.Ordinal) || block.Contains("\n-", StringComparison.Ordinal);
}
