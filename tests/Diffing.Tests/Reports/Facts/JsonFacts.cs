using System.Globalization;
using System.Text.Json;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Tests.Reports.Facts;

/// <summary>
/// What the Markdown of a report has to say, from its index and details. Left to JSON are: identities (UUIDs, cdhashes, hashes), class and
/// score beyond the top changes, sizes of functions that came or went, kinds of symbols that came or went, what is the same on both sides,
/// the aspects of an item that has a page, and the file-system facts of one that came or went.
/// </summary>
internal static class JsonFacts
{
    private static readonly string[] OneSided = ["added", "removed", "changed"];

    public static async Task<FactList> ReadAsync(ReportContents report, Func<string, Task<ItemDetails>> read)
    {
        var facts = new FactList();
        var head = report.Head;
        facts.Add("title", head.Title);
        facts.Add("input", "old", Path.GetFileName(head.Old.Path.TrimEnd('/')));
        facts.Add("input", "new", Path.GetFileName(head.New.Path.TrimEnd('/')));
        facts.Add("run", string.Create(CultureInfo.InvariantCulture, $"{head.Tool.Name} {head.Tool.Version}, {head.Run.DurationSeconds:0.00} s, peak {head.Run.PeakWorkingSetBytes / 1048576.0:0} MiB, {head.Run.Shards} {(head.Run.Shards == 1 ? "shard" : "shards")}"));
        foreach (var (proof, count) in head.Run.Skipped)
        {
            facts.Add("skipped", $"{count}", proof);
        }

        foreach (var part in head.Run.Activities)
        {
            facts.Add("activity", part.Name, string.Create(CultureInfo.InvariantCulture, $"{part.DurationSeconds:0.00} s {part.Items} {part.Bytes} {(part.Bytes == 1 ? "byte" : "bytes")} {part.PeakWorkingSetBytes / 1048576.0:0} MiB"));
        }

        AddPair(facts, head);
        var scored = new List<(string Handler, string Tag, ReportItem Item)>();
        foreach (var section in head.Sections)
        {
            facts.Add("section", section.Handler, string.Join(' ', Enum.GetValues<ItemGroup>().Select(group => section.Counts.GetValueOrDefault(group))), Lower(section.State), section.Reason);
            if (section.Counts.Count > 0 || section.State != SectionState.Complete || section.Containers.Count > 0 || section.Facts.Any(fact => section.Handler is "Kernelcache" or "IBoot" || fact.Old is not null || fact.New is not null))
            {
                facts.Add("linked", section.Handler);
            }

            AddHead(facts, head, section);
            var alikes = new Dictionary<(ItemGroup, string?), int>();
            foreach (var group in Enum.GetValues<ItemGroup>())
            {
                await foreach (var item in report.Items.ReadAsync(section.Handler, group, TestContext.Current.CancellationToken))
                {
                    alikes[(group, item.Volume)] = alikes.GetValueOrDefault((group, item.Volume)) + 1;
                }
            }

            var keys = new SortedDictionary<string, bool>(StringComparer.Ordinal);
            foreach (var group in Enum.GetValues<ItemGroup>())
            {
                await foreach (var item in report.Items.ReadAsync(section.Handler, group, TestContext.Current.CancellationToken))
                {
                    var details = item.Details is null ? null : await read(item.Details);
                    AddItem(facts, section.Handler, group, item, details, details is not null && IsInline(section.Handler, details, alikes[(group, item.Volume)]), keys);
                    if (item is { Score: not null, Class: >= ChangeClass.Data } && OneSided.Contains(Lower(group)))
                    {
                        scored.Add((section.Handler, group switch { ItemGroup.Added => "NEW", ItemGroup.Removed => "Removed", _ => "Updated" }, item));
                    }
                }
            }

            if (section.Handler == "Entitlements" && OneSided.Any(group => section.Counts.Any(count => Lower(count.Key) == group && count.Value > 0)))
            {
                facts.Add("keys", $"## 🔑 Entitlements by key ({keys.Count})");
            }
        }

        // What changed alike in several places is told once.
        var alike = scored.GroupBy(top => (top.Handler, top.Tag, top.Item.Path, top.Item.Class, top.Item.Score)).OrderByDescending(same => same.Key.Score).Take(20);
        foreach (var (place, same) in alike.Index())
        {
            var (handler, tag, item) = same.First();
            var volume = item.Volume is not null && same.Count() > 1 ? $"{item.Volume} and {same.Count() - 1} more" : item.Volume;
            facts.Add("top", $"{place}", $"{item.Score}", Lower(item.Class), handler, tag, volume, item.Path);
        }

        return facts;
    }

