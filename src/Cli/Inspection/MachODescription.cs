using System.Globalization;
using System.Text.Json;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.CodeSigning;
using IpswDiff.Formats.MachO.Swift;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Cli.Inspection;

/// <summary>A Mach-O, slice by slice.</summary>
internal static class MachODescription
{
    public static void Write(Utf8JsonWriter writer, ByteSource source, Parts parts)
    {
        var slices = MachOFile.OpenReadable(source);
        writer.WriteString("type", "macho");
        writer.WriteStartArray("slices");
        for (var i = 0; i < slices.Count; i++)
        {
            var slice = slices[i];
            var name = slices.Count == 1 ? null : string.Create(CultureInfo.InvariantCulture, $"slice {i} ({slice.Arch})");
            if (slice.Image is { } image)
            {
                WriteSlice(writer, image, name is null ? parts : parts.Of(name));
                continue;
            }

            parts.Add(name ?? "slice", slice.Fault!.Message);
            writer.WriteStartObject();
            writer.WriteString("arch", slice.Arch);
            writer.WriteNumber("offset", slice.Range.Offset);
            writer.WriteNumber("size", slice.Range.Size);
            writer.WriteString("unreadable", slice.Fault.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteSlice(Utf8JsonWriter writer, MachOImage image, Parts parts)
    {
        writer.WriteStartObject();
        writer.WriteString("arch", image.Arch);
        writer.WriteString("fileType", image.FileType.ToText());
        writer.WriteString("uuid", image.UuidText);
        writer.WriteString("sourceVersion", image.SourceVersion?.ToString());
        writer.WriteString("platform", image.BuildVersion?.Platform);
        writer.WriteString("minOs", image.BuildVersion?.MinOs.ToString());
        writer.WriteString("sdk", image.BuildVersion?.Sdk.ToString());
        WriteLayout(writer, image);
        WriteNumber(writer, "symbolCount", parts.Read("symbols", () => (long?)(image.Symbols?.Count ?? 0)));
        using var starts = parts.Read("function starts", image.ReadFunctionStarts);
        WriteNumber(writer, "functionCount", starts?.Count);
        WriteNumber(writer, "cstringCount", parts.Read("C strings", () => (long?)image.CountCStrings()));
        var signature = parts.Read("code signature", image.ReadCodeSignature);
        writer.WriteString("cdHash", parts.Read("cdhash", () => signature?.CdHash));
        writer.WriteString("identifier", signature?.Identifier);
        writer.WriteString("teamId", signature?.TeamId);
        writer.WritePropertyName("entitlements");
        if (signature is not null && ReadEntitlements(signature, parts) is { } entitlements)
        {
            PlistJson.Write(writer, entitlements);
        }
        else
        {
            writer.WriteNullValue();
        }

        if (SwiftMetadata.IsPresent(image))
        {
            parts.Write(writer, "swift", "Swift metadata", inner => SwiftDescription.Write(inner, image));
        }

        writer.WriteEndObject();
    }

    // Those in XML, as everybody shows them; where they cannot be read, those in DER, which say the same.
    private static PlistDictionary? ReadEntitlements(CodeSignature signature, Parts parts)
    {
        var xml = parts.Read("entitlements", () =>
            signature.ReadEntitlementsXml().AsMemory().TrimEnd("\0\n\r\t "u8) is { IsEmpty: false } text ? PropertyList.ParseDictionary(text) : null);
        return xml ?? parts.Read("entitlements in DER", () =>
            signature.ReadEntitlementsDer() is { Length: > 0 } der ? DerEntitlements.Decode(der) : null);
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static void WriteLayout(Utf8JsonWriter writer, MachOImage image)
    {
        writer.WriteStartArray("segments");
        foreach (var segment in image.Segments)
        {
            writer.WriteStartObject();
            writer.WriteString("name", segment.Name);
            writer.WriteNumber("address", segment.Address);
            writer.WriteNumber("size", segment.Size);
            writer.WriteNumber("fileOffset", segment.FileOffset);
            writer.WriteNumber("fileSize", segment.FileSize);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("sections");
        foreach (var section in image.Sections)
        {
            writer.WriteStartObject();
            writer.WriteString("segment", section.SegmentName);
            writer.WriteString("name", section.Name);
            writer.WriteNumber("address", section.Address);
            writer.WriteNumber("size", section.Size);
            writer.WriteNumber("type", (int)section.Type);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("dylibs");
        foreach (var dylib in image.Dylibs)
        {
            writer.WriteStartObject();
            writer.WriteString("name", dylib.Name);
            writer.WriteString("kind", dylib.KindText);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
