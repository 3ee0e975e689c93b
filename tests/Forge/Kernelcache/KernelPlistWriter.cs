using System.Globalization;
using System.Text;
using IpswDiff.Forge.Plist;

namespace IpswDiff.Forge.Kernelcache;

/// <summary>
/// Writes property lists in the kernel's dialect (OSSerialize): one line, no declaration, whole numbers in hexadecimal with their
/// width, every object with an <c>ID</c>, and strings and numbers that were written before as an <c>IDREF</c>.
/// </summary>
public sealed class KernelPlistWriter
{
    private readonly StringBuilder _text = new();
    private readonly Dictionary<string, int> _known = new(StringComparer.Ordinal);

    private int _next;

    private KernelPlistWriter()
    {
    }

    public static byte[] Write(object value)
    {
        var writer = new KernelPlistWriter();
        writer.WriteValue(value);
        return Encoding.UTF8.GetBytes(writer._text.Append('\0').ToString());
    }

    private void WriteValue(object value)
    {
        switch (value)
        {
            case PlistDict dict:
                _text.Append(CultureInfo.InvariantCulture, $"<dict ID=\"{_next++}\">");
                foreach (var (key, item) in dict.Entries)
                {
                    _text.Append("<key>").Append(Escape(key)).Append("</key>");
                    WriteValue(item);
                }

                _text.Append("</dict>");
                break;
            case object[] array:
                _text.Append(CultureInfo.InvariantCulture, $"<array ID=\"{_next++}\">");
                foreach (var item in array)
                {
                    WriteValue(item);
                }

                _text.Append("</array>");
                break;
            case string text:
                WriteScalar("string", string.Empty, Escape(text));
                break;
            case ulong number:
                WriteScalar("integer", " size=\"64\"", string.Create(CultureInfo.InvariantCulture, $"0x{number:x}"));
                break;
            case int number:
                WriteScalar("integer", " size=\"32\"", string.Create(CultureInfo.InvariantCulture, $"0x{number:x}"));
                break;
            case bool truth:
                _text.Append(truth ? "<true/>" : "<false/>");
                break;
            case byte[] data:
                WriteScalar("data", string.Empty, Convert.ToBase64String(data));
                break;
            default:
                throw new ArgumentException($"the kernel's property lists hold no {value.GetType()}", nameof(value));
        }
    }

    private void WriteScalar(string element, string attributes, string content)
    {
        if (_known.TryGetValue(element + content, out var id))
        {
            _text.Append(CultureInfo.InvariantCulture, $"<{element} IDREF=\"{id}\"/>");
            return;
        }

        _known.Add(element + content, _next);
        _text.Append(CultureInfo.InvariantCulture, $"<{element} ID=\"{_next++}\"{attributes}>{content}</{element}>");
    }

    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
