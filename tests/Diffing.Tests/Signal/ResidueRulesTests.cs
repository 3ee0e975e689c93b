using IpswDiff.Diffing.Signal;

namespace IpswDiff.Diffing.Tests.Signal;

public class ResidueRulesTests
{
    [Theory]
    [InlineData("build-path", "/AppleInternal/Library/BuildRoots/<BUILDROOT>/Library/Caches/com.apple.xbs/TemporaryDirectory.eochww/Sources/x/")]
    [InlineData("build-path", "/Library/Caches/com.apple.xbs/<UUID>/TemporaryDirectory.<TMP>/Sources/x.m")]
    [InlineData("block", "___42-[NEFilterManager loadWithCompletionHandler:]_block_invoke_2")]
    [InlineData("block", "___main_block_invoke_3_17")]
    [InlineData("block", "___main_block_invoke.12")]
    [InlineData("block-helper", "___block_descriptor_40_e8_32s_e5_v8?0l")]
    [InlineData("block-helper", "___block_literal_global.12")]
    [InlineData("block-helper", "___copy_helper_block_e8_32s40s")]
    [InlineData("block-helper", "___Block_byref_object_copy_")]
    [InlineData("exception-table", "GCC_except_table17")]
    [InlineData("outlined-function", "_OUTLINED_FUNCTION_12")]
    [InlineData("literal-counter", "ltmp4")]
    [InlineData("literal-counter", "l_.str.17")]
    [InlineData("literal-counter", "_switch.table.main")]
    [InlineData("literal-counter", "l___const.main.names")]
    [InlineData("source-line", "__ZZN26IOSurfaceAcceleratorClient29transformSurface_asynchronousEP20TransformSurfaceDataE20kalloc_type_view_627")]
    [InlineData("swift-reference", "_symbolic _____ 9CoreUtils6ThingV")]
    [InlineData("swift-reference", "_get_type_metadata 9CoreUtils")]
    [InlineData("swift-metadata", "_$s10Foundation4DateVMa")]
    [InlineData("swift-metadata", "_$s10Foundation4DateV9CoreUtils5ThingAAWL")]
    [InlineData("swift-thunk", "_$s9CoreUtils5ThingV3runyyFTA")]
    [InlineData("swift-thunk", "_$s9CoreUtils5ThingVWOb")]
    [InlineData("swift-thunk", "_$s9CoreUtils5ThingV3runyyYaFTY0_")]
    [InlineData("swift-thunk", "___swift_memcpy16_8")]
    [InlineData("compiler-suffix", "_parse.cold.1")]
    [InlineData("compiler-suffix", "_parse.llvm.17193217")]
    [InlineData("compiler-suffix", "_parse.17")]
    public void Names_made_by_a_compiler_fold(string rule, string name) => Assert.Equal(rule, ResidueRules.Find(ResidueKinds.Names, name)?.Name);

    [Theory]
    [InlineData("build-path", "/AppleInternal/Library/BuildRoots/<BUILDROOT>/x.c")]
    [InlineData("timestamp", "Aug 11 2026")]
    [InlineData("timestamp", "Aug  5 2026 22:08:03")]
    [InlineData("timestamp", "Aug  5 2026, 21:57:11")]
    [InlineData("timestamp", "Tue Aug 11 22:05:39 PDT 2026")]
    [InlineData("timestamp", "15:33:57")]
    [InlineData("build-version", "AppleSPUFirmware-2444.1.1~66")]
    [InlineData("build-version", "AssertMacros: %s (value = 0x%lx), version: Mesa-10317~991, %s file: %s, line: %d\n")]
    [InlineData("uuid", "0A1B2C3D-0000-1111-2222-333344445555")]
    public void Strings_made_by_a_build_fold(string rule, string text) => Assert.Equal(rule, ResidueRules.Find(ResidueKinds.Strings, text)?.Name);

    [Theory]
    [InlineData("_kernel_task")]
    [InlineData("_OBJC_CLASS_$_NEGuardProxyManager")]
    [InlineData("___42-[NEFilterManager load:]_block_invoke")]
    [InlineData("__ZN26IOSurfaceAcceleratorClient11clientCloseEv")]
    [InlineData("_$s9CoreUtils5ThingV3runyyF")]
    [InlineData("_$s9CoreUtils5ThingVMn")]
    [InlineData("_ltmp_reader")]
    [InlineData("_objc_msgSend$start")]
    [InlineData(".17")]
    public void Names_that_somebody_wrote_do_not(string name) => Assert.Null(ResidueRules.Find(ResidueKinds.Names, name));

    [Theory]
    [InlineData("start")]
    [InlineData("macOS 27 Golden Gate Beta")]
    [InlineData("at 15:33:57 it failed")]
    [InlineData("Aug 11 2026 was a Tuesday")]
    [InlineData("ltmp4")]
    [InlineData("utf-8")]
    public void Strings_that_somebody_wrote_do_not(string text) => Assert.Null(ResidueRules.Find(ResidueKinds.Strings, text));

    [Fact]
    public void Every_rule_has_a_name_of_its_own_and_says_what_it_folds()
    {
        Assert.Equal(ResidueRules.All.Count, ResidueRules.All.Select(rule => rule.Name).Distinct().Count());
        Assert.All(ResidueRules.All, rule => Assert.NotEmpty(rule.What));
    }

    [Fact]
    public void A_name_of_a_megabyte_is_not_searched() => Assert.Null(ResidueRules.Find(ResidueKinds.Names, new string('.', 1 << 20) + "cold"));
}