    private static void AddPair(FactList facts, Report head)
    {
        SectionFact? Fact(string handler, string name) => head.Sections.Where(section => section.Handler == handler).SelectMany(section => section.Facts)
            .Where(fact => fact.Name == name).OrderBy(fact => fact is { Old: not null, New: not null } ? 0 : 1).FirstOrDefault();
        (string Title, string? Old, string? New)[] rows =
        [
            ("Version", head.Old.Version, head.New.Version), ("Build", head.Old.Build, head.New.Build), ("Products", string.Join(", ", head.Old.Products), string.Join(", ", head.New.Products)),
            ("Kernel", Fact("Kernelcache", "Version")?.Old, Fact("Kernelcache", "Version")?.New), ("WebKit", Fact("SharedCache", "WebKit")?.Old, Fact("SharedCache", "WebKit")?.New),
        ];
        foreach (var (title, old, @new) in rows.Where(row => !string.IsNullOrEmpty(row.Old) || !string.IsNullOrEmpty(row.New)))
        {
            facts.Add("pair", title, old ?? "–", @new ?? "–");
        }
    }

    private static void AddHead(FactList facts, Report head, Section section)
    {
        if (section.Reason is { } reason)
        {
            facts.Add("reason", section.Handler, reason);
        }

        foreach (var container in section.Containers)
        {
            facts.Add("container", section.Handler, container.Name, container.OldItems == container.NewItems ? $"{container.NewItems}" : $"{container.OldItems} → {container.NewItems}", $"{container.SameIdentity}", $"{container.MovedOnly}");
            foreach (var note in container.Notes)
            {
                facts.Add("note", section.Handler, note);
            }
        }

        // Boot stages and kernelcaches that went the same way are told once, by the first.
        var told = section.Handler switch
        {
            "IBoot" => section.Facts.GroupBy(fact => (fact.Old, fact.New)).Select(same => (same.First(), Heading("Version", [.. same.Select(fact => fact.Container)]), "Version")),
            "Kernelcache" => section.Facts.GroupBy(fact => fact.Container).OrderBy(cache => cache.Key, StringComparer.Ordinal)
                .GroupBy(cache => string.Join('\n', cache.OrderBy(fact => fact.Name).Select(fact => $"{fact.Name} {fact.Old} {fact.New}")))
                .SelectMany(same => same.First().Select(fact => (fact, Heading("Version", [.. same.Select(cache => cache.Key)]), fact.Name))),
            _ => section.Facts.Where(fact => fact.Old is not null || fact.New is not null).Select(fact => (fact, Heading(fact.Name, [fact.Container]), "Version")),
        };
        foreach (var (fact, heading, column) in told)
        {
            facts.Add("fact", section.Handler, heading, column, "old", Side(head.Old), fact.Old ?? "–");
            facts.Add("fact", section.Handler, heading, column, "new", Side(head.New), fact.New ?? "–");
        }
    }

    private static string Heading(string name, string?[] containers) => containers[0] is null ? name : $"{name} ({containers[0]}{(containers.Length > 1 ? $" and {containers.Length - 1} more" : string.Empty)})";

    private static string Side(FirmwareInfo side) => side.Version is null ? Path.GetFileName(side.Path.TrimEnd('/')) : $"{side.Version} ({side.Build})";

    private static void AddItem(FactList all, string handler, ItemGroup group, ReportItem item, ItemDetails? details, bool isInline, SortedDictionary<string, bool> keys)
    {
        var facts = all.Of(handler, Lower(group), item.Volume, item.Path);
        if (handler == "Entitlements" && OneSided.Contains(Lower(group)))
        {
            facts.Add("entitlements", BaseName(item.Path));
            AddValues(details!.Values, facts);
            AddKeys(all, group, item, details.Values, keys);
            return;
        }

        facts.Add("item", item.FromVolume == item.Volume ? null : item.FromVolume, item.FromPath, Tail(group, item));
        if (details is not null)
        {
            if (isInline)
            {
                all.Add("inline", handler, item.Volume, item.Path);
            }

            facts.Add("page", BaseName(details.Path), details.Path);
            details.Slices.ToList().ForEach(slice => SliceFacts.Add(slice, isNamed: details.Slices.Count > 1 || slice.Old is null || slice.New is null, facts));
            AddStrings(details.Strings, facts);
            AddDefinition(details.Definition, facts);
            AddValues(details.Values, facts);
        }
    }

