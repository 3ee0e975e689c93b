using CsCheck;
using IpswDiff.Forge;
using IpswDiff.Formats.Demangling;

namespace IpswDiff.Formats.Tests.Demangling;

public class DemanglerTests
{
    [Theory]
    [InlineData("__ZN26IOSurfaceAcceleratorClient11clientCloseEv", "IOSurfaceAcceleratorClient::clientClose()")]
    [InlineData("_ZNSsC1Ev", "std::basic_string<char, std::char_traits<char>, std::allocator<char>>::basic_string()")]
    [InlineData("_ZN1AIJicEE1fIJiEEEvDpT_", "void A<int, char>::f<int>(int)")]
    [InlineData("_ZZ3foovE1x", "foo()::x")]
    [InlineData("_ZN1a1bILi3ELb1EE1cEPFvPA3_iE", "a::b<3, true>::c(void (*)(int (*) [3]))")]
    [InlineData("_Z1fIiEvT_PS0_", "void f<int>(int, int*)")]
    [InlineData("_ZN1AcviEv", "A::operator int()")]
    [InlineData("_ZThn16_N1A1fEv", "non-virtual thunk to A::f()")]
    [InlineData("_ZTVN10__cxxabiv117__class_type_infoE", "vtable for __cxxabiv1::__class_type_info")]
    [InlineData("_ZZN1A1fEvENKUliE0_clEi", "A::f()::'lambda0'(int)::operator()(int) const")]
    [InlineData("_Z1fU13block_pointerFvvE", "f(void () block_pointer)")]
    [InlineData("____Z3foov_block_invoke_2", "invocation function for block in foo()")]
    [InlineData("_ZL1xP1AIXadL_Z1fvEEE", "x(A<&f()>*)")]
    [InlineData("_Z1fM1AKFvvE", "f(void (A::*)() const)")]
    [InlineData("_ZN12_GLOBAL__N_11fEv", "(anonymous namespace)::f()")]
    [InlineData("_ZlsRSoRK1A", "operator<<(std::ostream&, A const&)")]
    [InlineData("_Z3foov.cold.1", "foo() (.cold.1)")]
    [InlineData("_Z1fIRiEvOT_", "void f<int&>(int&)")]
    public void Cxx_names_are_read(string name, string expected) => Assert.Equal(expected, Demangler.TryDemangle(name));

    [Theory]
    [InlineData("__ZN4core3fmt9Formatter3new17h0123456789abcdefE", "core::fmt::Formatter::new")]
    [InlineData("_ZN50_$LT$T$u20$as$u20$core..convert..Into$LT$U$GT$$GT$4into17h0123456789abcdefE", "<T as core::convert::Into<U>>::into")]
    [InlineData("_ZN3std2io5print17h0123456789abcdefE.llvm.123", "std::io::print (.llvm.123)")]
    [InlineData("__RNvCs15kBYyAo9fc_7mycrate7example", "mycrate::example")]
    [InlineData("_RINvNtC3std3mem8align_ofdE", "std::mem::align_of::<f64>")]
    [InlineData("_RNCNCNgCs6DXkGYLi8lr_2cc5spawn00B5_", "cc::spawn::{closure#0}::{closure#0}")]
    [InlineData("_RNvMCs1_4testINtB2_1SpE3foo", "<test::S<_>>::foo")]
    [InlineData("_RNvC1a1b.llvm.5", "a::b (.llvm.5)")]
    [InlineData("_RNvC1au3abc", null)]
    public void Rust_names_are_read(string name, string? expected) => Assert.Equal(expected, Demangler.TryDemangle(name));

    [Theory]
    [InlineData("_$s9CoreUtils5ThingVMa", "type metadata accessor for CoreUtils.Thing")]
    [InlineData("_$s9CoreUtils5ThingV3runyyF", "CoreUtils.Thing.run() -> ()")]
    [InlineData("_$s", null)]
    [InlineData("_$s9CoreUtils5ThingV3ru", null)]
    public void Swift_names_are_read(string name, string? expected) => Assert.Equal(expected, Demangler.TryDemangle(name));

    [Theory]
    [InlineData("")]
    [InlineData("_main")]
    [InlineData("_Z")]
    [InlineData("__Zebra")]
    [InlineData("_ZN")]
    [InlineData("_ZN1a")]
    [InlineData("_ZN99999999999aE")]
    [InlineData("_Z1fT_")]
    [InlineData("_Z1fS5_")]
    [InlineData("_RNv")]
    [InlineData("_RB_")]
    [InlineData("_ZN1AIXsr1B1cEE1fEv")]
    [InlineData("_T")]
    [InlineData("_Table")]
    [InlineData("$stderr")]
    public void What_is_not_wholly_understood_stays_as_it_is(string name) => Assert.Null(Demangler.TryDemangle(name));

