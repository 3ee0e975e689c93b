using System.Globalization;
using System.Text;

namespace IpswDiff.Forge.Plist;

/// <summary>Writes XML property lists the way <c>plutil</c> lays them out: tabs, one element a line.</summary>
public static class XmlPlistWriter
{
    private const string Head =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
        "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n" +
        "<plist version=\"1.0\">\n";

    public static byte[] Write(object value) => Encoding.UTF8.GetBytes(WriteText(value));

    public static string WriteText(object value)
    {
        var text = new StringBuilder(Head);
        WriteValue(text, value, 0);
        return text.Append("</plist>\n").ToString();
    }

    private static void WriteValue(StringBuilder text, object value, int depth)
    {
        text.Append('\t', depth);
        switch (value)
        {
            case PlistDict { Entries.Count: 0 }:
                text.Append("<dict/>\n");
                break;
            case PlistDict dict:
                text.Append("<dict>\n");
                foreach (var (key, item) in dict.Entries)
                {
                    text.Append('\t', depth + 1).Append("<key>").Append(Escape(key)).Append("</key>\n");
                    WriteValue(text, item, depth + 1);
                }

                text.Append('\t', depth).Append("</dict>\n");
                break;
            case object[] { Length: 0 }:
                text.Append("<array/>\n");
                break;
            case object[] array:
                text.Append("<array>\n");
                foreach (var item in array)
                {
                    WriteValue(text, item, depth + 1);
                }

                text.Append('\t', depth).Append("</array>\n");
                break;
            case PlistReference reference:
                text.Remove(text.Length - depth, depth);
                WriteValue(text, ForgePlist.Dict(("CF$UID", reference.Number)), depth);
                break;
            default:
                text.Append(Scalar(value)).Append('\n');
                break;
        }
    }

    private static string Scalar(object value) => value switch
    {
        string text => $"<string>{Escape(text)}</string>",
        bool truth => truth ? "<true/>" : "<false/>",
        int or long or ulong or Int128 => string.Create(CultureInfo.InvariantCulture, $"<integer>{value}</integer>"),
        double real => $"<real>{RealText(real)}</real>",
        DateTime date => $"<date>{date.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}</date>",
        byte[] data => $"<data>{Convert.ToBase64String(data, Base64FormattingOptions.InsertLineBreaks)}</data>",
        _ => throw new ArgumentException($"no property list holds a {value.GetType()}", nameof(value)),
    };

    private static string RealText(double real) => double.IsNaN(real) ? "nan"
        : double.IsInfinity(real) ? (real > 0 ? "+infinity" : "-infinity")
        : real.ToString("R", CultureInfo.InvariantCulture);

    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
