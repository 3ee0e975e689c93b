using System.Text;
using CsCheck;
using IpswDiff.Formats.Demangling.Swift;

namespace IpswDiff.Formats.Tests.Demangling;

public class SwiftDemanglerTests
{
    private readonly SwiftDemangler _demangler = new();

    [Theory]
    [InlineData("$s4main9LoginViewV0B5ModelCN", "type metadata for main.LoginView.LoginModel", "type metadata for LoginView.LoginModel")]
    [InlineData("$s4main6Hidden33_0123456789ABCDEF0123456789ABCDEFLLVMa",
        "type metadata accessor for main.(Hidden in _0123456789ABCDEF0123456789ABCDEF)", "type metadata accessor for Hidden")]
    [InlineData("_$sSo8NSObjectCMa", "type metadata accessor for __C.NSObject", "type metadata accessor for NSObject")]
    [InlineData("$ss5print_9separator10terminatoryypd_S2StF",
        "Swift.print(_: Any..., separator: Swift.String, terminator: Swift.String) -> ()", "print(_:separator:terminator:)")]
    [InlineData("$s1a1bV1cySaySiGSgSDySSyXlGYaKF", "a.b.c([Swift.String : Swift.AnyObject]) async throws -> [Swift.Int]?", "b.c(_:)")]
    [InlineData("$s1a1fyyySbYaKScMYccF", "a.f(@Swift.MainActor (Swift.Bool) async throws -> ()) -> ()", "f(_:)")]
    [InlineData("$s1a1fyyxxQp_tRvzlF", "a.f<each A>(repeat A) -> ()", "f<each A>(_:)")]
    [InlineData("$s1a3BoxV5valuexvg", "a.Box.value.getter : A", "Box.value.getter")]
    [InlineData("$s1a3FooC3bar1xyAA3BazO_tFTj", "dispatch thunk of a.Foo.bar(x: a.Baz) -> ()", "dispatch thunk of Foo.bar(x:)")]
    [InlineData("$s1a3FooCACycfC", "a.Foo.__allocating_init() -> a.Foo", "Foo.__allocating_init()")]
    [InlineData("$s1a3FooCfD", "a.Foo.__deallocating_deinit", "Foo.__deallocating_deinit")]
    [InlineData("$s1a3FooVSQAAMc", "protocol conformance descriptor for a.Foo : Swift.Equatable in a", "protocol conformance descriptor for Foo")]
    [InlineData("$s1a1P_pXpMa", "type metadata accessor for a.P.Type", "type metadata accessor for P.Type")]
    [InlineData("$s1a1PP1bAaBP_AA1QTn", "associated conformance descriptor for a.P.a.P.b: a.Q", "associated conformance descriptor for P.P.b: Q")]
    [InlineData("$s1a1fyyFyycfU_TA", "partial apply forwarder for closure #1 () -> () in a.f() -> ()", "partial apply for closure #1 in f()")]
    [InlineData("$s1a1fyyFyyYacfU_TY0_", "(1) suspend resume partial function for closure #1 () async -> () in a.f() -> ()", "closure #1 in f()")]
    [InlineData("$s1a1fyyxlFSi_Tg5", "generic specialization <Swift.Int> of a.f<A>(A) -> ()", "specialized f<A>(_:)")]
    [InlineData("$s1a1VVWOs", "outlined release of a.V", "outlined release of V")]
    [InlineData("$s1a1VVwst", "storeEnumTagSinglePayload value witness for a.V", "storeEnumTagSinglePayload for V")]
    [InlineData("$s1a2gexSiSgvpWz", null, null)]
    [InlineData("$s1a1gSivpfi", "variable initialization expression of a.g : Swift.Int", "variable initialization expression of g")]
    [InlineData("$s1a1gSivau", "a.g.unsafeMutableAddressor : Swift.Int", "g.unsafeMutableAddressor")]
    [InlineData("$s1a2peoiyS2i_SitF", "a.+= infix(Swift.Int, Swift.Int) -> Swift.Int", "+= infix(_:_:)")]
    [InlineData("$s4mainAAyyF", "main.main() -> ()", "main()")]
    [InlineData("_$s7stringX00C8ZyyF", null, null)]
    [InlineData("_T03foo3barC3basyAA3zimCAE_tF", "foo.bar.bas(zim: foo.zim) -> ()", "bar.bas(zim:)")]
    [InlineData("_TtC4main3Foo", "main.Foo", "Foo")]
    [InlineData("_TtGSqGSaC5sugar7MyClass__", "[sugar.MyClass]?", "[MyClass]?")]
    [InlineData("_TFC3foo3bar3basfT3zimCS_3zim_T_", "foo.bar.bas(zim: foo.zim) -> ()", "bar.bas(zim:)")]
    [InlineData("_TF8manglingX22egbpdajGbuEbxfgehfvwxnFT_T_", "mangling.ليهمابتكلموشعربي؟() -> ()", "ليهمابتكلموشعربي؟()")]
    [InlineData("_TTWC13call_protocol1CS_1PS_FS1_3foofT_Si",
        "protocol witness for call_protocol.P.foo() -> Swift.Int in conformance call_protocol.C : call_protocol.P in call_protocol",
        "protocol witness for P.foo() in conformance C")]
    [InlineData("$s1a1bV.llvm.123", "a.b with unmangled suffix \".llvm.123\"", "b")]
    public void Reads_what_each_part_of_the_grammar_says(string name, string? full, string? simplified)
    {
        Assert.Equal(full, Read(name, NameStyle.Full));
        Assert.Equal(simplified, Read(name, NameStyle.Simplified));
    }

