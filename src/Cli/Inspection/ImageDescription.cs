using System.Text.Json;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;
using IpswDiff.Formats.DiskImages;

namespace IpswDiff.Cli.Inspection;

/// <summary>A disk image: partitions and volumes.</summary>
internal static class ImageDescription
{
    public static void Write(Utf8JsonWriter writer, ByteSource source, FileFormat format, DiskImageOptions options, CancellationToken cancellationToken)
    {
        writer.WriteString("type", format switch
        {
            FileFormat.Aea => "aea",
            FileFormat.Apfs => "apfs",
            FileFormat.HfsPlus => "hfsplus",
            _ => "dmg",
        });
        if (options.ImageKey.IsEmpty && DiskImage.EncryptionOf(source) is { } encryption)
        {
            writer.WriteBoolean("encrypted", true);
            writer.WriteString("refusal", encryption);
            writer.WriteStartArray("partitions");
            writer.WriteEndArray();
            writer.WriteStartArray("volumes");
            writer.WriteEndArray();
            return;
        }

        var image = DiskImage.Open(source, options);
        writer.WriteStartArray("partitions");
        foreach (var partition in image.Partitions)
        {
            writer.WriteStartObject();
            writer.WriteString("name", partition.Name);
            writer.WriteString("type", partition.Type);
            writer.WriteNumber("offset", partition.Offset);
            writer.WriteNumber("size", partition.Size);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("volumes");
        foreach (var volume in image.Volumes)
        {
            writer.WriteStartObject();
            writer.WriteString("name", volume.Name);
            writer.WriteString("fileSystem", volume.Volume.FileSystem);
            writer.WriteBoolean("caseSensitive", volume.Volume.CaseSensitive);
            writer.WriteBoolean("sealed", volume.Volume.Sealed);
            writer.WriteString("role", volume.Role.Length == 0 ? null : volume.Role);
            writer.WriteBoolean("encrypted", volume.IsEncrypted);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (options.VerifyObjects)
        {
            image.Verify(cancellationToken);
            writer.WriteBoolean("verified", true);
        }
    }
}
