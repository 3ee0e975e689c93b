using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.Tests.Plist;

public sealed class XmlPlistTests
{
    [Theory]
    [InlineData("utf-8", false)]
    [InlineData("utf-8", true)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", true)]
    public void Reads_every_encoding(string name, bool mark)
    {
        var encoding = Encoding.GetEncoding(name);
        var text = $"<?xml version=\"1.0\" encoding=\"{(name == "utf-8" ? name : "utf-16")}\"?><plist version=\"1.0\"><string>Größe 検索</string></plist>";
        byte[] bytes = [.. mark ? encoding.GetPreamble() : [], .. encoding.GetBytes(text)];

        Assert.Equal("Größe 検索", Assert.IsType<PlistString>(PropertyList.Parse(bytes)).Value);
    }

    [Theory]
    [InlineData("<dict><key>a</key><integer>1</integer></dict>")]
    [InlineData("\n  <?xml version=\"1.0\"?>\n<plist><dict><key>a</key><integer>0x1</integer></dict></plist>")]
    [InlineData("<plist><!-- note --><dict>\n<!-- note --><key>a</key> <integer> +1 </integer></dict></plist>\0\0\0")]
    [InlineData("<plist><dict><key><![CDATA[a]]></key><integer>1</integer></dict></plist>")]
    public void Reads_what_is_written_a_little_differently(string text) =>
        Assert.Equal("{\"a\":1}", Parse(text).ToString());

    [Fact]
    public void Passes_over_the_document_type_and_expands_no_entities_of_its_own()
    {
        const string Bomb = "<?xml version=\"1.0\"?><!DOCTYPE plist [<!ENTITY a \"boom\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]><plist><string>&a;&b;</string></plist>";

        Assert.Throws<FirmwareFormatException>(() => Parse(Bomb));
        Assert.Equal("\"x<\"", Parse("<!DOCTYPE plist SYSTEM \"http://nowhere.invalid/x.dtd\"><plist><string>x&lt;</string></plist>").ToString());
    }

    [Fact]
    public void Reads_the_kernels_references()
    {
        const string Text = "<dict ID=\"0\"><key>a</key><string ID=\"1\">x</string><key>b</key><string IDREF=\"1\"/><key>c</key><integer size=\"64\" ID=\"2\">0xffffffffffffffff</integer><key>d</key><integer size=\"64\" IDREF=\"2\"/></dict>";

        Assert.Equal("{\"a\":\"x\",\"b\":\"x\",\"c\":18446744073709551615,\"d\":18446744073709551615}", Parse(Text).ToString());
    }

    [Fact]
    public void Refuses_references_that_unfold_into_billions_of_values()
    {
        var text = new StringBuilder("<array><array ID=\"0\"><true/><true/></array>");
        for (var i = 1; i < 60; i++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"<array ID=\"{i}\"><array IDREF=\"{i - 1}\"/><array IDREF=\"{i - 1}\"/></array>");
        }

        Fails("values", text.Append("</array>").ToString());
    }

    [Theory]
    [InlineData("<plist></plist>", "empty")]
    [InlineData("<plist/>", "empty")]
    [InlineData("<plist><dict><key>a</key></dict></plist>", "no value")]
    [InlineData("<plist><dict><string>a</string></dict></plist>", "a key is wanted")]
    [InlineData("<plist><array>text</array></plist>", "text stands")]
    [InlineData("<plist><integer>1x</integer></plist>", "no integer")]
    [InlineData("<plist><integer></integer></plist>", "no integer")]
    [InlineData("<plist><real>one</real></plist>", "no real")]
    [InlineData("<plist><date>yesterday</date></plist>", "no date")]
    [InlineData("<plist><data>?</data></plist>", "base64")]
    [InlineData("<plist><bitmap/></plist>", "bitmap")]
    [InlineData("<plist><array><string IDREF=\"7\"/></array></plist>", "IDREF")]
    [InlineData("<plist><array>", "XML")]
    [InlineData("<?xml version=\"1.0\" encoding=\"utf-7\"?><plist><true/></plist>", "XML")]
    [InlineData("<?xml version=\"1.0\" encoding=\"nonsense\"?><plist><true/></plist>", "XML")]
    public void Refuses_what_is_no_property_list(string text, string reason) => Fails(reason, text);

    [Fact]
    public void Says_the_line_of_a_fault() =>
        Fails("line 3", "<plist>\n<array>\n<bitmap/></array></plist>");

    [Theory]
    [InlineData("<real>nan</real>", "\"nan\"")]
    [InlineData("<real>+infinity</real>", "\"+infinity\"")]
    [InlineData("<real>-inf</real>", "\"-infinity\"")]
    [InlineData("<real>1e3</real>", "1000")]
    [InlineData("<integer>-9223372036854775808</integer>", "-9223372036854775808")]
    [InlineData("<date>0000-12-30T00:00:00Z</date>", "\"0000-12-30T00:00:00Z\"")]
    [InlineData("<date>4001-01-01T00:00:00Z</date>", "\"4001-01-01T00:00:00Z\"")]
    [InlineData("<date>1969-12-31T23:59:59Z</date>", "\"1969-12-31T23:59:59Z\"")]
    [InlineData("<data format=\"hex\">0A ff</data>", "\"Cv8=\"")]
    [InlineData("<string/>", "\"\"")]
    [InlineData("<string>a\u001bb&#x1b;</string>", "\"a\\u001Bb\\u001B\"")]
    [InlineData("<string>  \n</string>", "\"  \\n\"")]
    [InlineData("<dict><key>CF$UID</key><integer>3</integer></dict>", "{\"CF$UID\":3}")]
    public void Reads_the_edges_of_scalars(string element, string json) =>
        Assert.Equal(json, Parse($"<plist>{element}</plist>").ToString());

    private static PlistValue Parse(string text) => PropertyList.Parse(Encoding.UTF8.GetBytes(text));

    private static void Fails(string reason, string text)
    {
        var fault = Assert.Throws<FirmwareFormatException>(() => Parse(text));
        Assert.Contains(reason, fault.Reason, StringComparison.Ordinal);
    }
}