    // Short lists show short changes of keys below the item.
    private static bool IsInline(string handler, ItemDetails details, int items)
    {
        var lines = ValueChangeText.Lines(details.Values).TrimEnd('\n').Split('\n');
        return handler is "Launchd" or "Features" or "Localizations" && items <= 10 && details.Values.Count > 0 && lines.Length <= 12 && lines.All(line => line.Length <= 200);
    }

    private static string Tail(ItemGroup group, ReportItem item)
    {
        if (group == ItemGroup.Moved)
        {
            return $"same {item.Proof}{(item.Counts?.GetValueOrDefault("entries") is > 0 and var entries ? $", {entries} {(entries == 1 ? "entry" : "entries")}" : string.Empty)}";
        }

        if (item.Reason is not null)
        {
            return item.Reason;
        }

        return item is { Old: { } old, New: { } @new }
            ? string.Join(", ", (item.What ?? []).Select(aspect => aspect switch
            {
                "size" => $"size {old.Size} → {@new.Size}",
                "mode" => $"mode {old.Mode ?? "–"} → {@new.Mode ?? "–"}",
                "kind" => $"{old.Kind} → {@new.Kind}",
                "target" => $"target <{old.Target}> → <{@new.Target}>",
                _ => aspect,
            }))
            : item.Counts?.TryGetValue("bytes", out var bytes) == true ? $"{bytes} {(bytes == 1 ? "byte" : "bytes")}" : string.Empty;
    }

    private static void AddStrings(LocatedTextChanges? strings, FactList.Scope facts)
    {
        foreach (var (sign, text) in strings is null ? [] : strings.Added.Select(text => ("+", text)).Concat(strings.Removed.Select(text => ("-", text))))
        {
            facts.Add("string", sign, $"{text.Offset:x}", text.Text);
        }
    }

    private static void AddDefinition(DefinitionChange? change, FactList.Scope facts)
    {
        if (change is { Old: { } old, New: { } @new })
        {
            var tally = new LineTally();
            old.Split('\n').ToList().ForEach(line => tally.AddMember('-', line));
            @new.Split('\n').ToList().ForEach(line => tally.AddMember('+', line));
            tally.AddTo(facts, "definition line");
        }
        else if (change is not null)
        {
            facts.Add("definition", change.Old ?? change.New);
        }
    }

    private static void AddValues(IEnumerable<ValueChange> changes, FactList.Scope facts)
    {
        foreach (var change in changes)
        {
            var owners = change.Key.Count > 0 && change.Owners is { Count: > 0 } known ? $" ({string.Join(", ", known.Select(owner => $"{owner.Volume}: {owner.Path.Replace('/', '\n')}"))})" : string.Empty;
            var key = string.Join('\n', change.Key) + owners;
            if (change is { Old: { ValueKind: JsonValueKind.Array } before, New: { ValueKind: JsonValueKind.Array } after })
            {
                var (old, @new) = (before.EnumerateArray().Select(Json).ToList(), after.EnumerateArray().Select(Json).ToList());
                var (gone, come) = (Without(old, @new), Without(@new, old));
                gone.ForEach(element => facts.Add("element", key, "-", element));
                come.ForEach(element => facts.Add("element", key, "+", element));
                if (gone.Count + come.Count > 0)
                {
                    continue;
                }
            }

            foreach (var (sign, value) in new[] { ("-", change.Old), ("+", change.New) })
            {
                if (value is { } json)
                {
                    facts.Add("value", key, sign, Json(json));
                }
            }
        }
    }

    private static List<string> Without(List<string> elements, List<string> others)
    {
        var rest = elements.ToList();
        others.ForEach(other => rest.Remove(other));
        return rest;
    }

    private static void AddKeys(FactList facts, ItemGroup group, ReportItem item, IEnumerable<ValueChange> changes, SortedDictionary<string, bool> keys)
    {
        var mark = group switch { ItemGroup.Added => " 🆕", ItemGroup.Removed => " ❌", _ => string.Empty };
        var held = changes.Select(change => (Key: change.Key.Skip(change.Key is [['S', 'l', 'i', 'c', 'e', ' ', ..], _, ..] ? 1 : 0).ToArray(), change.Old, change.New))
            .Where(change => change.Key.Length > 0)
            .Select(change => (Key: change.Key[0], Kind: change.Key.Length > 1 ? "Value changed in" : change.Old is null ? "Gained by" : change.New is null ? "Lost by" : "Value changed in"));
        foreach (var (key, kind) in held.Distinct())
        {
            keys[key] = true;
            facts.Add("key", key, kind, item.Volume, item.Path, mark);
        }
    }

    private static string BaseName(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static string Json(JsonElement element) => JsonSerializer.Serialize(element);

    private static string Lower<T>(T value) => $"{value}".ToLowerInvariant();
}
