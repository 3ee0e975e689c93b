using System.IO.Compression;
using System.Text.Json;
using IpswDiff.Forge;
using IpswDiff.Forge.Samples;

namespace IpswDiff.EndToEnd;

/// <summary>
/// Real binaries in two consecutive versions: every symbol that came, went or changed its kind by the symbol tables, as LLVM reads them, is
/// told as that, and no other. Their linkers leave debug maps on one side alone, and split cold parts off thousands of functions.
/// </summary>
public sealed class RealSymbolsTests
{
    [Theory]
    [InlineData("@duckdb/node-bindings-darwin-arm64", "1.5.4-r.1", "1.5.5-r.5", "libduckdb.dylib")]
    [InlineData("@duckdb/node-bindings-darwin-arm64", "1.5.4-r.1", "1.5.5-r.5", "duckdb.node")]
    [InlineData("wallpaper", "7.2.1", "7.3.1", "source/macos-wallpaper")]
    [InlineData("wallpaper", "7.3.1", "7.2.1", "source/macos-wallpaper")]
    public void Symbols_that_changed_are_those_that_llvm_nm_tells(string package, string old, string @new, string path)
    {
        var nm = Witnesses.Nm.Required();
        using var scratch = Cli.Scratch();
        var (before, after) = (Fetch(scratch, package, old, path), Fetch(scratch, package, @new, path));
        Cli.Run("diff", before, after, "-o", scratch["report"], "--format", "json", "--handlers", "MachO").Expect(0);
        var slices = Details(scratch["report"]).GetProperty("slices").EnumerateArray().ToArray();
        Assert.NotEmpty(slices);
        foreach (var slice in slices)
        {
            var arch = slice.GetProperty("arch").GetString()!;
            var (theirs, others) = (NmSymbols.Read(nm, before, arch), NmSymbols.Read(nm, after, arch));
            var (names, parts) = Told(slice.GetProperty("symbols"));
            Assert.Equal(NmSymbols.Changes(theirs, others), names);
            Assert.Equal(NmSymbols.PartChanges(theirs, others), parts);
            Assert.Equal((theirs.Count, others.Count), (Symbols(slice, "old"), Symbols(slice, "new")));
        }
    }

    private static string Fetch(ScratchFolder scratch, string package, string version, string path)
    {
        var (bytes, reason) = NpmPackage.TryRead(package, version, path);
        Assert.SkipWhen(bytes is null, reason ?? string.Empty);
        var file = scratch[version + "-" + Path.GetFileName(path)];
        File.WriteAllBytes(file, bytes!);
        return file;
    }

    private static JsonElement Details(string report)
    {
        var file = Assert.Single(Directory.GetFiles(Path.Combine(report, "items"), "*.gz", SearchOption.AllDirectories));
        using var stream = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        return JsonDocument.Parse(stream).RootElement;
    }

    private static int Symbols(JsonElement slice, string side) => slice.GetProperty(side).GetProperty("symbols").GetInt32();

    private static (string[] Names, string[] Parts) Told(JsonElement symbols)
    {
        var (names, parts) = (new List<string>(), new List<string>());
        foreach (var (sign, list) in new[] { ("+", "added"), ("-", "removed") })
        {
            foreach (var symbol in symbols.GetProperty(list).EnumerateArray())
            {
                var (name, kind) = (Text(symbol, "name"), Text(symbol, "kind"));
                if (NmSymbols.WholeOf(name, kind) is { } whole)
                {
                    parts.Add($"{sign} {kind} {whole}");
                }
                else
                {
                    names.Add($"{sign} {kind} {name}");
                }
            }
        }

        names.AddRange(symbols.GetProperty("rekinded").EnumerateArray().Select(static symbol => $"~ {Text(symbol, "old")} -> {Text(symbol, "new")} {Text(symbol, "name")}"));
        return ([.. names.Order(StringComparer.Ordinal)], [.. parts.Order(StringComparer.Ordinal)]);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
