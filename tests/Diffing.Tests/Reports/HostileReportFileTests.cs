using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IpswDiff.Diffing.Reports;
using IpswDiff.Diffing.Reports.Json;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Tests.Reports.Facts;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Tests.Reports;

/// <summary>
/// A report's own files with anything in the place of anything: rendered, or refused with the file's name, and nothing
/// else.
/// </summary>
public sealed class HostileReportFileTests : IDisposable
{
    private const string Details = "items/MachO/x.json.gz";
    private const string Placeholder = "@here@";

    // What takes the place of a value, as it stands in the file; null takes the value out.
    private static readonly string?[] Hostile =
        ["null", "\"\\ud800\"", "\"../../x\"", "-1e999", "[null]", "{\"\\udc00\":1}", "{}", null];

    private static readonly ItemDetails Found = new()
    {
        Volume = "SystemOS",
        Path = "/usr/lib/x",
        Slices =
        [
            new SliceChange
            {
                Arch = "arm64e",
                OldArch = "arm64",
                Old = new BinarySummary { Version = "1.0", Sections =
                    [new SectionSize("__TEXT.__text", 8)], Dylibs = [new DylibUse("/usr/lib/a", "load")] },
                New = new BinarySummary { Version = "1.1", Sections =
                    [new SectionSize("__TEXT.__text", 16)], Dylibs = [new DylibUse("/usr/lib/a", "weak")] },
                What = ["code"],
                SameSizeSections = [new ChangedSection("__TEXT.__const", false)],
                Symbols = new SymbolChanges([new SymbolUse("_a", "import")],
                    [new SymbolUse("_a", "export")], [new SymbolKindChange("_c", "local", "export")]),
                CStrings = new TextChanges(["new"], ["old"]),
                Functions = new FunctionChanges([new FunctionSize("_n", 4)],
                    [new FunctionSize("_o", 4)], [new FunctionChange("_f", "_e", 8, 8, 0.5)]),
                ObjectiveC = new ObjectiveCChanges
                {
                    Added = [new ObjectiveCEntity("class", "A", "B", 1)],
                    Changed = [new ObjectiveCEntityChange { Kind = "category", Name = "A(B)", Methods =
                        new ObjectiveCMemberChanges(["-a"], ["+b"], [new ObjectiveCMemberChange("-c", "v", "i")]) }],
                },
            },
        ],
        Values =
        [
            new ValueChange(["a", "b"],
                JsonSerializer.SerializeToElement(new[] { "x", "y" }), JsonSerializer.SerializeToElement(new[] { "x" }))
            {
                Owners = [new BinaryPlace("SystemOS", "/bin/x")],
            },
        ],
        Strings = new LocatedTextChanges([new LocatedText(1, "a")], []),
        Definition = new DefinitionChange("struct a {\n};", "struct a {\n    int b;\n};"),
    };

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"ipswdiff-hostile-{Guid.NewGuid():N}");
    private readonly FolderArtifactStore _report;

    public HostileReportFileTests() => _report = new FolderArtifactStore(Path.Combine(_folder, "report"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Anything_in_the_place_of_a_value_of_the_details_is_refused_by_name_or_rendered()
    {
        await WriteIndexAsync();
        var refused = 0;
        foreach (var text in Mutations(JsonSerializer.Serialize(Found, ResultsJson.Readable.ItemDetails)))
        {
            WriteDetails(Encoding.UTF8.GetBytes(text));
            if (await FaultOfRenderingAsync(text) is { } fault)
            {
                refused++;
                Assert.Contains(Details, fault.Message, StringComparison.Ordinal);
            }
        }

        Assert.True(refused > 400, $"only {refused} were refused");
    }

    [Fact]
    public async Task Anything_in_the_place_of_a_value_of_the_index_is_refused_by_name_or_rendered()
    {
        await WriteIndexAsync();
        WriteDetails(JsonSerializer.SerializeToUtf8Bytes(Found, ResultsJson.Readable.ItemDetails));
        var index = Path.Combine(_folder, "report", JsonReport.FileName);
        var whole = await File.ReadAllTextAsync(index, TestContext.Current.CancellationToken);
        var refused = 0;
        foreach (var text in Mutations(whole))
        {
            await File.WriteAllTextAsync(index, text, TestContext.Current.CancellationToken);
            if (await FaultOfRenderingAsync(text) is FirmwareFormatException fault)
            {
                refused++;
                Assert.Contains(JsonReport.FileName, fault.Message, StringComparison.Ordinal);
            }
        }

        Assert.True(refused > 250, $"only {refused} were refused");
        Assert.Equal(["report"], Directory.GetFileSystemEntries(_folder).Select(entry => Path.GetFileName(entry)));
    }

    [Fact]
    public async Task Details_that_hold_more_than_details_may_or_than_they_declare_are_not_unpacked()
    {
        await WriteIndexAsync();
        var file = Path.Combine(_folder, "report", Details);
        WriteDetails(Bomb(80 << 20));
        Assert.Contains("64 MiB", Assert.IsType<IOException>(await FaultOfRenderingAsync("a bomb"))
            .Message, StringComparison.Ordinal);

        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        bytes.AsSpan(bytes.Length - 4).Clear();
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        Assert.Contains("declares", Assert.IsType<IOException>(await FaultOfRenderingAsync("a liar"))
            .Message, StringComparison.Ordinal);
    }

    private static IEnumerable<byte[]> Bomb(int length)
    {
        yield return Encoding.UTF8.GetBytes("{\"path\":\"x\",\"slices\":[],\"values\":[],\"more\":[");
        var zeros = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("0,", 1 << 19)));
        for (var written = 0; written < length; written += zeros.Length)
        {
            yield return zeros;
        }

        yield return Encoding.UTF8.GetBytes("0]}");
    }

    private static IEnumerable<string> Mutations(string json)
    {
        var count = Places(JsonNode.Parse(json)!).Count();
        for (var at = 0; at < count; at++)
        {
            foreach (var hostile in Hostile)
            {
                var root = JsonNode.Parse(json)!;
                Places(root).ElementAt(at)(hostile is null);
                yield return root.ToJsonString().Replace($"\"{Placeholder}\"", hostile, StringComparison.Ordinal);
            }
        }
    }

    // Each takes one value out, or puts the placeholder there.
    private static IEnumerable<Action<bool>> Places(JsonNode node)
    {
        if (node is JsonObject members)
        {
            foreach (var (name, value) in members.ToList())
            {
                yield return remove =>
                {
                    members.Remove(name);
                    if (!remove)
                    {
                        members.Add(name, Placeholder);
                    }
                };
                foreach (var place in value is null ? [] : Places(value))
                {
                    yield return place;
                }
            }
        }
        else if (node is JsonArray list)
        {
            for (var i = 0; i < list.Count; i++)
            {
                var at = i;
                yield return remove =>
                {
                    list.RemoveAt(at);
                    if (!remove)
                    {
                        list.Insert(at, Placeholder);
                    }
                };
                foreach (var place in list[at] is { } value ? Places(value) : [])
                {
                    yield return place;
                }
            }
        }
    }

    // Anything but a refusal goes through to the test.
    private async Task<Exception?> FaultOfRenderingAsync(string what)
    {
        var output = new FolderArtifactStore(Path.Combine(_folder, "report", "out"));
        try
        {
            var read = await WrittenReport.OpenAsync(_report, TestContext.Current.CancellationToken);
            await ReportFormats.WriteAsync(
                read, output, ["markdown", "html", "json"], TestContext.Current.CancellationToken);
            await WrittenReport.CopyDetailsAsync(read, output, TestContext.Current.CancellationToken);
            return null;
        }
        catch (Exception refusal) when (refusal is FirmwareFormatException or IOException)
        {
            return refusal;
        }
        catch (Exception fault)
        {
            throw new InvalidOperationException(what, fault);
        }
        finally
        {
            if (Directory.Exists(Path.Combine(_folder, "report", "out")))
            {
                Directory.Delete(Path.Combine(_folder, "report", "out"), recursive: true);
            }
        }
    }

    private Task WriteIndexAsync()
    {
        const string Index = """
            {
              "schemaVersion": 1, "tool": {"name": "ipswdiff", "version": "1"}, "title": "a", "old": {"path": "a",
                "kind": "ipsw", "version": "1", "build": "1A1", "products": ["x"]},
              "new": {"path": "b", "kind": "ipsw", "products": ["x"]}, "options": {"handlers": ["MachO"],
                "allowList": ["a"], "blockList": [], "memoryLimitBytes": 1, "parallelism": 1},
              "run": {"startedAt": "2026-01-01T00:00:00+00:00", "durationSeconds": 1, "peakWorkingSetBytes": 1,
                "shards": 1, "skipped": {"uuid": 1},
                "activities": [{"name": "a", "durationSeconds": 1, "items": 1, "bytes": 1,
                  "peakWorkingSetBytes": 1}]},
              "sections": [
                {"handler": "MachO", "state": "incomplete", "reason": "r", "durationSeconds": 1,
                  "containers": [{"name": "c", "oldItems": 1, "newItems": 1, "sameIdentity": 1, "movedOnly": 1,
                    "notes": ["n"]}],
                  "facts": [{"name": "WebKit", "container": "c", "old": "1", "new": "2"}],
                  "added": [], "removed": [], "changed": [{"volume": "SystemOS", "path": "/usr/lib/x",
                    "class": "code", "score": 60, "what": ["code"], "boards": ["b"], "counts": {"symbols": 1},
                    "old": {"kind": "file", "size": 1, "mode": "644"}, "new": {"kind": "file", "size": 2,
                      "target": "t"}, "details": "items/MachO/x.json.gz"}],
                  "moved": [{"path": "/b", "fromPath": "/a", "fromVolume": "v", "proof": "uuid",
                    "identity": {"uuids": ["u"], "cdHashes": ["c"]}}], "rebuilt": [], "unreadable": [{"path": "/c",
                      "reason": "r"}]},
                {"handler": "Kernelcache", "state": "complete", "durationSeconds": 1, "facts": [{"name": "Darwin",
                  "old": "1", "new": "2"}],
                  "added": [], "removed": [], "changed": [], "moved": [], "rebuilt": [], "unreadable": []}
              ]
            }
            """;
        Directory.CreateDirectory(Path.Combine(_folder, "report"));
        return File.WriteAllTextAsync(
            Path.Combine(_folder, "report", JsonReport.FileName), Index, TestContext.Current.CancellationToken);
    }

    private void WriteDetails(params IEnumerable<byte[]> parts)
    {
        var path = Path.Combine(_folder, "report", Details);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var packed = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        foreach (var part in parts)
        {
            packed.Write(part);
        }
    }
}
