using System.Text;

namespace IpswDiff.EndToEnd;

/// <summary><c>demangle</c> as its users run it: with arguments, and between two pipes.</summary>
public class DemangleTests
{
    [Fact]
    public void Arguments_come_out_readable_one_a_line()
    {
        Assert.Equal(
            "main.Foo.bar(x: Swift.Int) -> ()\nfoo::bar(int)\nhello\n",
            Cli.Run("demangle", "$s4main3FooV3bar1xySi_tF", "__ZN3foo3barEi", "hello").Expect(0).Output);
        Assert.Equal("Foo.bar(x:)\n", Cli.Run("demangle", "--simplified", "_$s4main3FooV3bar1xySi_tF").Expect(0).Output);
    }

    [Fact]
    public void Lines_that_are_no_mangled_names_come_back_byte_for_byte()
    {
        var input = Encoding.Latin1.GetBytes(
            "_$s4main3FooVMa\r\n\n plain text $s4main3FooV\n\xFF\xFE\x00raw\n_RNvC7mycrate7example\n-[Foo bar:]\n_$s4main3Fo\n_TtC4main3Foo\n_Znwm");
        var expected = Encoding.Latin1.GetBytes(
            "type metadata accessor for main.Foo\r\n\n plain text $s4main3FooV\n\xFF\xFE\x00raw\n_RNvC7mycrate7example\n-[Foo bar:]\n"
            + "_$s4main3Fo\nmain.Foo\noperator new(unsigned long)");
        Assert.Equal(expected, Cli.RunWithInput(input, "demangle").Expect(0).OutputBytes);
    }

    [Fact]
    public void Lines_longer_than_any_name_pass_through_whole()
    {
        var input = Encoding.ASCII.GetBytes(
            "$s4main3FooV\n$s" + new string('y', 1_000_000) + "\n_$s4main3FooV\n" + new string('x', 200_000) + "\n$s4main3FooV\n");
        var expected = Encoding.ASCII.GetString(input).Replace("_$s4main3FooV", "main.Foo", StringComparison.Ordinal)
            .Replace("$s4main3FooV", "main.Foo", StringComparison.Ordinal);
        Assert.Equal(expected, Cli.RunWithInput(input, "demangle").Expect(0).Output);
    }
}
