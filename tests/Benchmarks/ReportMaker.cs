using System.Globalization;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text.Json;
using IpswDiff.Diffing.Merging;
using IpswDiff.Diffing.Reports;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Registry;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;
using IpswDiff.Diffing.Storage;
using IpswDiff.Forge;

namespace IpswDiff.Benchmarks;

/// <summary>
/// Makes the index and details of a report of any size: four of five items are changed binaries, most with a few dozen lines and a few with
/// thousands, as in published reports; the rest are files read by key and entries of the file system.
/// </summary>
internal sealed class ReportMaker(int items, int meanLines) : IReportItems
{
    private static readonly string[] Words = ["Core", "Media", "Graph", "Layer", "Store", "Session", "Cache", "Network", "Audio", "Video", "Shader", "Metal", "Photo", "Health", "Intent", "Siri", "Cloud", "Key", "Bag", "View"];

    private readonly Dictionary<(string Handler, ItemGroup Group), List<ReportItem>> _items = [];

    /// <summary>Lines of symbols, functions and strings in all items.</summary>
    public long Lines { get; private set; }

    public async Task WriteAsync(IArtifactStore store, CancellationToken cancellationToken)
    {
        for (var i = 0; i < items; i++)
        {
            var random = new ForgeRandom((ulong)i + 1);
            var (handler, group, item, details) = Make(i, random);
            if (details is not null)
            {
                item = item with { Details = ArtifactNames.ForItem(handler, item.Volume, item.Path), Volume = item.Volume };
                await store.TryCreateAsync(item.Details, async (stream, token) =>
                {
                    var gzip = new GZipStream(stream, CompressionLevel.Fastest);
                    await using (gzip.ConfigureAwait(false))
                    {
                        await JsonSerializer.SerializeAsync(gzip, details, ResultsJson.Readable.ItemDetails, token).ConfigureAwait(false);
                    }
                }, cancellationToken).ConfigureAwait(false);
            }

            item = ItemSignal.Classified(HandlerRegistry.SectionOf(handler).Classes, group, item, details);
            (_items.TryGetValue((handler, group), out var list) ? list : _items[(handler, group)] = []).Add(item);
        }

        var head = new Report
        {
            Tool = new ToolInfo("ipswdiff", "0"),
            Title = "27.0 (27A1) .vs 27.1 (27B1)",
            Old = new FirmwareInfo("/ipsw/Mac_27.0_27A1_Restore.ipsw", "ipsw", "27.0", "27A1", ["Mac1,1"]),
            New = new FirmwareInfo("/ipsw/Mac_27.1_27B1_Restore.ipsw", "ipsw", "27.1", "27B1", ["Mac1,1"]),
            Options = new OptionsInfo { Handlers = [.. _items.Keys.Select(key => key.Handler).Distinct()] },
            Run = new RunInfo(),
            Sections = [.. _items.Keys.Select(key => key.Handler).Distinct().Select(handler => new Section { Handler = handler, State = SectionState.Complete, Counts = Count(handler) })],
        };
        await ReportFormats.WriteAsync(new ReportContents(head, this, store), store, ["json"], cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<ReportItem> ReadAsync(string handler, ItemGroup group, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var item in _items.GetValueOrDefault((handler, group)) ?? [])
        {
            await Task.CompletedTask.ConfigureAwait(false);
            yield return item;
        }
    }

    public IReadOnlyDictionary<ItemGroup, long> Count(string handler) => _items.Where(list => list.Key.Handler == handler).ToDictionary(list => list.Key.Group, list => (long)list.Value.Count);

    private (string Handler, ItemGroup Group, ReportItem Item, ItemDetails? Details) Make(int i, ForgeRandom random)
    {
        var name = Words[random.Next(Words.Length)] + Words[random.Next(Words.Length)] + i.ToString(CultureInfo.InvariantCulture);
        switch (i % 10)
        {
            case < 6:
                var dylib = $"/System/Library/PrivateFrameworks/{name}.framework/{name}";
                return ("SharedCache", ItemGroup.Changed, new ReportItem { Path = dylib, What = ["code", "symbols"] }, new ItemDetails { Path = dylib, Slices = [Slice(random, name)] });
            case < 8:
                var program = $"/System/Library/CoreServices/{name}.app/{name}";
                return ("MachO", ItemGroup.Changed, new ReportItem { Volume = "FileSystem", Path = program, What = ["code", "symbols"] }, new ItemDetails { Volume = "FileSystem", Path = program, Slices = [Slice(random, name)] });
            case 8:
                var list = $"/System/Library/LaunchDaemons/com.apple.{name}.plist";
                return ("Launchd", ItemGroup.Changed, new ReportItem { Volume = "FileSystem", Path = list }, new ItemDetails { Volume = "FileSystem", Path = list, Values = Values(random) });
            default:
                var file = $"/System/Library/Assets/{name}/{random.Next(1000)}.car";
                return ("Files", ItemGroup.Changed, new ReportItem { Volume = "SystemOS", Path = file, What = ["size"], Old = new FileFacts("file", random.Next(9999), "0644", null), New = new FileFacts("file", random.Next(9999), "0644", null) }, null);
        }
    }

    // One in 64 holds half of all lines, one in 8 a quarter; the others share the rest.
    private int LinesOf(ForgeRandom random)
    {
        var mean = random.Next(64) == 0 ? 32 * meanLines : random.Next(8) == 0 ? 2 * meanLines : meanLines * 2 / 7;
        return Math.Max(1, mean / 2 + random.Next(mean + 1));
    }

    private SliceChange Slice(ForgeRandom random, string name)
    {
        var lines = LinesOf(random);
        Lines += lines;
        var (symbols, functions, strings) = (lines * 5 / 10, lines * 3 / 10, lines * 2 / 10);
        var old = Summary(random, null);
        return new SliceChange
        {
            Arch = "arm64e",
            What = ["version", "uuid", "code", "symbols"],
            Old = old,
            New = Summary(random, old),
            SameSizeSections = [new ChangedSection("__DATA_CONST.__got", false), new ChangedSection("__TEXT.__const", false)],
            Symbols = new SymbolChanges([.. Sorted(symbols - symbols / 3, random, name).Select(symbol => new SymbolUse(symbol, "export"))], [.. Sorted(symbols / 3, random, name).Select(symbol => new SymbolUse(symbol, "local"))], []),
            Functions = new FunctionChanges(
                [.. Sorted(functions / 4, random, name).Select(function => new FunctionSize(function, 64))], [.. Sorted(functions / 4, random, name).Select(function => new FunctionSize(function, 64))],
                [.. Sorted(functions / 2, random, name).Select(function => new FunctionChange(function, null, 4 * random.Next(400), 4 * random.Next(400), 0.9))]),
            CStrings = new TextChanges([.. Texts(strings / 2, random, name)], [.. Texts(strings / 2, random, name)]),
        };
    }

    private static BinarySummary Summary(ForgeRandom random, BinarySummary? old) => new()
    {
        Version = string.Create(CultureInfo.InvariantCulture, $"{random.Next(900)}.{random.Next(20)}.{random.Next(20)}.0.0"),
        Uuid = new Guid((int)random.NextUInt64(), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).ToString().ToUpperInvariant(),
        Platform = "macos",
        MinOs = "27.0",
        Sdk = old is null ? "27.0" : "27.1",
        Sections = [.. Enumerable.Range(0, 24).Select(i => new SectionSize($"__TEXT.__section{i}", old is not null && i % 3 != 0 ? old.Sections[i].Size : (ulong)random.Next(1 << 20)))],
        Dylibs = [.. Enumerable.Range(0, 20).Select(i => new DylibUse($"/System/Library/Frameworks/Library{i}.framework/Library{i}", "load"))],
        Functions = random.Next(9999),
        Symbols = random.Next(9999),
        CStrings = random.Next(999),
    };

    private static IEnumerable<string> Sorted(int count, ForgeRandom random, string name) => Enumerable.Range(0, count).Select(i => Symbol(i, random, name)).Distinct().Order(StringComparer.Ordinal);

    private static string Symbol(int i, ForgeRandom random, string name)
    {
        var word = Words[random.Next(Words.Length)] + Words[random.Next(Words.Length)];
        return random.Next(10) switch
        {
            0 or 1 => string.Create(CultureInfo.InvariantCulture, $"-[{name}Controller {word}With{word}:completion{i}:]"),
            2 => string.Create(CultureInfo.InvariantCulture, $"___{name.Length + 20}-[{name}Manager {word}]_block_invoke_{i}"),
            3 => string.Create(CultureInfo.InvariantCulture, $"GCC_except_table{i}"),
            4 or 5 => string.Create(CultureInfo.InvariantCulture, $"__ZN{name.Length}{name}{word.Length + 4}{word}{i % 9000 + 1000}ERKNSt3__112basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEEE"),
            6 or 7 => string.Create(CultureInfo.InvariantCulture, $"_$s{name.Length}{name}{word.Length + 4}{word}{i % 9000 + 1000}V4bodyQrvp"),
            8 => string.Create(CultureInfo.InvariantCulture, $"_$s{name.Length}{name}{word.Length + 4}{word}{i % 9000 + 1000}CMa"),
            _ => string.Create(CultureInfo.InvariantCulture, $"_OBJC_CLASS_$_{name}{word}{i}"),
        };
    }

    private static IEnumerable<string> Texts(int count, ForgeRandom random, string name) => Enumerable.Range(0, count)
        .Select(i => string.Create(CultureInfo.InvariantCulture, $"{name}: failed to {Words[random.Next(Words.Length)].ToLowerInvariant()} the %@ of {Words[random.Next(Words.Length)]} {i}: %{{public}}@\n")).Order(StringComparer.Ordinal);

    private static ValueChange[] Values(ForgeRandom random) =>
    [
        .. Enumerable.Range(0, 1 + random.Next(12)).Select(i => new ValueChange(
            ["MachServices", string.Create(CultureInfo.InvariantCulture, $"com.apple.service.{i}")], i % 3 == 0 ? null : JsonSerializer.SerializeToElement(true), JsonSerializer.SerializeToElement(random.Next(99)))),
    ];
}
