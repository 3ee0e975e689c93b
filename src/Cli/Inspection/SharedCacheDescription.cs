using System.Text.Json;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Cli.Inspection;

/// <summary>A dyld shared cache: its files with their mappings, and its images.</summary>
internal static class SharedCacheDescription
{
    public static void Write(Utf8JsonWriter writer, string path)
    {
        using var folder = SharedCacheFolder.Open(path);
        var cache = folder.Cache;
        writer.WriteString("type", "dyld_shared_cache");
        writer.WriteString("arch", cache.Arch);
        writer.WriteString("uuid", cache.Uuid == Guid.Empty ? null : cache.UuidText);
        writer.WriteString("platform", cache.Platform);
        writer.WriteString("osVersion", cache.OsVersion?.ToString());
        writer.WriteBoolean("localSymbols", cache.HasLocalSymbols);
        writer.WriteStartArray("files");
        foreach (var file in cache.Files)
        {
            writer.WriteStartObject();
            writer.WriteString("name", file.Name);
            writer.WriteString("uuid", file.Uuid == Guid.Empty ? null : file.UuidText);
            writer.WriteNumber("size", file.Size);
            WriteMappings(writer, file);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("images");
        foreach (var image in cache.Images)
        {
            writer.WriteStartObject();
            writer.WriteString("path", image.Path);
            writer.WriteString("uuid", image.UuidText);
            writer.WriteNumber("address", image.Address);
            writer.WriteNumber("textSize", image.TextSize);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("notes");
        foreach (var note in cache.Notes)
        {
            writer.WriteStringValue(note);
        }

        writer.WriteEndArray();
    }

    private static void WriteMappings(Utf8JsonWriter writer, SharedCacheFile file)
    {
        writer.WriteStartArray("mappings");
        foreach (var mapping in file.Mappings)
        {
            writer.WriteStartObject();
            writer.WriteNumber("address", mapping.Address);
            writer.WriteNumber("size", mapping.Size);
            writer.WriteNumber("fileOffset", mapping.FileOffset);
            writer.WriteString("maxProtection", Protection(mapping.MaxProtection));
            writer.WriteString("initialProtection", Protection(mapping.InitialProtection));
            writer.WriteNumber("slideVersion", mapping.SlideVersion);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string Protection(int bits) =>
        string.Concat((bits & 1) != 0 ? "r" : "-", (bits & 2) != 0 ? "w" : "-", (bits & 4) != 0 ? "x" : "-");
}
