using IpswDiff.Forge.Plist;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.Tests.Plist;

public sealed class PropertyListTests
{
    public static TheoryData<string> Forms => ["binary", "xml"];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Reads_every_kind_of_value(string form)
    {
        var dict = Parse(form, PlistSamples.Everything());

        Assert.Equal("plain & <marked>", dict.String("text"));
        Assert.Equal("Überprüfung 検索 🎉", dict.String("wide"));
        Assert.Equal(string.Empty, dict.String("empty"));
        Assert.Equal([7, 255, 65_535, uint.MaxValue, -1, long.MinValue], new[] { "small", "byte", "short", "word", "negative", "least" }.Select(key => dict.Integer(key)!.Value));
        Assert.Equal(ulong.MaxValue, Assert.IsType<PlistInteger>(dict["unsigned"]).Value);
        Assert.Equal(Int128.MaxValue, Assert.IsType<PlistInteger>(dict["huge"]).Value);
        Assert.Equal(0.1, dict.Real("real"));
        Assert.True(dict.Boolean("yes"));
        Assert.False(dict.Boolean("no"));
        Assert.Equal("2024-02-29T23:59:58Z", dict.Date("date")!.ToIso8601());
        Assert.Equal(Enumerable.Range(0, 300).Select(i => (byte)i), dict.Data("data")!.Value.ToArray());
        Assert.Equal(1_000ul, Assert.IsType<PlistUid>(dict["uid"]).Value);
        Assert.Equal(4, dict.Array("array")!.Count);
        Assert.Equal(2, dict.Dictionary("nested")!.Dictionary("deeper")!.Integer("a"));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Keeps_the_order_of_keys(string form) =>
        Assert.Equal(["z", "a"], Parse(form, ForgePlist.Dict(("z", 1), ("a", 2))).Keys);

    [Fact]
    public void A_value_equals_itself_in_the_other_form()
    {
        var binary = Parse("binary", PlistSamples.Everything());
        var xml = Parse("xml", PlistSamples.Everything());

        Assert.True(binary.Equals(xml));
        Assert.Equal(binary.GetHashCode(), xml.GetHashCode());
        Assert.Equal(binary.ToString(), xml.ToString());
    }

    [Fact]
    public void Dictionaries_compare_without_regard_to_key_order()
    {
        var one = Parse("xml", ForgePlist.Dict(("a", 1), ("b", "x")));
        var same = Parse("binary", ForgePlist.Dict(("b", "x"), ("a", 1)));
        var other = Parse("binary", ForgePlist.Dict(("b", "x"), ("a", 1.0)));

        Assert.True(one.Equals(same));
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.False(one.Equals(other));
    }

    [Fact]
    public void Typed_access_answers_null_for_missing_keys_and_other_kinds()
    {
        var dict = Parse("xml", ForgePlist.Dict(("text", "x"), ("number", 1), ("huge", Int128.MaxValue)));

        Assert.Null(dict.String("number"));
        Assert.Null(dict.String("missing"));
        Assert.Null(dict.Integer("text"));
        Assert.Null(dict.Integer("huge"));
        Assert.Null(dict.Array("text"));
        Assert.Empty(dict.Strings("text"));
    }

    [Fact]
    public void Reads_from_a_source()
    {
        var bytes = BinaryPlistWriter.Write(ForgePlist.Dict(("a", 1)));

        Assert.Equal(1, PropertyList.ParseDictionary(new MemoryByteSource(bytes)).Integer("a"));
    }

    [Fact]
    public void Refuses_a_top_value_that_is_no_dictionary_where_one_is_wanted()
    {
        var fault = Assert.Throws<FirmwareFormatException>(() => PropertyList.ParseDictionary(XmlPlistWriter.Write("text")));

        Assert.Contains("dictionary", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_an_empty_file_and_one_beyond_the_limit()
    {
        Assert.Throws<FirmwareFormatException>(() => PropertyList.Parse(Array.Empty<byte>()));
        Assert.Throws<FirmwareFormatException>(() => PropertyList.Parse(new byte[65], new PlistLimits { MaxInputBytes = 64 }));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Refuses_more_depth_than_the_limit_and_reads_up_to_it(string form)
    {
        Assert.IsType<PlistArray>(PropertyList.Parse(Write(form, PlistSamples.Nested(512))));
        var fault = Assert.Throws<FirmwareFormatException>(() => PropertyList.Parse(Write(form, PlistSamples.Nested(513))));

        Assert.Contains("deep", fault.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Refuses_more_values_than_the_limit(string form)
    {
        var array = Enumerable.Range(0, 100).Select(i => (object)i).ToArray();

        var fault = Assert.Throws<FirmwareFormatException>(() => PropertyList.Parse(Write(form, array), new PlistLimits { MaxValues = 50 }));
        Assert.Contains("50", fault.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("binary", true, PlistFormat.Binary)]
    [InlineData("xml", true, PlistFormat.Xml)]
    public void Detects_the_form_from_the_first_bytes(string form, bool found, PlistFormat expected)
    {
        Assert.Equal(found, PropertyList.TryDetect(Write(form, PlistSamples.Everything()), out var format));
        Assert.Equal(expected, format);
    }

    [Theory]
    [InlineData("<?xml version=\"1.0\"?><document type=\"com.apple.InterfaceBuilder3.Cocoa.XIB\"/>")]
    [InlineData("{ a = b; }")]
    [InlineData("")]
    public void Does_not_take_other_files_for_property_lists(string text) =>
        Assert.False(PropertyList.TryDetect(System.Text.Encoding.UTF8.GetBytes(text), out _));

    private static byte[] Write(string form, object value) => form == "binary" ? BinaryPlistWriter.Write(value) : XmlPlistWriter.Write(value);

    private static PlistDictionary Parse(string form, object value) => PropertyList.ParseDictionary(Write(form, value));
}
