using System.Text.Json;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Formats.Aea;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;

namespace IpswDiff.Cli.Inspection;

/// <summary>An Apple Encrypted Archive: what it says of itself without a key, and with one what is in it.</summary>
internal static class AeaDescription
{
    public static void Write(Utf8JsonWriter writer, ByteSource source, InputOptions options, Parts parts, CancellationToken cancellationToken)
    {
        var prologue = AeaPrologue.Read(source);
        var archive = parts.Read("contents", () => AeaArchive.Open(source, options.Images.Keys, options.Images.Cache));
        var format = archive is null ? FileFormat.Unknown : parts.Read("contents", () => (FileFormat?)FileFormats.Detect(archive)) ?? FileFormat.Unknown;
        if (archive is not null && format is FileFormat.Zip or FileFormat.AppleArchive or FileFormat.Pbzx
            && OtaDescription.TryWrite(writer, archive!, options.Images, isEncrypted: true))
        {
            return;
        }

        writer.WriteString("type", "aea");
        writer.WriteString("profile", prologue.Profile.ToString().ToLowerInvariant());
        writer.WriteString("keyUrl", prologue.KeyUrl?.OriginalString);
        writer.WriteString("compression", archive?.Compression.ToString().ToLowerInvariant());
        if (archive is null)
        {
            return;
        }

        writer.WriteNumber("uncompressedSize", archive.Length);
        if (format is FileFormat.DiskImage or FileFormat.Apfs or FileFormat.HfsPlus)
        {
            ImageDescription.WriteContents(writer, archive, options.Images, parts, cancellationToken);
        }
        else
        {
            parts.Write(writer, "contents", "contents", inner =>
            {
                inner.WriteStartObject();
                FileDescription.Write(inner, null, archive, options, parts.Of("contents"), cancellationToken);
                inner.WriteEndObject();
            });
        }
    }
}
