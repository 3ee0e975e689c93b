using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Tests.Signal;

public class ResidueFoldTests
{
    [Fact]
    public void Residue_folds_under_its_count_and_everything_else_stays()
    {
        var slice = new SliceChange
        {
            Arch = "arm64e",
            Symbols = new SymbolChanges([new SymbolUse("GCC_except_table7", "local"), new SymbolUse("_start", "export")], [new SymbolUse("GCC_except_table8", "local")], []),
            CStrings = new TextChanges(["Aug 11 2026", "hello"], []),
            Functions = new FunctionChanges([new FunctionSize("_OUTLINED_FUNCTION_1", 8)], [], [new FunctionChange("_OUTLINED_FUNCTION_2", null, 8, 12, 0.5)]),
        };
        const string Expected = """
            ```diff
            Symbols:
            + _start
            Functions:
            ~ _OUTLINED_FUNCTION_2 : 8 -> 12
            CStrings:
            + "hello"
            ```

            <details>
              <summary><i>Compiler residue: 1 dates and times of the build, 2 exception tables, 1 outlined functions</i></summary>

            ```diff
            Symbols:
            + GCC_except_table7
            - GCC_except_table8
            Functions:
            + _OUTLINED_FUNCTION_1
            CStrings:
            + "Aug 11 2026"
            ```

            </details>

            """;
        Assert.Equal(Expected, BinaryChangeText.Body(slice, PageStyle.FoldResidue));
    }

    [Fact]
    public void Without_residue_there_is_no_fold()
    {
        var slice = new SliceChange { Arch = "arm64e", Symbols = new SymbolChanges([new SymbolUse("_start", "export")], [], []) };
        Assert.Equal(BinaryChangeText.Body(slice, PageStyle.Plain), BinaryChangeText.Body(slice, PageStyle.FoldResidue));
    }
}
