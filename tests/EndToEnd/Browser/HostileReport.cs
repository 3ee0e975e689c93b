using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using IpswDiff.Diffing.Merging;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.EndToEnd.Browser;

/// <summary>A report in which every text that comes from a firmware is out to break the page, and items enough to need paging.</summary>
internal sealed class HostileReport : IReportItems
{
    public const string Script = "</script><script>window.planted = true; alert(1)</script><img src=x onerror='window.planted = true'>";

    public static readonly string[] Texts =
    [
        Script,
        "`` ``` | [x](javascript:alert(1)) {{data}} {{script}} <!-- --> ]]>",
        "\u202egpj.exe\u2066 \u200f\u061c\ufeff",
        "\e[31mred\e]0;title\a\r\n\t\0",
        Encoding.UTF8.GetString([0x61, 0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80]),
        "tags \U000e0041\U000e0042",
        "__proto__",
        new string('m', 1 << 20),
    ];

    private readonly List<ReportItem> _items = [];

    public static async Task<ReportContents> CreateAsync(IArtifactStore folder, int quiet, CancellationToken cancellationToken)
    {
        var items = new HostileReport();
        for (var i = 0; i < Texts.Length; i++)
        {
            var text = Texts[i];
            var name = ArtifactNames.ForItem("MachO", "v", $"{i}");
            var details = new ItemDetails
            {
                Path = text,
                Slices =
                [
                    new SliceChange
                    {
                        Arch = text,
                        Symbols = new SymbolChanges([new SymbolUse(text, "export")], [], []),
                        CStrings = new TextChanges([text, "plain"], [text]),
                    },
                ],
                Values = [new ValueChange([text], null, JsonSerializer.SerializeToElement(text))],
                Definition = new DefinitionChange(text, null),
            };
            await folder.TryCreateAsync(name, async (stream, token) =>
            {
                await using var gzip = new GZipStream(stream, CompressionLevel.Fastest);
                await JsonSerializer.SerializeAsync(gzip, details, ResultsJson.Readable.ItemDetails, token);
            }, cancellationToken);
            items._items.Add(new ReportItem
            {
                Volume = "v",
                Path = $"/{i}/{text}",
                Class = ChangeClass.Code,
                Score = 60 + i,
                What = [text],
                Details = name,
                Counts = new Dictionary<string, long>(StringComparer.Ordinal) { [text] = 1 },
            });
        }

        items._items.AddRange(Enumerable.Range(0, quiet).Select(i => new ReportItem { Volume = "v", Path = $"/quiet/{i:d6}", Class = ChangeClass.Residue, Score = 0 }));
        var all = string.Join(' ', Texts[..^1]);
        var side = new FirmwareInfo(all, "folder", all, all, [all]);
        return new ReportContents(
            new Report
            {
                Tool = new ToolInfo("ipswdiff", "1"),
                Title = all,
                Old = side,
                New = side,
                Options = new OptionsInfo { Handlers = ["MachO"] },
                Run = new RunInfo { Skipped = new Dictionary<string, long>(StringComparer.Ordinal) { [all] = 3 } },
                Sections =
                [
                    new Section
                    {
                        Handler = "MachO", State = SectionState.Incomplete, Reason = all, Counts = items.Count("MachO"),
                        Facts = [new SectionFact(all, all, all, null)],
                        Containers = [new ContainerInfo(all, 1, 2, 3, 4, [all])],
                    },
                ],
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

    public IReadOnlyDictionary<ItemGroup, long> Count(string handler) => new Dictionary<ItemGroup, long> { [ItemGroup.Changed] = _items.Count };
}
