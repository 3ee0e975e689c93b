using System.Globalization;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;
using IpswDiff.Formats.Demangling;

namespace IpswDiff.Diffing.Tests.Reports.Facts;

/// <summary>What a page has to say of one slice.</summary>
internal static class SliceFacts
{
    public static void Add(SliceChange slice, bool isNamed, FactList.Scope item)
    {
        var facts = item.Of("slice", isNamed ? slice.Arch : string.Empty);
        if (isNamed)
        {
            item.Add("slice", slice.Arch, "side", slice.Old is null ? "added" : slice.New is null ? "removed" : "both");
        }

        var before = new FactList();
        AddBlock(slice, facts);
        var fold = ResidueFold.Of(slice);
        AddBlock(fold.Signal, before.Of());
        foreach (var section in slice.SameSizeSections)
        {
            if (!section.IsCode)
            {
                facts.Add("same size", section.Name);
            }
            else if (slice.What.Contains("code") && before.Sorted.Count == 0)
            {
                facts.Add("same size code", section.Name);
            }
        }

        if (fold.Counts.Count > 0)
        {
            facts.Add("residue", string.Join(", ", fold.Counts.Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Value} {count.Key}"))));
        }

        var (symbols, functions) = (fold.Signal.Symbols, fold.Signal.Functions ?? new FunctionChanges([], [], []));
        foreach (var raw in symbols.Added.Concat(symbols.Removed).Select(symbol => symbol.Name).Concat(symbols.Rekinded.Select(symbol => symbol.Name))
            .Concat(functions.Changed.Select(function => function.Name)).Concat(functions.Added.Concat(functions.Removed).Select(function => function.Name)).Distinct())
        {
            if (Demangler.TryDemangle(raw) is { } name)
            {
                facts.Add("demangled", raw, name);
            }
        }
    }

    private static void AddBlock(SliceChange slice, FactList.Scope facts)
    {
        var summary = new LineTally();
        AddSummary(summary, '-', slice.Old, slice.New);
        AddSummary(summary, '+', slice.New, slice.Old);
        summary.AddTo(facts, "summary");
        AddTexts(facts, "Symbols", slice.Symbols.Added.Select(symbol => symbol.Name), slice.Symbols.Removed.Select(symbol => symbol.Name));
        foreach (var symbol in slice.Symbols.Rekinded)
        {
            facts.Add("Symbols", "~", null, symbol.Name, symbol.Old, symbol.New, string.Empty);
        }

        if (slice.CStrings is { } strings)
        {
            AddTexts(facts, "CStrings", strings.Added, strings.Removed);
        }

        if (slice.Functions is { } functions)
        {
            AddTexts(facts, "Functions", functions.Added.Select(function => function.Name), functions.Removed.Select(function => function.Name));
            foreach (var function in functions.Changed)
            {
                var same = function.OldSize == function.NewSize ? $"{Math.Floor(function.Similarity * 100)}" : string.Empty;
                facts.Add("Functions", "~", function.OldName, function.Name, $"{function.OldSize}", $"{function.NewSize}", same);
            }
        }

        if (slice.ObjectiveC is { } objectiveC)
        {
            AddObjectiveC(objectiveC, facts);
        }
    }

    private static void AddSummary(LineTally tally, char sign, BinarySummary? side, BinarySummary? other)
    {
        if (side is null)
        {
            return;
        }

        if (side.Version is { } version)
        {
            tally.Add(sign, $"version {version}");
        }

        foreach (var (name, value, others) in new[] { ("Platform", side.Platform, other?.Platform), ("MinOS", side.MinOs, other?.MinOs), ("SDK", side.Sdk, other?.Sdk) })
        {
            if (value is not null && other is not null && value != others)
            {
                tally.Add(sign, $"{name} {value}");
            }
        }

        foreach (var section in side.Sections)
        {
            tally.Add(sign, $"section {section.Name} {section.Size:x}");
        }

        foreach (var dylib in side.Dylibs)
        {
            var kinds = other?.Dylibs.Where(use => use.Name == dylib.Name).Select(use => use.Kind).ToArray() ?? [];
            tally.Add(sign, $"dylib {dylib.Name}{(kinds.Length == 0 || kinds.Contains(dylib.Kind) ? string.Empty : $" ({dylib.Kind})")}");
        }

        tally.Add(sign, $"Functions {side.Functions}");
        tally.Add(sign, $"Symbols {side.Symbols}");
        tally.Add(sign, $"CStrings {side.CStrings}");
    }

    private static void AddTexts(FactList.Scope facts, string part, IEnumerable<string> added, IEnumerable<string> removed)
    {
        added.ToList().ForEach(text => facts.Add(part, "+", text));
        removed.ToList().ForEach(text => facts.Add(part, "-", text));
    }

    private static void AddObjectiveC(ObjectiveCChanges changes, FactList.Scope facts)
    {
        if (changes.Unreadable is { } reason)
        {
            facts.Add("ObjC", "unreadable", reason);
            return;
        }

        foreach (var (sign, entity) in changes.Added.Select(entity => ("+", entity)).Concat(changes.Removed.Select(entity => ("-", entity))))
        {
            facts.Add("ObjC", sign, entity.Kind, entity.Name, entity.Superclass, $"{entity.Methods}");
        }

        foreach (var change in changes.Changed)
        {
            var entity = $"{change.Kind} {change.Name}";
            facts.Add("ObjC", entity);
            if (change.Superclass is { } superclass)
            {
                facts.Add("ObjC", entity, "-", ": ", superclass.Old ?? "no superclass");
                facts.Add("ObjC", entity, "+", ": ", superclass.New ?? "no superclass");
            }

            AddMembers(facts, entity, "<", change.Protocols);
            AddMembers(facts, entity, "@property ", change.Properties);
            AddMembers(facts, entity, "ivar ", change.Ivars);
            AddMembers(facts, entity, string.Empty, change.Methods);
        }
    }

    private static void AddMembers(FactList.Scope facts, string entity, string kind, ObjectiveCMemberChanges? members)
    {
        if (members is not null)
        {
            members.Added.ToList().ForEach(name => facts.Add("ObjC", entity, "+", kind, name));
            members.Removed.ToList().ForEach(name => facts.Add("ObjC", entity, "-", kind, name));
            members.Changed.ToList().ForEach(change => facts.Add("ObjC", entity, "~", kind, change.Name, change.Old ?? string.Empty, change.New ?? string.Empty));
        }
    }
}
