using System.Text.Json;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Img3;
using IpswDiff.Formats.Img4;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Cli.Inspection;

/// <summary>An IM4P payload, alone or inside an IMG4, or an IMG3.</summary>
internal static class Img4Description
{
    public static void Write(Utf8JsonWriter writer, ByteSource source)
    {
        var file = Img4File.Open(source);
        writer.WriteString("type", file.Kind.ToString().ToLowerInvariant());
        if (file.Payload is { } payload)
        {
            WritePayload(writer, payload);
        }

        if (file.Img3 is { } img3)
        {
            WriteTags(writer, img3);
        }

        if (file.Manifest is { } manifest)
        {
            writer.WriteStartObject("manifest");
            writer.WriteNumber("version", manifest.Version);
            writer.WritePropertyName("properties");
            PlistJson.Write(writer, manifest.Properties);
            writer.WritePropertyName("objects");
            PlistJson.Write(writer, manifest.Objects);
            writer.WriteEndObject();
        }

        if (file.RestoreInfo is { } restore)
        {
            writer.WritePropertyName("restoreInfo");
            PlistJson.Write(writer, restore.Properties);
        }
    }

    private static void WriteTags(Utf8JsonWriter writer, Img3File img3)
    {
        writer.WriteStartArray("tags");
        foreach (var tag in img3.Tags)
        {
            writer.WriteStartObject();
            writer.WriteString("name", tag.Name);
            writer.WriteNumber("offset", tag.Offset);
            writer.WriteNumber("size", tag.Size);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("keybags");
        foreach (var keybag in img3.Keybags)
        {
            writer.WriteStartObject();
            writer.WriteString("for", keybag.State == 1 ? "production" : "development");
            writer.WriteNumber("bits", keybag.Key.Length * 8);
            writer.WriteString("encryptedIv", Convert.ToHexStringLower(keybag.Iv.Span));
            writer.WriteString("encryptedKey", Convert.ToHexStringLower(keybag.Key.Span));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WritePayload(Utf8JsonWriter writer, Im4p payload)
    {
        writer.WriteString("tag", payload.Tag);
        writer.WriteString("version", payload.Version);
        writer.WriteString("compression", payload.Compression.ToString().ToLowerInvariant());
        writer.WriteNumber("size", payload.Payload.Length);
        writer.WriteBoolean("encrypted", payload.IsEncrypted);
        if (payload.DeclaredSize is { } declared)
        {
            writer.WriteNumber("uncompressedSize", declared);
        }
        else if (payload.IsEncrypted)
        {
            writer.WriteNull("uncompressedSize");
        }
        else
        {
            writer.WriteNumber("uncompressedSize", payload.OpenPayload().Length);
        }

        writer.WritePropertyName("properties");
        PlistJson.Write(writer, payload.Properties);
        KernelcacheDescription.WriteNested(writer, payload);
    }
}
