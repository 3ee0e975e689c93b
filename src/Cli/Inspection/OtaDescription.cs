using System.Text.Json;
using IpswDiff.Formats.AppleArchive;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;
using IpswDiff.Formats.DiskImages;
using IpswDiff.Formats.Ota;

namespace IpswDiff.Cli.Inspection;

/// <summary>An over-the-air update in whatever it comes, or an Apple Archive that is none. Works from lists of files; the payload stays unread.</summary>
internal static class OtaDescription
{
    /// <summary>Writes the description if the folder holds an unpacked update.</summary>
    public static bool TryWriteFolder(Utf8JsonWriter writer, string path)
    {
        if (!OtaArchive.TryOpenFolder(path, out var archive))
        {
            return false;
        }

        using (archive)
        {
            Write(writer, archive, isEncrypted: false);
        }

        return true;
    }

    /// <summary>Writes the description if the file, decrypted where it was encrypted, is an update or an Apple Archive.</summary>
    public static bool TryWrite(Utf8JsonWriter writer, ByteSource source, DiskImageOptions options, bool isEncrypted = false)
    {
        var indexing = new AppleArchiveOptions { Cache = options.Cache };
        switch (FileFormats.Detect(source))
        {
            case FileFormat.Zip when OtaArchive.TryOpen(source, out var zipped, indexing):
                using (zipped)
                {
                    Write(writer, zipped, isEncrypted);
                }

                return true;
            case FileFormat.AppleArchive or FileFormat.Pbzx:
                WriteArchive(writer, AppleArchiveVolume.Open(source, indexing), indexing, isEncrypted);
                return true;
            default:
                return false;
        }
    }

    private static void WriteArchive(Utf8JsonWriter writer, AppleArchiveVolume volume, AppleArchiveOptions indexing, bool isEncrypted)
    {
        if (OtaArchive.TryOpen(volume, out var archive, indexing))
        {
            using (archive)
            {
                Write(writer, archive, isEncrypted);
            }

            return;
        }

        writer.WriteString("type", "aa");
        writer.WriteBoolean("encrypted", isEncrypted);
        writer.WriteNumber("entries", volume.EntryCount);
        writer.WriteNumber("duplicateEntries", volume.DuplicateCount);
        WriteStrings(writer, "patchOperations", volume.PatchOperations.Select(operation => operation.ToString()));
    }

    private static void Write(Utf8JsonWriter writer, OtaArchive archive, bool isEncrypted)
    {
        var asset = archive.Asset;
        writer.WriteString("type", "ota");
        writer.WriteString("version", asset.Version);
        writer.WriteString("build", asset.Build);
        WriteStrings(writer, "products", asset.Products);
        writer.WriteString("kind", asset.Kind switch { OtaKind.Full => "full", OtaKind.Delta => "delta", _ => "rsr" });
        writer.WriteString("prerequisiteBuild", asset.PrerequisiteBuild);
        writer.WriteString("prerequisiteVersion", asset.PrerequisiteVersion);
        writer.WriteString("system", asset.SystemName);
        writer.WriteBoolean("encrypted", isEncrypted);
        writer.WriteString("refusal", asset.Refusal);
        writer.WriteStartArray("payloads");
        foreach (var payload in archive.Payloads)
        {
            writer.WriteStartObject();
            writer.WriteString("path", payload.Name);
            writer.WriteNumber("size", payload.Size);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("images");
        foreach (var image in archive.Images)
        {
            writer.WriteStartObject();
            writer.WriteString("name", image.Name);
            writer.WriteString("path", image.Member.Name);
            writer.WriteNumber("size", image.Member.Size);
            writer.WriteString("patch", image.PatchFormat);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteStrings(writer, "kernelcaches", archive.Kernelcaches.Select(kernelcache => kernelcache.Path));
        WriteStrings(writer, "files", archive.Firmware.Select(member => member.Name));
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
