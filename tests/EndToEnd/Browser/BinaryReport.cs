using System.Globalization;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text.Json;
using IpswDiff.Diffing.Merging;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.EndToEnd.Browser;

/// <summary>A report of as many changed binaries as a major beta has; the first holds a line for every rule of residue and mangled names.</summary>
internal sealed class BinaryReport : IReportItems
{
    public const int Count = 4000;
    public const string Mangled = "__ZN7Network7Session5startEv";
    public const string Readable = "Network::Session::start()";

    /// <summary>The first item's names and strings, some of each rule.</summary>
    public static readonly string[] Names =
    [
        Mangled, "_$s7SwiftUI4ViewP4bodyQrvp", "_plain", "___foo_block_invoke_2", "___bar_block_invoke_3", "___block_descriptor_40", "GCC_except_table7", "_OUTLINED_FUNCTION_3", "l_.str.4",
        "_kalloc_type_view_12", "_symbolic _____ 4main", "_$s4main3FooCMa", "_$s4main3fooyyFTR", "_foo.cold.1", "/AppleInternal/Library/x.o",
    ];

    public static readonly string[] Strings =
        ["said by somebody", "Jan  1 2026", "12:30:01", "AppleSPUFirmware-2444.1.1~66", "01234567-89AB-CDEF-0123-456789ABCDEF", "/Library/Caches/com.apple.xbs/x.c", "$5.00 | a$"];

    private readonly List<ReportItem> _items = [];

    /// <summary>The slice of the first item.</summary>
    public static SliceChange First { get; } = Slice(
        0, new SymbolChanges([.. Names.Select(name => new SymbolUse(name, "export"))], [new SymbolUse("___foo_block_invoke_9", "local")], []), new TextChanges(Strings, []));

    public static string PathOf(int i) => string.Create(CultureInfo.InvariantCulture, $"/System/Library/PrivateFrameworks/Kit{i:d4}.framework/Kit{i:d4}");

    public static async Task<ReportContents> CreateAsync(IArtifactStore folder, CancellationToken cancellationToken)
    {
        var items = new BinaryReport();
        for (var i = 0; i < Count; i++)
        {
            var path = PathOf(i);
            var name = ArtifactNames.ForItem("SharedCache", null, path);
            var slice = i == 0 ? First : Slice(i, new SymbolChanges([new SymbolUse("_new", "export")], [], []), null);
            await folder.TryCreateAsync(name, async (stream, token) =>
            {
                await using var gzip = new GZipStream(stream, CompressionLevel.Fastest);
                await JsonSerializer.SerializeAsync(gzip, new ItemDetails { Path = path, Slices = [slice] }, ResultsJson.Readable.ItemDetails, token);
            }, cancellationToken);
            items._items.Add(new ReportItem { Path = path, Class = i % 4 == 0 ? ChangeClass.Code : ChangeClass.Residue, Score = i % 4 == 0 ? 40 : 0, Details = name });
        }

        var side = new FirmwareInfo("x.ipsw", "ipsw", "27.0", "27A1", []);
        return new ReportContents(
            new Report
            {
                Tool = new ToolInfo("ipswdiff", "1"),
                Title = "27.0 .vs 27.1",
                Old = side,
                New = side with { Version = "27.1", Build = "27B1" },
                Options = new OptionsInfo { Handlers = ["SharedCache"] },
                Run = new RunInfo(),
                Sections = [new Section { Handler = "SharedCache", State = SectionState.Complete, Counts = new Dictionary<ItemGroup, long> { [ItemGroup.Changed] = Count } }],
            },
            items,
            folder);
    }

    public async IAsyncEnumerable<ReportItem> ReadAsync(string handler, ItemGroup group, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var item in group == ItemGroup.Changed ? _items : [])
        {
            await Task.CompletedTask;
            yield return item;
        }
    }

    IReadOnlyDictionary<ItemGroup, long> IReportItems.Count(string handler) => new Dictionary<ItemGroup, long> { [ItemGroup.Changed] = _items.Count };

    // The first shrinks most, the last grows most.
    private static SliceChange Slice(int i, SymbolChanges symbols, TextChanges? strings) => new()
    {
        Arch = "arm64e",
        Old = Summary(10_000_000),
        New = Summary((ulong)(10_000_000 + (1000 * (i - (Count / 2))))),
        Symbols = symbols,
        CStrings = strings,
    };

    private static BinarySummary Summary(ulong size) => new() { Sections = [new SectionSize("__TEXT.__text", size)], Dylibs = [] };
}
