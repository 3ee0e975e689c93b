using System.Globalization;
using System.Text.Json;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;
using IpswDiff.Formats.DiskImages;
using IpswDiff.Formats.Partitions;

namespace IpswDiff.Cli.Inspection;

/// <summary>A disk image: partitions and volumes.</summary>
internal static class ImageDescription
{
    public static void Write(
        Utf8JsonWriter writer, ByteSource source, FileFormat format, DiskImageOptions options, Parts parts, CancellationToken cancellationToken)
    {
        writer.WriteString("type", format.ShortName());
        if (DiskImage.EncryptionOf(source) is null)
        {
            WriteContents(writer, source, options, parts, cancellationToken);
            return;
        }

        writer.WriteBoolean("encrypted", true);
        if (parts.Read("contents", () => DiskImage.OpenReadable(source, options)) is { } image)
        {
            WriteContents(writer, image, options, parts, cancellationToken);
        }
    }

    /// <summary>Writes partitions and volumes. A damaged volume leaves the others.</summary>
    public static void WriteContents(
        Utf8JsonWriter writer, ByteSource source, DiskImageOptions options, Parts parts, CancellationToken cancellationToken) =>
        WriteContents(writer, DiskImage.OpenReadable(source, options), options, parts, cancellationToken);

    private static void WriteContents(
        Utf8JsonWriter writer, DiskImage image, DiskImageOptions options, Parts parts, CancellationToken cancellationToken)
    {
        foreach (var (partition, fault) in image.Faults)
        {
            parts.Add(NameOf(partition), fault.Message);
        }

        writer.WriteStartArray("partitions");
        foreach (var partition in image.Partitions)
        {
            writer.WriteStartObject();
            writer.WriteString("name", partition.Name);
            writer.WriteString("type", partition.Type);
            writer.WriteNumber("offset", partition.Offset);
            writer.WriteNumber("size", partition.Size);
            writer.WriteString("fileSystem", parts.Read(NameOf(partition), () => image.FindFileSystem(partition)));
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

    private static string NameOf(Partition partition) => partition.Name.Length > 0 ? $"partition {partition.Name}"
        : partition.Type.Length > 0 ? string.Create(CultureInfo.InvariantCulture, $"partition {partition.Type} at 0x{partition.Offset:x}")
        : "volume";
}
