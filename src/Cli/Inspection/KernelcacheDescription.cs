using System.Text.Json;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Kernelcache;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Cli.Inspection;

/// <summary>A kernelcache: the kernel's version and the kexts.</summary>
internal static class KernelcacheDescription
{
    /// <summary>Describes a Mach-O that is a kernelcache; writes nothing and returns false for any other.</summary>
    public static bool TryWrite(Utf8JsonWriter writer, ByteSource source, Parts parts)
    {
        if (parts.Read("kernelcache", () => TryOpen(source)) is not { } cache)
        {
            return false;
        }

        writer.WriteString("type", "kernelcache");
        WriteContents(writer, cache, parts);
        return true;
    }

    /// <summary>Opens a kernelcache; null for any other file. Of a Mach-O with several slices only those are told from it that can be read.</summary>
    /// <exception cref="FirmwareFormatException">It is a kernelcache, but a damaged one.</exception>
    public static KernelcacheFile? TryOpen(ByteSource source) =>
        MachOFile.Matches(source) && MachOFile.OpenReadable(source) is [{ Image: { } image }]
            && KernelcacheFile.IsKernelcache(image) && KernelcacheFile.TryOpen(source, out var cache)
                ? cache
                : null;

    public static void WriteContents(Utf8JsonWriter writer, KernelcacheFile cache, Parts parts)
    {
        var version = parts.Read("kernel version", cache.ReadVersion);
        var infos = parts.Read("list of kexts", cache.ReadKextInfos) ?? [];
        var byId = infos.DistinctBy(info => info.Id, StringComparer.Ordinal).ToDictionary(info => info.Id, StringComparer.Ordinal);
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
            writer.WriteString("version", entry.IsKernel ? version?.Darwin : byId.GetValueOrDefault(entry.Id)?.Version ?? entry.ModuleVersion);
            WriteUuid(writer, entry, parts);
            writer.WriteNumber("address", entry.Address);
            writer.WriteEndObject();
        }

        foreach (var kext in infos.Where(kext => cache.Find(kext.Id) is null))
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

    private static void WriteUuid(Utf8JsonWriter writer, KernelcacheEntry entry, Parts parts)
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
            parts.Add(entry.Id, fault.Message);
        }
    }
}