    [Fact]
    public void Hostile_names_end_soon()
    {
        // Each step doubles what the one before stands for.
        var doubling = "_Z1fI1aE" + string.Concat(Enumerable.Range(0, 60).Select(i => $"FvS{Base36(i)}_S{Base36(i)}_E"));
        Assert.Null(Demangler.TryDemangle(doubling));
        Assert.Null(Demangler.TryDemangle("_Z1f" + new string('P', 4000) + "i"));
        Assert.Null(Demangler.TryDemangle("_Z" + new string('Z', 4000)));
        Assert.Null(Demangler.TryDemangle("_R" + new string('T', 4000)));
        Assert.Null(Demangler.TryDemangle("_RIC1a" + string.Concat(Enumerable.Repeat("TB5_B5_", 400)) + "E"));
        Assert.Null(Demangler.TryDemangle("_Z" + new string('1', Demangler.MaxLength)));
    }

    [Fact]
    public void Random_and_damaged_names_never_throw()
    {
        string[] starts = ["_Z", "_ZN", "_R", "_RNv", "$s", "$s4main", "__ZN", "___Z"];
        Gen.Select(Gen.Int[0, starts.Length - 1], Gen.String[Gen.Char["NESTIRKPFAMJDLXUZvicjlabCDs_0123456789.$B"], 0, 60]).Sample(
            (start, rest) => Assert.True((Demangler.TryDemangle(starts[start] + rest)?.Length ?? 0) < 1 << 19), iter: 200_000);
        Gen.String.Sample(text => Demangler.TryDemangle("_Z" + text), iter: 10_000);
    }

    [Fact]
    public void Generated_cxx_names_read_as_the_witness_reads_them()
    {
        var names = new List<string>();
        var random = new Random(20);
        while (names.Count < 3000)
        {
            names.Add("_Z" + Nested(random, 2) + Types(random, 3));
        }

        var witnessed = WitnessNames.Read([.. names]);
        Assert.True(witnessed.Count > 2500, $"the witness understood only {witnessed.Count} names");
        Assert.All(witnessed, name => Assert.Equal(name.Value, Demangler.TryDemangle(name.Key)));
    }

    [Fact]
    public void Real_names_read_as_the_witness_reads_them()
    {
        var names = WitnessNames.OfSamples().Concat(WitnessNames.OfSystemLibraries()).Distinct().ToArray();
        var witnessed = WitnessNames.Read(names);
        if (witnessed.Count == 0)
        {
            Assert.Skip("neither sample binaries nor C++ libraries with symbols are here");
        }

        var different = new List<string>();
        var silent = 0;
        foreach (var (name, expected) in witnessed)
        {
            var text = Demangler.TryDemangle(name);
            silent += text is null ? 1 : 0;
            if (text is not null && text != expected)
            {
                different.Add($"{name}\n  {expected}\n  {text}");
            }
        }

        Assert.True(different.Count == 0, $"{different.Count} of {witnessed.Count} names differ:\n{string.Join('\n', different.Take(20))}");
        Assert.True(silent * 20 < witnessed.Count, $"{silent} of {witnessed.Count} names were not understood");
    }

    private static string Base36(int number) => number < 36 ? ((char)(number < 10 ? '0' + number : 'A' + number - 10)).ToString() : Base36(number / 36) + Base36(number % 36);

    private static string Types(Random random, int depth) => string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Type(random, depth)));

    private static string Type(Random random, int depth) => (depth == 0 ? 0 : random.Next(9)) switch
    {
        0 => "icblmxyjhafd"[random.Next(12)].ToString(),
        1 => "P" + Type(random, depth - 1),
        2 => "R" + "icbl"[random.Next(4)],
        3 => "PK" + Name(random),
        4 => "PF" + Type(random, depth - 1) + Types(random, depth - 1) + "E",
        5 => "PA" + random.Next(1, 90) + "_" + "icbl"[random.Next(4)],
        6 => Nested(random, depth - 1),
        7 => "M" + Name(random) + "F" + Type(random, depth - 1) + "vE",
        _ => Name(random) + "I" + Types(random, depth - 1) + "E",
    };

    private static string Nested(Random random, int depth) => random.Next(4) switch
    {
        0 => Name(random),
        1 => "N" + Name(random) + "I" + Types(random, depth) + "Li" + random.Next(100) + "E" + "E" + Name(random) + "E",
        2 => "NK" + Name(random) + Name(random) + Name(random) + "E",
        _ => "N" + Name(random) + Name(random) + "E",
    };

    private static string Name(Random random)
    {
        var name = new string([.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => (char)('a' + random.Next(26)))]);
        return name.Length + name;
    }
}
