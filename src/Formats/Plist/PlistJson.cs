using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace IpswDiff.Formats.Plist;

/// <summary>
/// Property-list values as JSON, the same bytes for the same value: dictionaries in their own key order, data as base64, dates as
/// ISO 8601 in UTC, references as <c>{"CF$UID": n}</c>, numbers that JSON has no form for as text (<c>nan</c>, <c>+infinity</c>).
/// </summary>
public static class PlistJson
{
    /// <summary>Writes <paramref name="value"/> where <paramref name="writer"/> expects a value.</summary>
    public static void Write(Utf8JsonWriter writer, PlistValue value)
    {
        switch (value)
        {
            case PlistDictionary dictionary:
                WriteDictionary(writer, dictionary);
                break;
            case PlistArray array:
                writer.WriteStartArray();
                foreach (var item in array)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case PlistString text:
                writer.WriteStringValue(WellFormed(text.Value));
                break;
            case PlistInteger integer:
                writer.WriteRawValue(integer.Value.ToString(CultureInfo.InvariantCulture), skipInputValidation: true);
                break;
            case PlistReal real:
                WriteReal(writer, real.Value);
                break;
            case PlistBoolean truth:
                writer.WriteBooleanValue(truth.Value);
                break;
            case PlistDate date:
                writer.WriteStringValue(date.ToIso8601());
                break;
            case PlistData data:
                writer.WriteBase64StringValue(data.Value.Span);
                break;
            case PlistUid uid:
                writer.WriteStartObject();
                writer.WriteNumber("CF$UID", uid.Value);
                writer.WriteEndObject();
                break;
        }
    }

    /// <summary>The whole value as one JSON text.</summary>
    public static string ToText(PlistValue value, bool indented = false)
    {
        using var stream = new MemoryStream();
        var options = new JsonWriterOptions
        {
            Indented = indented,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            MaxDepth = int.MaxValue,
        };
        using (var writer = new Utf8JsonWriter(stream, options))
        {
            Write(writer, value);
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void WriteDictionary(Utf8JsonWriter writer, PlistDictionary dictionary)
    {
        writer.WriteStartObject();
        foreach (var (key, value) in dictionary)
        {
            writer.WritePropertyName(WellFormed(key));
            Write(writer, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteReal(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteStringValue(double.IsNaN(value) ? "nan" : value > 0 ? "+infinity" : "-infinity");
        }
    }

    // JSON is UTF-8, which has no lone surrogates; the writer would refuse them.
    private static string WellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            }
        }

        return text;
    }
}
