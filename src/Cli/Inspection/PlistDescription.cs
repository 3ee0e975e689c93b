using System.Text.Json;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Cli.Inspection;

/// <summary>A property list, whole.</summary>
internal static class PlistDescription
{
    public static void Write(Utf8JsonWriter writer, ByteSource source)
    {
        writer.WriteString("type", "plist");
        writer.WritePropertyName("value");
        PlistJson.Write(writer, PropertyList.Parse(source));
    }
}
