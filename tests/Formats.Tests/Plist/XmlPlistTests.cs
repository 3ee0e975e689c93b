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
    [InlineData("utf-16", false)]
    [InlineData("utf-32", true)]
    public void Reads_every_encoding(string name, bool mark)
    {
        var encoding = Encoding.GetEncoding(name);
        var text = $"<?xml version=\"1.0\" encoding=\"{(name is "utf-8" or "utf-32" ? name : "utf-16")}\"?><plist version=\"1.0\"><string>Größe 検索</string></plist>";
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
    [InlineData("<plist><data>é</data></plist>", "base64")]
    [InlineData("<plist><true>yes</true></plist>", "text stands")]
    [InlineData("<plist><true/><false/></plist>", "more than one")]
    [InlineData("<plist><dict/>", "file ends")]
    [InlineData("<plist><string>a<b/></string></plist>", "end of the element string")]
    [InlineData("<plist><string>&#xD800;</string></plist>", "no character")]
    [InlineData("<plist><string>&#99999999;</string></plist>", "number")]
    [InlineData("<plist><array><!-- open", "comment")]
    [InlineData("<!DOCTYPE plist [<!ELEMENT", "declaration")]
    [InlineData("<plist><bitmap/></plist>", "bitmap")]
    [InlineData("<plist><array><string IDREF=\"7\"/></array></plist>", "IDREF")]
    [InlineData("<plist><array>", "XML")]
    [InlineData("<?xml version=\"1.0\" encoding=\"utf-7\"?><plist><true/></plist>", "XML")]
    [InlineData("<?xml version=\"1.0\" encoding=\"nonsense\"?><plist><true/></plist>", "XML")]
    public void Refuses_what_is_no_property_list(string text, string reason) => Fails(reason, text);

    // Forms that an XML parser would refuse and Core Foundation reads: it ends a tag at the first >, passes over a document type and
    // comments whatever is in them, and looks at nothing behind the top element.
    [Theory]
    [InlineData("<plist version='1.0'><dict><key>a</key ><integer>1</integer\n></dict></plist>")]
    [InlineData("<plist><!-- a -- b --- c --><dict><key>a</key><!-- -- --><integer>1</integer></dict></plist>")]
    [InlineData("<plist note=\"><dict><key>a</key><integer>1</integer></dict></plist>")]
    [InlineData("<!DOCTYPE anything \"><plist><dict><key>a</key><integer>1</integer></dict></plist>")]
    [InlineData("<!DOCTYPE plist [ <!-- -- --> <!ENTITY x 'y'> %p; <?pi?> ] ><plist><dict><key>a</key><integer>1</integer></dict></plist>")]
    [InlineData("<plist><dict><key>a</key><integer =\">1</integer></dict></plist>")]
    [InlineData("<plist><dict><key>a</key><integer>1</integer><!--<key \">b</key><!----></dict></plist>")]
    [InlineData("<plist><dict><!---><key>a</key><integer>1</integer></dict></plist>")]
    [InlineData("<plist><dict><key>a</key><integer>1</integer></dict></plist>\nnote & more <")]
    [InlineData("<plist><dict><key>a</key><integer>- -1</integer><key>a</key><integer>+ 1</integer></dict></plist>", false)]
    [InlineData("<plist><dict><key>a</key><integer>+ 1</integer></dict></plist>")]
    [InlineData("<?pi?><dict><key>a</key><integer>1</integer></dict>")]
    public void Reads_what_Core_Foundation_reads(string text, bool isRead = true)
    {
        if (isRead)
        {
            Assert.Equal("{\"a\":1}", Parse(text).ToString());
        }
        else
        {
            Assert.Throws<FirmwareFormatException>(() => Parse(text));
        }
    }

    [Theory]
    [InlineData("<key></key><string>1</string>", "{\"\":\"1\"}")]
    [InlineData("<key>&#169;</key><string>&#x1F600;&#65;</string>", "{\"©\":\"\\uD83D\\uDE00A\"}")]
    [InlineData("<key Q=\">\">a</key><string>1</string>", "{\"\\\">a\":\"1\"}")]
    [InlineData("<key>a</key><key>b</key>", "{\"a\":\"b\"}")]
    [InlineData("<key>a</key><data>A Q?=\n=</data>", "{\"a\":\"AQ==\"}")]
    [InlineData("<key>a</key><data>?</data>", "{\"a\":\"\"}")]
    [InlineData("<key>a</key><string>x\r\ny</string>", "{\"a\":\"x\\r\\ny\"}")]
    public void Reads_keys_and_values_as_Core_Foundation_does(string entries, string json) =>
        Assert.Equal(json, Parse($"<plist><dict>{entries}</dict></plist>").ToString());

    [Theory]
    [InlineData("<!-- test -->")]
    [InlineData("test<!test>")]
    [InlineData("test&amp")]
    [InlineData("&unknown;")]
    public void Refuses_keys_that_Core_Foundation_refuses(string key) =>
        Assert.Throws<FirmwareFormatException>(() => Parse($"<plist><dict><key>{key}</key><string>value</string></dict></plist>"));

    // Core Foundation sets the values of XML and adds those of the binary form, so the last counts here and the first there.
    [Fact]
    public void The_last_value_of_a_doubled_key_counts_and_in_the_binary_form_the_first()
    {
        Assert.Equal("{\"a\":2,\"b\":3}", Parse("<plist><dict><key>a</key><integer>1</integer><key>b</key><integer>3</integer><key>a</key><integer>2</integer></dict></plist>").ToString());
        Assert.Equal("{\"a\":\"2\"}", Parse("{ a = 1; a = 2; }").ToString());

        // One dictionary of two pairs: key "a" twice, with 1 and 2.
        byte[] binary = [.. "bplist00"u8, 0xD2, 1, 1, 2, 3, 0x51, (byte)'a', 0x10, 1, 0x10, 2, 8, 13, 15, 17, 0, 0, 0, 0, 0, 0, 1, 1, .. Word(4), .. Word(0), .. Word(19)];
        Assert.Equal("{\"a\":1}", PropertyList.Parse(binary).ToString());

        static byte[] Word(byte value) => [0, 0, 0, 0, 0, 0, 0, value];
    }

    [Theory]
    [InlineData("utf8", "Größe €")]
    [InlineData("UTF_8", "Größe €")]
    [InlineData("UTF-16", "Größe €")]
    [InlineData("macintosh", "Gr\u00f6\u00dfe \u20ac")]
    [InlineData("Macintosh;x", "Gr\u00f6\u00dfe \u20ac")]
    [InlineData("ISO-8859-1", "Größe")]
    [InlineData("windows-1252", "Größe €")]
    [InlineData("Shift_JIS", "検索")]
    [InlineData("us-ascii", "plain")]
    public void Reads_the_encoding_that_the_declaration_names(string name, string text)
    {
        var plain = $"<?xml version='1.0' encoding='{name}'?><plist><string>{text}</string></plist>";
        var bytes = name.StartsWith("mac", StringComparison.OrdinalIgnoreCase)
            ? [.. Encoding.Latin1.GetBytes(plain).Select(one => one switch { 0xF6 => (byte)0x9A, 0xDF => (byte)0xA7, _ => one })]
            : name is "utf8" or "UTF_8" or "UTF-16" ? Encoding.UTF8.GetBytes(plain)
            : (CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name)).GetBytes(plain);
        if (name.StartsWith("mac", StringComparison.OrdinalIgnoreCase))
        {
            // Latin-1 has no euro sign, which it writes as a question mark; in Mac OS Roman it is 0xDB.
            bytes[Array.LastIndexOf(bytes, (byte)'?')] = 0xDB;
        }

        Assert.Equal(text, Assert.IsType<PlistString>(PropertyList.Parse(bytes)).Value);
    }

    [Fact]
    public void Refuses_text_that_is_not_in_its_encoding()
    {
        byte[] bytes = [.. "<?xml version='1.0' encoding='us-ascii'?><plist><string>"u8, 0xE4, .. "</string></plist>"u8];
        Assert.Contains("us-ascii", Assert.Throws<FirmwareFormatException>(() => PropertyList.Parse(bytes)).Reason, StringComparison.Ordinal);
        bytes = [.. "<plist><string>"u8, 0xE4, .. "</string></plist>"u8];
        Assert.Contains("UTF-8", Assert.Throws<FirmwareFormatException>(() => PropertyList.Parse(bytes)).Reason, StringComparison.Ordinal);
    }

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
