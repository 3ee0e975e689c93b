using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text.Json;
using CsCheck;
using IpswDiff.Diffing.Merging;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Tests.Reports.Facts;

/// <summary>Reports of every section with names that firmwares have and names that nobody should have, made at random.</summary>
internal static class GenReport
{
    private static readonly string[] Usual =
    [
        "_objc_msgSend", "__ZN3foo3barEv", "__ZNSt3__16vectorIiNS_9allocatorIiEEE9push_backEOi", "_$s7SwiftUI4ViewP4bodyQrvp", "_$s4main3FooCMa", "___main_block_invoke_2",
        "GCC_except_table12", "-[NSView(Extra) drawRect:]", "+[Foo bar:baz:]", "_RNvCs1234_7mycrate3foo", "_OUTLINED_FUNCTION_7", "sub_1000", "memcpy.cold.1", "12:30:01", "Jan  1 2026",
        "__TEXT.__text", "__TEXT.__cstring", "__DATA.__bss", "/usr/lib/libSystem.B.dylib", "/System/Library/Frameworks/Foundation.framework/Foundation", "com.apple.driver.Foo",
        "usr", "lib", "a.md", "A.md", "README.md", "…/…", "T@\"NSString\",&,N,V_name", "{vector<int>=^i^i^i}", "Foo(Bar)", "A", "a",
    ];

    private static readonly Gen<string> Hostile = Any(
        "a", "B", "n", "u", " ", "`", "```", "*", "_", "[", "]", "(", ")", "<", ">", "&lt;", "|", "#", "~", "!", "$", "\\", "\"", "'", ":", " : ", " -> ", " = ", " (", ": 0x1", "/", "//", "..", ".",
        "\n", "\r", "\t", "\0", "\e[31m", "\u202e", "\u2066", "\u2028", "\u0085", "\ufeff", "\U000e0041", "😀", "é", "漢", "</details>", "</script>", "- ", "+", "](x)", "—", " — ", "%", "%2F", "{{", "=", "1")
        .Array[1, 6].Select(string.Concat);

    private static readonly Gen<string> Text = Gen.Frequency((3, Any(Usual)), (2, Hostile), (1, Gen.Char['a', 'z'].Array[90, 200].Select(string.Concat)));
    private static readonly Gen<string> PathText = Gen.Select(Text.Array[1, 4], Gen.Bool, (parts, rooted) => (rooted ? "/" : string.Empty) + string.Join('/', parts));
    private static readonly Gen<string[]> Texts = Text.Array[0, 5];

    private static readonly Gen<BinarySummary> Summary = Gen.Select(
        Any("1.2.3.0.0", "1.2.4.0.0", null), Any("ios", "macos", null), Any("18.0", "26.0", null),
        Gen.Select(Gen.OneOf(Any("__TEXT.__text", "__TEXT.__const", "__DATA.__data", "- __X.__y", "__TEXT.a: 0x5", "Functions"), Text), Gen.ULong[0, 9], (name, size) => new SectionSize(name, size)).Array[0, 8],
        Gen.Select(Gen.OneOf(Any("/usr/lib/a.dylib", "/usr/lib/b.dylib", "x (weak)"), Text), Any("load", "weak", "reexport"), (name, kind) => new DylibUse(name, kind)).Array[0, 6],
        Gen.Long[0, 2].Array[3],
        (version, platform, sdk, sections, dylibs, counts) => new BinarySummary
        {
            Version = version,
            Platform = platform,
            MinOs = sdk,
            Sdk = sdk,
            Uuid = null,
            Sections = sections,
            Dylibs = dylibs,
            Functions = counts[0],
            Symbols = counts[1],
            CStrings = counts[2],
        });

    private static readonly Gen<SymbolChanges> Symbols = Gen.Select(Texts, Texts, Texts, (added, removed, rekinded) => new SymbolChanges(
        [.. added.Select(name => new SymbolUse(name, "export"))], [.. removed.Select(name => new SymbolUse(name, "local"))], [.. rekinded.Select(name => new SymbolKindChange(name, "local", "export"))]));

    private static readonly Gen<FunctionChanges?> Functions = Gen.Select(
        Texts, Texts,
        Gen.Select(Text, Text, Gen.Bool, Gen.Long[0, 3], Gen.Long[0, 3], Gen.Double[0, 1], (name, old, isRenamed, before, after, same) => new FunctionChange(name, isRenamed ? old : null, before, after, same)).Array[0, 4],
        (added, removed, changed) => new FunctionChanges([.. added.Select(name => new FunctionSize(name, 8))], [.. removed.Select(name => new FunctionSize(name, 8))], changed)).Null();

