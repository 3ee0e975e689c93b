using System.Text.Json;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Cli.Inspection;

/// <summary>Says what bytes are and has them described: a file, or what is packed in one.</summary>
internal static class FileDescription
{
    /// <summary>Writes the properties of the object that describes <paramref name="source"/>, its <c>type</c> first.</summary>
    /// <param name="writer">Where they go.</param>
    /// <param name="path">The file, beside which a shared cache has its others; null for what is packed in a file.</param>
    /// <param name="source">Its bytes.</param>
    /// <param name="options">How images are opened.</param>
    /// <param name="parts">Takes what cannot be read.</param>
    /// <param name="cancellationToken">Stops a verification.</param>
    /// <exception cref="FirmwareFormatException">It is nothing known, or nothing of it can be read.</exception>
    public static void Write(Utf8JsonWriter writer, string? path, ByteSource source, InputOptions options, Parts parts, CancellationToken cancellationToken)
    {
        var format = FileFormats.Detect(source);
        options = path is null ? options : options with { Images = options.Keys.For(path, options.Images) };
        switch (format)
        {
            case FileFormat.Zip or FileFormat.AppleArchive or FileFormat.Pbzx when OtaDescription.TryWrite(writer, source, options.Images):
                break;
            case FileFormat.Aea:
                AeaDescription.Write(writer, source, options, parts, cancellationToken);
                break;
            case FileFormat.Zip when path is not null:
                ArchiveDescription.Write(writer, path, source, parts);
                break;
            case FileFormat.DiskImage or FileFormat.Apfs or FileFormat.HfsPlus:
                ImageDescription.Write(writer, source, format, options.Images, parts, cancellationToken);
                break;
            case FileFormat.ImagePatch:
                PatchDescription.Write(writer, source);
                break;
            case FileFormat.StaticLibrary:
                LibraryDescription.Write(writer, source, parts);
                break;
            case FileFormat.MachO when KernelcacheDescription.TryWrite(writer, source, parts):
                break;
            case FileFormat.MachO:
                MachODescription.Write(writer, source, parts);
                break;
            case FileFormat.Im4p or FileFormat.Img4 or FileFormat.Im4m or FileFormat.Im4r or FileFormat.Img3:
                Img4Description.Write(writer, path is null ? source : options.Keys.Unlock(path, source), options, parts, cancellationToken);
                break;
            case FileFormat.SharedCache when path is not null:
                SharedCacheDescription.Write(writer, path);
                break;
            case FileFormat.Plist:
                PlistDescription.Write(writer, "plist", PropertyList.Parse(source));
                break;
            case FileFormat.Unknown when PropertyList.TryParseText(source, out var value, out var isStrings):
                PlistDescription.Write(writer, isStrings ? "strings" : "plist", value);
                break;
            case FileFormat.Unknown:
                throw new FirmwareFormatException("file", 0, "nothing known begins like this");
            default:
                writer.WriteString("type", format.ShortName());
                writer.WriteString("description", format.InWords());
                parts.Add("contents", $"{format.InWords()}, of which nothing else is read");
                break;
        }
    }
}
