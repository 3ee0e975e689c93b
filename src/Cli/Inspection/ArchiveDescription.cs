using System.Text.Json;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Ipsw;

namespace IpswDiff.Cli.Inspection;

/// <summary>An IPSW, packed or unpacked.</summary>
internal static class ArchiveDescription
{
    public static void Write(Utf8JsonWriter writer, string path, ByteSource? source, Parts parts)
    {
        using var archive = source is null ? IpswArchive.OpenFolder(path) : IpswArchive.Open(source);
        if (archive.RestoreFault is { } fault)
        {
            parts.Add("Restore.plist", fault);
        }

        writer.WriteString("type", "ipsw");
        writer.WriteString("version", archive.Version);
        writer.WriteString("build", archive.Build);
        WriteStrings(writer, "products", archive.Products);
        writer.WriteStartArray("volumes");
        foreach (var volume in archive.Volumes)
        {
            writer.WriteStartObject();
            writer.WriteString("role", volume.Role);
            writer.WriteString("name", volume.Name);
            writer.WriteString("path", volume.Path);
            writer.WriteNumber("size", volume.Size);
            writer.WriteBoolean("encrypted", volume.IsEncrypted);
            writer.WriteString("digest", volume.Digest);
            WriteStrings(writer, "boards", volume.Boards);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteStrings(writer, "kernelcaches", archive.Kernelcaches.Select(kernelcache => kernelcache.Path));
        writer.WriteStartObject("kernelcacheBoards");
        foreach (var kernelcache in archive.Kernelcaches.DistinctBy(kernelcache => kernelcache.Path, StringComparer.Ordinal))
        {
            WriteStrings(writer, kernelcache.Path, kernelcache.Boards);
        }

        writer.WriteEndObject();
        WriteStrings(writer, "firmware", archive.Firmware.Select(member => member.Name));
    }

    private static void WriteStrings(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}