    private static readonly Gen<ObjectiveCMemberChanges?> Members = Gen.Select(
        Texts, Texts, Gen.Select(Text, Text.Null(), Text.Null(), (name, old, @new) => new ObjectiveCMemberChange(name, old, @new)).Array[0, 3],
        (added, removed, changed) => new ObjectiveCMemberChanges(added, removed, changed)).Null();

    // A method's name begins with what it is a method of.
    private static readonly Gen<ObjectiveCMemberChanges?> Methods = Members.Select(members => members is null ? null : new ObjectiveCMemberChanges(
        [.. members.Added.Select(name => "-" + name)], [.. members.Removed.Select(name => "@optional +" + name)], [.. members.Changed.Select(change => change with { Name = "+" + change.Name })]));

    private static readonly Gen<(string Kind, string Name)> Entity = Gen.Select(Any("class", "category", "protocol"), Text, (kind, name) => (kind, kind == "category" ? $"{name}(Extra)" : name));

    private static readonly Gen<ObjectiveCChanges?> ObjectiveC = Gen.Select(
        Gen.Select(Entity, Text.Null(), Gen.Int[0, 3], (entity, super, methods) => new ObjectiveCEntity(entity.Kind, entity.Name, entity.Kind == "class" ? super : null, methods)).Array[0, 3].Array[2],
        Gen.Select(Entity, Text.Null(), Text.Null(), Members.Array[3], Methods, (entity, old, @new, members, methods) => new ObjectiveCEntityChange
        {
            Kind = entity.Kind,
            Name = entity.Name,
            Superclass = old == @new ? null : new ObjectiveCMemberChange("superclass", old, @new),
            Protocols = members[0],
            Properties = members[1],
            Ivars = members[2],
            Methods = methods,
        }).Array[0, 2],
        Any(null, null, null, "damaged: `x`"),
        (entities, changed, unreadable) => unreadable is null
            ? new ObjectiveCChanges { Added = entities[0], Removed = entities[1], Changed = changed }
            : new ObjectiveCChanges { Unreadable = unreadable }).Null();

    private static readonly Gen<SliceChange> Slice = Gen.Select(
        Gen.Select(Summary, Summary, Gen.Int[0, 9]),
        Gen.Select(Text, Gen.Bool, (name, isCode) => new ChangedSection(name, isCode)).Array[0, 3],
        Gen.Frequency((3, Symbols), (1, Gen.Const(SymbolChanges.None))),
        Gen.Select(Texts, Texts, (added, removed) => new TextChanges(added, removed)).Null(),
        Functions,
        ObjectiveC,
        (sides, sections, symbols, strings, functions, objectiveC) => new SliceChange
        {
            Arch = "arm64e",
            Old = sides.Item3 == 0 ? null : sides.Item1,
            New = sides.Item3 switch { 1 => null, 2 or 3 => sides.Item1, _ => sides.Item2 },
            What = ["code"],
            SameSizeSections = sections,
            Symbols = symbols,
            CStrings = strings,
            Functions = functions,
            ObjectiveC = objectiveC,
        });

    private static readonly Gen<JsonElement> Json = Gen.Recursive<JsonElement>((depth, inner) =>
    {
        var plain = Gen.OneOf(Text.Select(Element), Gen.Int.Select(Element), Gen.Bool.Select(Element));
        return depth > 1 ? plain : Gen.Frequency((3, plain), (2, inner.Array[0, 4].Select(Element)), (1, Gen.Dictionary(Text, inner)[0, 3].Select(Element)));
    });

    // The page tells owners for eyes, without the escapes that would make hostile names readable back.
    private static readonly Gen<BinaryPlace[]?> Owners = Gen.Select(Any("FileSystem", "SystemOS"), Any(Usual), (volume, path) => new BinaryPlace(volume, "/usr/bin/" + path)).Array[0, 2].Null();

    private static readonly Gen<ValueChange[]> Values = Gen.Select(
        Gen.Frequency((4, Text), (1, Gen.Const("Slice arm64"))).Array[1, 3], Json, Json, Gen.Int[0, 4], Owners,
        (key, old, @new, sides, owners) => new ValueChange(key, sides == 0 ? null : old, sides == 1 ? null : @new) { Owners = owners }).Array[0, 5];

    private static readonly Gen<LocatedTextChanges?> Strings = Gen.Select(Gen.Long[0, 999999], Text, (offset, text) => new LocatedText(offset, text)).Array[0, 3].Array[2]
        .Select(sides => new LocatedTextChanges(sides[0], sides[1])).Null();

    private static readonly Gen<DefinitionChange> Definition = Gen.Select(Text.Array[1, 8], Text.Array[1, 8], Gen.Int[0, 5], (old, @new, sides) =>
        new DefinitionChange(sides == 0 ? null : string.Join('\n', old), sides == 1 ? null : string.Join('\n', @new)));

