using System.Text.Json;
using IpswDiff.Formats.Ar;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Cli.Inspection;

/// <summary>A static library, archive by archive and member by member.</summary>
internal static class LibraryDescription
{
    public static void Write(Utf8JsonWriter writer, ByteSource source, Parts parts)
    {
        var library = StaticLibrary.Open(source);
        writer.WriteString("type", "archive");
        writer.WriteBoolean("fat", library.IsFat);
        writer.WriteStartArray("slices");
        foreach (var slice in library.Slices)
        {
            writer.WriteStartObject();
            writer.WriteString("arch", slice.Arch.Length == 0 ? null : slice.Arch);
            writer.WriteNumber("offset", slice.Offset);
            writer.WriteNumber("size", slice.Archive.Source.Length);
            writer.WriteBoolean("symbolTable", slice.Archive.HasSymbolTable);
            writer.WriteStartArray("members");
            foreach (var member in slice.Archive.Members)
            {
                WriteMember(writer, slice.Archive, member, slice.Arch.Length == 0 ? parts : parts.Of(slice.Arch));
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteMember(Utf8JsonWriter writer, ArArchive archive, ArMember member, Parts parts)
    {
        writer.WriteStartObject();
        writer.WriteString("name", member.Name);
        writer.WriteNumber("offset", member.Offset);
        writer.WriteNumber("size", member.Size);
        writer.WriteString("mode", Convert.ToString(member.Mode, 8));
        var (image, fault) = Open(archive.OpenMember(member));
        writer.WriteString("arch", image?.Arch);
        writer.WriteString("fileType", image?.FileType.ToText());
        writer.WriteString("fault", fault);
        if (fault is not null)
        {
            parts.Add(member.Name, fault);
        }

        if (image is not null)
        {
            writer.WriteNumber("symbolCount", image.Symbols?.Count ?? 0);
        }

        writer.WriteEndObject();
    }

    private static (MachOImage? Image, string? Fault) Open(ByteSource member)
    {
        try
        {
            return (MachOFile.TryOpen(member, out var file) ? file.Slices[0] : null, null);
        }
        catch (FirmwareFormatException fault)
        {
            // The others are described all the same.
            return (null, fault.Message);
        }
    }
}
