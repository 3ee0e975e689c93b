using System.Text.Json;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Cli.Inspection;

/// <summary>A property list or a <c>.strings</c> file, whole.</summary>
internal static class PlistDescription
{
    public static void Write(Utf8JsonWriter writer, string type, PlistValue list)
    {
        writer.WriteString("type", type);
        writer.WritePropertyName("value");
        PlistJson.Write(writer, list);
    }
}