    private static readonly Gen<FileFacts> File = Gen.Select(Any("file", "symlink"), Gen.Long[0, 9], Any("644", "755", null), Text, (kind, size, mode, target) => new FileFacts(kind, size, mode, target));

    /// <summary>What items of a section are made of.</summary>
    private static Gen<(ItemGroup Group, ReportItem Item, ItemDetails? Details)> Item(string handler)
    {
        var volume = handler is "MachO" or "Entitlements" or "Features" or "Launchd" or "Files" or "Localizations" or "Kdk"
            ? Any<string?>("FileSystem", "SystemOS", "a/../b: c", "kernel.md") : handler is "SharedCache" ? Any(null, "FileSystem:/System/Library/dyld") : Any<string?>(null, null);
        var basis = Gen.Select(volume, PathText, Any(Enum.GetValues<ItemGroup>()), Gen.Int[0, 5], (place, path, group, of) => (Group: group, Item: new ReportItem
        {
            Volume = place,
            Path = path,
            Class = group == ItemGroup.Unreadable ? null : (ChangeClass)of,
            Score = group == ItemGroup.Unreadable ? null : of * 15,
            Reason = group == ItemGroup.Unreadable ? path + " is damaged" : null,
            Proof = group == ItemGroup.Moved ? "cdhash" : null,
            FromPath = group == ItemGroup.Moved ? path + "_" : null,
            FromVolume = group == ItemGroup.Moved && place is not null ? (of > 2 ? place : path + ":") : null,
        }));
        return Gen.Select(basis, File, File, Facets(handler), Gen.Int[0, 2], (found, old, @new, details, extra) =>
        {
            var (group, item) = found;
            item = group switch
            {
                ItemGroup.Changed when handler == "Files" => item with { Old = old, New = @new, What = ["size", "mode", "kind", "target", "content"] },
                ItemGroup.Added when extra == 1 => item with { Counts = new Dictionary<string, long>(StringComparer.Ordinal) { ["bytes"] = old.Size } },
                ItemGroup.Moved when extra == 1 => item with { Counts = new Dictionary<string, long>(StringComparer.Ordinal) { ["entries"] = 1 + old.Size } },
                _ => item,
            };
            var hasPage = handler == "Entitlements" ? group is ItemGroup.Added or ItemGroup.Removed or ItemGroup.Changed : handler != "Files" && group is ItemGroup.Changed or ItemGroup.Added && extra < 2;
            return (group, item, hasPage ? details with { Volume = item.Volume, Path = item.Path } : null);
        });
    }

    private static Gen<ItemDetails> Facets(string handler) => handler switch
    {
        "MachO" or "SharedCache" => Slice.Array[1, 2].Select(Apart).Select(slices => new ItemDetails { Path = string.Empty, Slices = slices }),
        "Kernelcache" or "Firmware" => Gen.Select(Slice.Array[0, 2].Select(Apart), Values, Strings, (slices, values, strings) => new ItemDetails { Path = string.Empty, Slices = slices, Values = values, Strings = strings }),
        "IBoot" => Strings.Select(strings => new ItemDetails { Path = string.Empty, Strings = strings }),
        "Kdk" => Definition.Select(change => new ItemDetails { Path = string.Empty, Definition = change }),
        _ => Values.Select(values => new ItemDetails { Path = string.Empty, Values = values }),
    };

    private static SliceChange[] Apart(SliceChange[] slices) => [.. slices.Select((slice, i) => slice with { Arch = i == 0 ? "arm64e" : "x86_64" })];

    private static readonly Gen<SectionFact> VersionFact = Gen.Select(Text.Null(), Text.Null(), Any("WebKit", "Driver"), Any(null, "FileSystem"), (old, @new, name, container) => new SectionFact(name, container, old, @new));

    private static Gen<SectionFact[]> Facts(string handler) => handler switch
    {
        "SharedCache" => VersionFact.Array[0, 2],
        "IBoot" => VersionFact.Array[0, 4].Select(facts => facts.Select((fact, i) => fact with { Name = "Version", Container = $"iBoot.{i}" }).ToArray()),
        "Kernelcache" => Gen.Select(Text, Text, Gen.Bool, (old, @new, any) => any ? new[] { "d1ap", "d2ap", "d3ap" }.SelectMany(board => new[] { "Version", "Build", "Date" }.Select(name => new SectionFact(name, board, board == "d3ap" ? null : old, @new))).ToArray() : []),
        _ => Gen.Const(Array.Empty<SectionFact>()),
    };

