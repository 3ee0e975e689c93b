using System.Text.Json;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Img4;
using IpswDiff.Formats.Kernelcache;

namespace IpswDiff.Cli.Inspection;

/// <summary>A kernelcache: the kernel's version and the kexts.</summary>
internal static class KernelcacheDescription
{
    private static readonly string[] KernelTags = ["krnl", "rkrn"];

    /// <summary>Describes a Mach-O that is a kernelcache; writes nothing and returns false for any other.</summary>
    public static bool TryWrite(Utf8JsonWriter writer, ByteSource source)
    {
        if (!KernelcacheFile.TryOpen(source, out var cache))
        {
            return false;
        }

        writer.WriteString("type", "kernelcache");
        WriteContents(writer, cache);
        return true;
    }

    /// <summary>Describes the kernelcache in a payload as an object of its own, where the payload is one. A compressed payload is decoded only when its tag says kernel.</summary>
    public static void WriteNested(Utf8JsonWriter writer, Im4p payload)
    {
        if (!payload.IsEncrypted && (KernelTags.Contains(payload.Tag) || payload.Compression == Im4pCompression.None)
            && KernelcacheFile.TryOpen(payload.OpenPayload(), out var cache))
        {
            writer.WriteStartObject("kernelcache");
            WriteContents(writer, cache);
            writer.WriteEndObject();
        }
    }

    private static void WriteContents(Utf8JsonWriter writer, KernelcacheFile cache)
    {
        var version = cache.ReadVersion();
        writer.WriteString("arch", cache.Image.Arch);
        writer.WriteString("form", cache.Kind == KernelcacheKind.Fileset ? "fileset" : "prelinked");
        writer.WriteString("version", version?.Darwin);
        writer.WriteString("xnu", version?.Xnu);
        writer.WriteString("configuration", version?.Configuration);
        writer.WriteString("date", version?.Date?.ToString("yyyy-MM-ddTHH:mm:sszzz", System.Globalization.CultureInfo.InvariantCulture) ?? version?.DateText);
        writer.WriteStartArray("kexts");
        foreach (var entry in cache.Entries)
        {
            writer.WriteStartObject();
            writer.WriteString("id", entry.Id);
            writer.WriteString("version", entry.IsKernel ? version?.Darwin : cache.FindKextInfo(entry.Id)?.Version ?? entry.ModuleVersion);
            WriteUuid(writer, entry);
            writer.WriteNumber("address", entry.Address);
            writer.WriteEndObject();
        }

        foreach (var kext in cache.ReadKextInfos().Where(kext => cache.Find(kext.Id) is null))
        {
            writer.WriteStartObject();
            writer.WriteString("id", kext.Id);
            writer.WriteString("version", kext.Version);
            writer.WriteNull("uuid");
            writer.WriteNull("address");
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteUuid(Utf8JsonWriter writer, KernelcacheEntry entry)
    {
        try
        {
            writer.WriteString("uuid", entry.OpenImage().UuidText);
        }
        catch (FirmwareFormatException fault)
        {
            // One damaged image does not hide the others.
            writer.WriteNull("uuid");
            writer.WriteString("error", fault.Message);
        }
    }
}
