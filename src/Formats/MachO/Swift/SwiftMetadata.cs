using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO.Fixups;
using IpswDiff.Formats.MachO.ObjectiveC;

namespace IpswDiff.Formats.MachO.Swift;

/// <summary>
/// Types, protocols and conformances that an image defines, as the records that the Swift runtime reads say; no symbol is needed.
/// Enumerations stream: one thing is held at a time. Facts: swift/docs/ABI/TypeMetadata.rst, and the public headers
/// <c>swift/ABI/Metadata.h</c>, <c>MetadataValues.h</c> and <c>swift/RemoteInspection/Records.h</c>.
/// </summary>
public sealed class SwiftMetadata
{
    private const int RecordSize = 4;

    private readonly MachOImage _image;
    private readonly PointerDecoder _pointers;

    private SwiftMetadata(MachOImage image, PointerDecoder pointers) => (_image, _pointers) = (image, pointers);

    /// <summary>
    /// Whether an image has records of types, protocols or conformances. An object that is not linked yet has none that could be
    /// followed, and the companion of a binary with its debugging information has the sections' names alone.
    /// </summary>
    public static bool IsPresent(MachOImage image) => !image.BigEndian && image.FileType is not (MachOFileType.Object or MachOFileType.Dsym) && image.Sections.Any(static section =>
        section.Size >= RecordSize && section.Name is "__swift5_types" or "__swift5_types2" or "__swift5_protos" or "__swift5_proto");

    /// <summary>Opens the metadata of an image; without any if it has none.</summary>
    /// <exception cref="FirmwareFormatException">The image's fix-ups are damaged or of an unknown kind.</exception>
    public static SwiftMetadata Open(MachOImage image) => new(image, image.OpenPointers());

    /// <summary>The types, in the order of <c>__swift5_types</c> and <c>__swift5_types2</c>.</summary>
    /// <exception cref="FirmwareFormatException">The metadata is damaged.</exception>
    public IEnumerable<SwiftType> ReadTypes() =>
        Read("__swift5_types", static (reader, record) => reader.ReadType(record))
            .Concat(Read("__swift5_types2", static (reader, record) => reader.ReadType(record)));

    /// <summary>The protocols, in the order of <c>__swift5_protos</c>.</summary>
    /// <exception cref="FirmwareFormatException">The metadata is damaged.</exception>
    public IEnumerable<SwiftProtocol> ReadProtocols() =>
        Read("__swift5_protos", static (reader, record) => reader.ReadProtocol(record));

    /// <summary>The conformances, in the order of <c>__swift5_proto</c>.</summary>
    /// <exception cref="FirmwareFormatException">The metadata is damaged.</exception>
    public IEnumerable<SwiftConformance> ReadConformances() =>
        Read("__swift5_proto", static (reader, record) => reader.ReadConformance(record));

    private IEnumerable<T> Read<T>(string section, Func<SwiftReader, ulong, T?> read)
        where T : class
    {
        if (_image.BigEndian)
        {
            yield break;
        }

        using var memory = new ObjectiveCMemory(_image, _pointers);
        var reader = new SwiftReader(new SwiftMemory(memory, _image.Is64Bit));
        foreach (var list in _image.Sections.Where(list => list.Name == section))
        {
            for (var offset = 0L; offset + RecordSize <= list.Size; offset += RecordSize)
            {
                if (read(reader, unchecked(list.Address + (ulong)offset)) is { } item)
                {
                    yield return item;
                }
            }
        }
    }
}