    private static readonly Gen<ContainerInfo> Container = Gen.Select(Text, Gen.Long[0, 3].Array[4], Texts, (name, counts, notes) => new ContainerInfo(name, counts[0], counts[1], counts[2], counts[3], notes));

    private static readonly string[] Handlers = ["Kernelcache", "Kdk", "MachO", "Firmware", "IBoot", "SharedCache", "Launchd", "Entitlements", "Features", "Files", "Localizations"];

    private static Gen<MadeSection> Section(string handler) => Gen.Select(
        Item(handler).Array[0, 5], Item(handler).Array[29, 32], Gen.Int[0, 11], Any(Enum.GetValues<SectionState>()), Text, Facts(handler), Container.Array[0, 2],
        (few, many, pick, state, reason, facts, containers) => new MadeSection(
            handler, state, state == SectionState.Complete ? null : reason, facts, handler == "SharedCache" ? containers : [],
            [.. (pick == 0 ? [.. many.Select(made => handler == "Files" ? (ItemGroup.Removed, new ReportItem { Volume = "SystemOS", Path = made.Item.Path }, null) : made)] : few).DistinctBy(made => (made.Item.Volume, made.Item.Path)).OrderBy(made => made.Group)]));

    public static Gen<MadeReport> Report { get; } = Gen.Select(
        Text, Text.Array[4], Gen.Dictionary(Text, Gen.Long[1, 9])[0, 3], Sections(),
        (title, sides, skipped, sections) => new MadeReport(title, sides, skipped, sections));

    private static Gen<MadeSection[]> Sections() => Handlers.Aggregate(Gen.Const(Array.Empty<MadeSection>()), (all, handler) => Gen.Select(all, Section(handler), Gen.Bool, (before, section, any) => any ? [.. before, section] : before));

    private static Gen<T> Any<T>(params T[] all) => Gen.Int[0, all.Length - 1].Select(pick => all[pick]);

    private static JsonElement Element<T>(T value) => JsonSerializer.SerializeToElement(value);
}

internal sealed record MadeSection(
    string Handler, SectionState State, string? Reason, SectionFact[] Facts, ContainerInfo[] Containers, (ItemGroup Group, ReportItem Item, ItemDetails? Details)[] Items);

/// <summary>A report that was made at random, and its way into a store.</summary>
internal sealed record MadeReport(string Title, string[] Sides, Dictionary<string, long> Skipped, MadeSection[] Sections) : IReportItems
{
    public async Task<ReportContents> WriteAsync(IArtifactStore store, CancellationToken cancellationToken)
    {
        foreach (var (section, item) in Sections.SelectMany(section => section.Items.Select(item => (section, item))).Where(one => one.item.Details is not null))
        {
            await store.TryCreateAsync(ArtifactNames.ForItem(section.Handler, item.Item.Volume, item.Item.Path), async (stream, token) =>
            {
                await using var gzip = new GZipStream(stream, CompressionLevel.Fastest);
                await JsonSerializer.SerializeAsync(gzip, item.Details!, ResultsJson.Readable.ItemDetails, token);
            }, cancellationToken);
        }

        var head = new Report
        {
            Tool = new ToolInfo("ipswdiff", "1.2"),
            Title = Title,
            Old = new FirmwareInfo("/x/" + Sides[0], "ipsw", Sides[1], Sides[2], []),
            New = new FirmwareInfo("/y/" + Sides[3] + "/", "folder", null, null, []),
            Options = new OptionsInfo { Handlers = [.. Sections.Select(section => section.Handler)] },
            Run = new RunInfo { Skipped = Skipped, DurationSeconds = 1.25, Shards = 3, PeakWorkingSetBytes = 5 << 20, Activities = [new ActivityInfo("inspect", 0.5, 3, 4, 5 << 20), new ActivityInfo("diff", 1.25, 30, 40, 6 << 20)] },
            Sections = [.. Sections.Select(section => new Section
            {
                Handler = section.Handler, State = section.State, Reason = section.Reason, Facts = section.Facts, Containers = section.Containers, Counts = Count(section.Handler),
            })],
        };
        return new ReportContents(head, this, store);
    }

    public async IAsyncEnumerable<ReportItem> ReadAsync(string handler, ItemGroup group, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (of, item, details) in Sections.Single(section => section.Handler == handler).Items)
        {
            if (of == group)
            {
                await Task.CompletedTask;
                yield return details is null ? item : item with { Details = ArtifactNames.ForItem(handler, item.Volume, item.Path) };
            }
        }
    }

    public IReadOnlyDictionary<ItemGroup, long> Count(string handler) =>
        Sections.Single(section => section.Handler == handler).Items.CountBy(item => item.Group).ToDictionary(count => count.Key, count => (long)count.Value);
}
