using System.Text.Json;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.Swift;

namespace IpswDiff.Cli.Inspection;

/// <summary>Types, protocols and conformances of Swift that an image defines.</summary>
internal static class SwiftDescription
{
    public static void Write(Utf8JsonWriter writer, MachOImage image)
    {
        var metadata = SwiftMetadata.Open(image);
        writer.WriteStartObject();
        writer.WriteStartArray("types");
        foreach (var type in metadata.ReadTypes())
        {
            WriteType(writer, type);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("protocols");
        foreach (var protocol in metadata.ReadProtocols())
        {
            writer.WriteStartObject();
            writer.WriteString("name", protocol.Name);
            writer.WriteNumber("requirements", protocol.RequirementCount);
            writer.WriteStartArray("associatedTypes");
            foreach (var name in protocol.AssociatedTypes)
            {
                writer.WriteStringValue(name);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("conformances");
        foreach (var conformance in metadata.ReadConformances())
        {
            writer.WriteStartObject();
            writer.WriteString("type", conformance.Type);
            writer.WriteString("protocol", conformance.Protocol);
            if (conformance.Where is { } where)
            {
                writer.WriteString("where", where);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteType(Utf8JsonWriter writer, SwiftType type)
    {
        var isEnum = type.Kind == SwiftTypeKind.Enum;
        writer.WriteStartObject();
        writer.WriteString("name", type.Name);
        writer.WriteString("kind", type.Kind switch
        {
            SwiftTypeKind.Class => "class",
            SwiftTypeKind.Struct => "struct",
            _ => "enum",
        });
        if (type.Fields is null)
        {
            // The compiler was told to leave them out: that is not the same as having none.
            writer.WriteNull(isEnum ? "cases" : "fields");
        }
        else
        {
            writer.WriteStartArray(isEnum ? "cases" : "fields");
            foreach (var field in type.Fields)
            {
                WriteField(writer, field, isEnum);
            }

            writer.WriteEndArray();
        }

        if (type.Superclass is { } superclass)
        {
            writer.WriteString("superclass", superclass);
        }

        writer.WriteEndObject();
    }

    private static void WriteField(Utf8JsonWriter writer, SwiftField field, bool isEnum)
    {
        writer.WriteStartObject();
        writer.WriteString("name", field.Name);
        writer.WriteString("type", field.Type);
        if (!isEnum)
        {
            writer.WriteBoolean("isVar", field.IsVar);
        }

        if (isEnum && field.IsIndirect)
        {
            writer.WriteBoolean("indirect", true);
        }

        if (field.IsArtificial)
        {
            writer.WriteBoolean("artificial", true);
        }

        writer.WriteEndObject();
    }
}
