using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Tests.Reports;

public sealed class BinaryChangeTextTests
{
    private static readonly BinarySummary Plain = new()
    {
        Version = "1.2.3",
        Platform = "ios",
        MinOs = "18.0",
        Sdk = "18.1",
        Sections = [new SectionSize("__TEXT.__text", 0x40)],
        Dylibs = [new DylibUse("/usr/lib/liba.dylib", "load"), new DylibUse("/usr/lib/libb.dylib", "load")],
    };

    [Fact]
    public void What_a_binary_was_built_for_is_told_where_it_changed()
    {
        var text = Body(Plain, Plain with { MinOs = "26.0", Sdk = "26.1" });
        Assert.Contains("-  MinOS:    18.0\n-  SDK:      18.1\n+  MinOS:    26.0\n+  SDK:      26.1\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Platform", text, StringComparison.Ordinal);
        Assert.Contains("-  Platform: ios\n+  Platform: xros\n", Body(Plain, Plain with { Platform = "xros" }), StringComparison.Ordinal);
        Assert.Contains("+  SDK:      18.1\n", Body(Plain with { Sdk = null }, Plain), StringComparison.Ordinal);
    }

    [Fact]
    public void What_stayed_is_not_told()
    {
        Assert.Empty(Body(Plain, Plain));
        Assert.DoesNotContain("SDK", Body(Plain, Plain with { Version = "1.2.4" }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_is_loaded_in_another_way_is_told()
    {
        var text = Body(Plain, Plain with { Dylibs = [Plain.Dylibs[0], new DylibUse("/usr/lib/libb.dylib", "weak")] });
        Assert.Contains("-  - /usr/lib/libb.dylib (load)\n+  - /usr/lib/libb.dylib (weak)\n", text, StringComparison.Ordinal);
        Assert.Contains("   - /usr/lib/liba.dylib\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_symbol_of_another_kind_is_told()
    {
        var rekinded = new SymbolKindChange("_name", "local", "export");
        var change = new SliceChange { Arch = "arm64e", Old = Plain, New = Plain, Symbols = new SymbolChanges([], [], [rekinded]) };
        Assert.Equal("```text\nSymbols:\n~ _name : local -> export\n```\n", BinaryChangeText.Body(change));
        change = change with { Symbols = new SymbolChanges([new SymbolUse("_new", "export")], [], [rekinded]) };
        Assert.Equal("```diff\nSymbols:\n+ _new\n~ _name : local -> export\n```\n", BinaryChangeText.Body(change));
    }

    [Fact]
    public void An_import_that_became_a_definition_is_one_line_and_a_name_that_gained_one_of_both_another()
    {
        var change = new SliceChange
        {
            Arch = "arm64e",
            Symbols = new SymbolChanges([new SymbolUse("_both", "import"), new SymbolUse("_there", "weak")], [new SymbolUse("_there", "import")], [new SymbolKindChange("_x", "local", "private")]),
        };
        Assert.Equal("```diff\nSymbols:\n+ _both\n~ _there : import -> weak\n~ _x : local -> private\n```\n", BinaryChangeText.Body(change));
    }

    private static string Body(BinarySummary old, BinarySummary @new) => BinaryChangeText.Body(new SliceChange { Arch = "arm64e", Old = old, New = @new });
}
