using System.Text.Json;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;
using IpswDiff.Formats.Img3;
using IpswDiff.Formats.Img4;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Cli.Inspection;

/// <summary>An Image4 file of any kind, or an IMG3: payload, manifest, restore information.</summary>
internal static class Img4Description
{
    private const long PayloadInMemory = 64 << 20;

    public static void Write(Utf8JsonWriter writer, ByteSource source, InputOptions options, Parts parts, CancellationToken cancellationToken)
    {
        var file = Img4File.OpenReadable(source, (part, fault) => parts.Add(part, fault.Message));
        writer.WriteString("type", file.Kind.ToString().ToLowerInvariant());
        if (file.Payload is { } payload)
        {
            WritePayload(writer, payload, options, parts, cancellationToken);
        }

        if (file.Img3 is { } img3)
        {
            WriteTags(writer, img3);
        }

        if (file.Manifest is { } manifest)
        {
            parts.Write(writer, "manifest", "manifest", inner =>
            {
                inner.WriteStartObject();
                inner.WriteNumber("version", manifest.Version);
                inner.WritePropertyName("properties");
                PlistJson.Write(inner, manifest.Properties);
                inner.WritePropertyName("objects");
                PlistJson.Write(inner, manifest.Objects);
                inner.WriteEndObject();
            });
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

    private static void WritePayload(Utf8JsonWriter writer, Im4p image, InputOptions options, Parts parts, CancellationToken cancellationToken)
    {
        foreach (var fault in image.Faults)
        {
            parts.Add("payload's description", fault.Message);
        }

        writer.WriteString("tag", image.Tag);
        writer.WriteString("purpose", Im4pTags.Purpose(image.Tag));
        writer.WriteString("version", image.Version);
        writer.WriteString("compression", image.Compression.ToString().ToLowerInvariant());
        writer.WriteNumber("size", image.Payload.Length);
        writer.WriteBoolean("encrypted", image.IsEncrypted);
        using var payload = image.IsEncrypted || image.Faults.Count > 0 ? null : parts.Read("payload", () => image.UnpackPayload(PayloadInMemory));
        if ((image.DeclaredSize ?? payload?.Source.Length) is { } size)
        {
            writer.WriteNumber("uncompressedSize", size);
        }
        else
        {
            writer.WriteNull("uncompressedSize");
        }

        writer.WritePropertyName("properties");
        PlistJson.Write(writer, image.Properties);
        if (payload is null)
        {
            return;
        }

        var cache = parts.Read("kernelcache", () => KernelcacheDescription.TryOpen(payload.Source));
        if (cache is not null)
        {
            parts.Write(writer, "kernelcache", "kernelcache", inner =>
            {
                inner.WriteStartObject();
                KernelcacheDescription.WriteContents(inner, cache, parts.Of("kernelcache"));
                inner.WriteEndObject();
            });
        }

        parts.Write(writer, "payload", "payload", inner =>
        {
            inner.WriteStartObject();
            if (cache is not null)
            {
                inner.WriteString("type", "kernelcache");
            }
            else if (FileFormats.Detect(payload.Source) == FileFormat.Unknown)
            {
                inner.WriteString("type", PayloadKinds.Recognise(image.Tag, payload.Source) ?? "unknown");
            }
            else
            {
                FileDescription.Write(inner, null, payload.Source, options, parts.Of("payload"), cancellationToken);
            }

            inner.WriteEndObject();
        });
    }
}
