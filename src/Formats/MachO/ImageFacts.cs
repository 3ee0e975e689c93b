using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO.Versions;

namespace IpswDiff.Formats.MachO;

/// <summary>An image inside a fileset (LC_FILESET_ENTRY).</summary>
/// <param name="Id">Its name, for example <c>com.apple.kernel</c>.</param>
/// <param name="Address">Address of its Mach header.</param>
/// <param name="FileOffset">Offset of its Mach header in the fileset's file.</param>
public sealed record FilesetEntry(string Id, ulong Address, long FileOffset);

/// <summary>An encrypted range of an image (LC_ENCRYPTION_INFO).</summary>
/// <param name="Offset">Offset in the file.</param>
/// <param name="Size">Bytes.</param>
/// <param name="SystemId">Which encryption; zero when the range is not encrypted (yet, or any more).</param>
public readonly record struct EncryptionInfo(uint Offset, uint Size, uint SystemId);

/// <summary>LC_SYMTAB: offsets in the file and counts.</summary>
internal readonly record struct SymtabRange(long SymbolOffset, uint SymbolCount, long StringOffset, uint StringSize);

/// <summary>What <see cref="ImageParser"/> found in the header and the load commands.</summary>
internal sealed class ImageFacts
{
    internal required byte[] HeaderBytes { get; init; }

    internal required bool Is64Bit { get; init; }

    internal required bool BigEndian { get; init; }

    internal required CpuType CpuType { get; init; }

    internal required uint CpuSubtype { get; init; }

    internal required MachOFileType FileType { get; init; }

    internal required uint Flags { get; init; }

    internal required LoadCommand[] LoadCommands { get; init; }

    internal List<MachOSegment> Segments { get; } = [];

    internal List<MachOSection> Sections { get; } = [];

    internal List<MachODylib> Dylibs { get; } = [];

    internal List<string> Rpaths { get; } = [];

    internal List<BuildVersion> BuildVersions { get; } = [];

    internal List<FilesetEntry> FilesetEntries { get; } = [];

    internal MachODylib? Id { get; set; }

    internal string? Dylinker { get; set; }

    internal Guid? Uuid { get; set; }

    internal SourceVersion? SourceVersion { get; set; }

    internal ulong? EntryPoint { get; set; }

    internal EncryptionInfo? Encryption { get; set; }

    internal SymtabRange? Symtab { get; set; }

    /// <summary>A reader over one command, past its first eight bytes.</summary>
    internal SpanReader ReadCommand(LoadCommand command)
    {
        var reader = new SpanReader(HeaderBytes.AsSpan(command.Offset, command.Size), MachOFormat.Name, command.Offset, BigEndian);
        reader.Skip(8);
        return reader;
    }
}