    [Fact]
    public void Reads_every_name_of_real_firmware_as_the_toolchain_does()
    {
        var different = new List<string>();
        foreach (var (mangled, full, simplified) in SwiftTable.Rows())
        {
            if ((Read(mangled, NameStyle.Full) ?? mangled) != full || (Read(mangled, NameStyle.Simplified) ?? mangled) != simplified)
            {
                different.Add(mangled);
            }
        }

        Assert.Empty(different);
    }

    [Theory]
    [InlineData("$s1aA9999999999_")]
    [InlineData("$s1aAb")]
    [InlineData("$s1aA2049A")]
    [InlineData("$s99999999999999a")]
    [InlineData("$s0a1b")]
    [InlineData("$sSiS99999i")]
    [InlineData("$s00999999999_a")]
    [InlineData("$s\u0001aaaa_")]
    [InlineData("$sXz")]
    [InlineData("_TtC4main")]
    [InlineData("_TTSg5S")]
    public void What_is_cut_off_or_no_mangling_stays_as_it_is(string name) => Assert.Null(Read(name, NameStyle.Full));

    [Fact]
    public void Hostile_names_end_soon_and_leave_nothing_behind()
    {
        string[] hostile =
        [
            "$s" + new string('y', 1_000_000),
            "$s1a1bV" + new string('m', 60_000),
            "$s1a1bV" + string.Concat(Enumerable.Repeat("SgSg", 10_000)),
            "$sSi" + string.Concat(Enumerable.Repeat("_SitA2048A", 5_000)),
            "$s1aV" + string.Concat(Enumerable.Repeat("A2048A", 10_000)),
            "$s1a1bVACt" + string.Concat(Enumerable.Range(0, 60).Select(i => $"_A{(char)('A' + (i % 26))}t")),
            "$s" + string.Concat(Enumerable.Repeat("1aV", 20_000)),
            "$s" + new string('9', 60_000),
            "$s1a1fyyF" + string.Concat(Enumerable.Repeat("yycfU_", 10_000)),
            "_Tt" + new string('G', 60_000),
            "_Tt" + new string('M', 60_000) + "Si",
            "_TTSg5" + string.Concat(Enumerable.Repeat("Si_", 20_000)),
            "_TtT" + string.Concat(Enumerable.Range(0, 40).Select(_ => "TS0_S0__")),
            "_Ttu" + new string('z', 60_000) + "rSi",
        ];
        Assert.All(hostile, name => Assert.True((Read(name, NameStyle.Full)?.Length ?? 0) <= 1 << 18));
        Assert.Equal("a.b", Read("$s1a1bV", NameStyle.Full));
    }

