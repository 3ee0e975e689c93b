using System.Text.Json;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Cli.Inspection;

/// <summary>A Mach-O, slice by slice.</summary>
internal static class MachODescription
{
    public static void Write(Utf8JsonWriter writer, ByteSource source)
    {
        writer.WriteString("type", "macho");
        writer.WriteStartArray("slices");
        foreach (var slice in MachOFile.Open(source).Slices)
        {
            WriteSlice(writer, slice);
        }

        writer.WriteEndArray();
    }

    private static void WriteSlice(Utf8JsonWriter writer, MachOImage image)
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
        writer.WriteNumber("symbolCount", image.Symbols?.Count ?? 0);
        using var starts = image.ReadFunctionStarts();
        if (starts is not null)
        {
            writer.WriteNumber("functionCount", starts.Count);
        }
        else
        {
            writer.WriteNull("functionCount");
        }

        writer.WriteNumber("cstringCount", image.CountCStrings());
        var signature = image.ReadCodeSignature();
        writer.WriteString("cdHash", signature?.CdHash);
        writer.WriteString("identifier", signature?.Identifier);
        writer.WriteString("teamId", signature?.TeamId);
        writer.WritePropertyName("entitlements");
        if (signature?.ReadEntitlements() is { } entitlements)
        {
            PlistJson.Write(writer, entitlements);
        }
        else
        {
            writer.WriteNullValue();
        }

        SwiftDescription.Write(writer, image);
        writer.WriteEndObject();
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
