using System.CommandLine;
using System.Globalization;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;
using IpswDiff.Diffing.Tests.PublishedReports;

namespace IpswDiff.Benchmarks;

/// <summary>Classifies the updated binaries of published reports and prints what share of their lines folds, and by which rule. No clock is read.</summary>
internal static class SignalReport
{
    public static Command Create()
    {
        var command = new Command("signal", "Classifies the pages of published reports and prints, as Markdown, what share folds and by which rule.");
        command.SetAction(_ => Run());
        return command;
    }

    private static int Run()
    {
        if (PublishedReports.Folder is null)
        {
            Console.Error.WriteLine("no published reports beside the checkout");
            return 1;
        }

        var all = new ClassTally();
        var folded = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var items = new SortedDictionary<ChangeClass, long>();
        var listed = 0L;
        var pages = PublishedReports.BinaryPages();
        foreach (var page in pages)
        {
            var slice = PublishedPage.Parse(PublishedReports.Read(page));
            var tally = new ClassTally();
            SliceSignal.Count(slice, tally);
            listed += slice.Symbols.Added.Count + slice.Symbols.Removed.Count
                + (slice.CStrings is { } strings ? strings.Added.Count + strings.Removed.Count : 0)
                + (slice.Functions is { } functions ? functions.Added.Count + functions.Removed.Count + functions.Changed.Count : 0);
            foreach (var of in Enum.GetValues<ChangeClass>())
            {
                all.Add(of, tally[of]);
            }

            foreach (var (rule, count) in tally.Folded)
            {
                folded[rule] = folded.GetValueOrDefault(rule) + count;
            }

            var highest = tally.Highest ?? ChangeClass.Residue;
            items[highest] = items.GetValueOrDefault(highest) + 1;
        }

        var sum = folded.Values.Sum();
        Print($"{pages.Count} pages, {all.Total} changes; of {listed} lines of symbols, functions and strings {sum} fold: {Share(sum, listed)}.\n");
        Print("| Rule | Lines folded | Share |\n| :-- | --: | --: |");
        foreach (var rule in ResidueRules.All.OrderByDescending(rule => folded.GetValueOrDefault(rule.Name)).ThenBy(rule => rule.Name, StringComparer.Ordinal))
        {
            var count = folded.GetValueOrDefault(rule.Name);
            Print($"| {rule.Name} | {count} | {Share(count, listed)} |");
        }

        Print("\n| Class | Changes | Share | Pages whose highest it is |\n| :-- | --: | --: | --: |");
        foreach (var of in Enum.GetValues<ChangeClass>().Reverse())
        {
            Print($"| {of.ToString().ToLowerInvariant()} | {all[of]} | {Share(all[of], all.Total)} | {items.GetValueOrDefault(of)} |");
        }

        return 0;
    }

    private static string Share(long part, long whole) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * part / Math.Max(1, whole):0.0} %");

    private static void Print(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));

    private static void Print(string line) => Console.WriteLine(line);
}