    [Fact]
    public void Doubling_substitutions_are_cut_at_the_limit_of_the_output()
    {
        // A tuple of the tuple before, twice: a name of 400 characters that would be longer than any disk.
        var name = new StringBuilder("$s1a1bV");
        for (var i = 0; i < 60; i++)
        {
            name.Append("_").Append(i == 0 ? "AC" : string.Empty).Append("t_SgAeF");
        }

        Assert.True((Read(name.ToString(), NameStyle.Full)?.Length ?? 0) <= 1 << 18);
        var old = "_TtT" + new string('T', 30) + "SiSi_" + string.Concat(Enumerable.Repeat("S_S__", 30)) + "_";
        Assert.True((Read(old, NameStyle.Full)?.Length ?? 0) <= 1 << 18);
    }

    [Theory]
    [InlineData("$s1a1bV", "m")]
    [InlineData("$s1a", "1bV")]
    [InlineData("$s1a1bV", "Sg")]
    [InlineData("$sSi", "_Sit")]
    [InlineData("$s1a1fyyF", "yycfU_")]
    [InlineData("$sSi", "yXE")]
    public void The_highest_trees_fit_a_small_stack(string start, string level)
    {
        var last = string.Empty;
        var thread = new Thread(
            () =>
            {
                var demangler = new SwiftDemangler();
                for (var levels = 10; levels < 1500; levels += 10)
                {
                    var name = start + string.Concat(Enumerable.Repeat(level, levels));
                    last = Encoding.UTF8.GetString(demangler.Demangle(Encoding.UTF8.GetBytes(name), NameStyle.Full)) is { Length: > 0 } text ? text : last;
                }
            },
            maxStackSize: 1 << 20);
        thread.Start();
        thread.Join();
        Assert.True(last.Length > 100);
    }

    [Fact]
    public void Random_and_damaged_names_never_throw()
    {
        using var demangler = new ThreadLocal<SwiftDemangler>(() => new SwiftDemangler());
        string[] starts = ["$s", "$s4main", "$s1a3FooC", "_T0", "_Tt", "_TF", "_TTSf", "@__swiftmacro_4main", "$s1a1fyyF"];
        Gen.Select(
            Gen.Int[0, starts.Length - 1],
            Gen.String[Gen.Char["ABCDEFGHIKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789.$"], 0, 60]).Sample(
            (start, rest) =>
            {
                var text = demangler.Value!.Demangle(Encoding.UTF8.GetBytes(starts[start] + rest), NameStyle.Full);
                return text.Length <= 1 << 18;
            },
            iter: 200_000);
    }

    [Fact]
    public void Damaged_real_names_never_throw()
    {
        var random = new Random(25);
        foreach (var (mangled, _, _) in SwiftTable.Rows())
        {
            var bytes = Encoding.UTF8.GetBytes(mangled);
            for (var i = 0; i < 4; i++)
            {
                var damaged = bytes.ToArray();
                damaged[random.Next(3, damaged.Length)] = (byte)random.Next(256);
                _demangler.Demangle(damaged, NameStyle.Full);
                _demangler.Demangle(bytes.AsSpan(0, random.Next(bytes.Length)), NameStyle.Simplified);
            }
        }
    }

    private string? Read(string name, NameStyle style)
    {
        var text = _demangler.Demangle(Encoding.UTF8.GetBytes(name), style);
        return text.IsEmpty ? null : Encoding.UTF8.GetString(text);
    }
}
