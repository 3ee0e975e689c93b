using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO.Fixups;

namespace IpswDiff.Formats.MachO.ObjectiveC;

/// <summary>
/// The Objective-C classes, categories, protocols and selectors of a 64-bit image, read as they are asked for. Enumerations stream: one
/// class is held at a time. Facts: <c>objc-runtime-new.h</c> and <c>objc-abi.h</c> of Apple's objc4.
/// </summary>
public sealed class ObjectiveCMetadata
{
    private const int PointerSize = 8;

    private readonly MachOImage _image;
    private readonly PointerDecoder _pointers;

    private ObjectiveCMetadata(MachOImage image, PointerDecoder pointers) => (_image, _pointers) = (image, pointers);

    /// <summary>Whether an image is one whose metadata can be read, and has some: a class, category or protocol list.</summary>
    public static bool IsPresent(MachOImage image) => IsReadable(image) && image.Sections.Any(static section =>
        section.Size >= PointerSize && section.Name is "__objc_classlist" or "__objc_catlist" or "__objc_catlist2" or "__objc_protolist");

    /// <summary>Opens the metadata of an image; without any if it has none.</summary>
    /// <exception cref="FirmwareFormatException">The image's fix-ups are damaged or of an unknown kind.</exception>
    public static ObjectiveCMetadata Open(MachOImage image) => new(image, image.OpenPointers());

    /// <summary>
    /// Whether two images have the same classes, categories and protocols in the same order, addresses aside: names, superclasses,
    /// methods, properties, instance variables and adopted protocols. False is no proof of a difference.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The metadata of one is damaged.</exception>
    public static bool AreSame(MachOImage old, MachOImage @new)
    {
        if (!IsReadable(old) || !IsReadable(@new))
        {
            return false;
        }

        using var before = new ObjectiveCMemory(old, old.OpenPointers());
        using var after = new ObjectiveCMemory(@new, @new.OpenPointers());
        return new ObjectiveCPair(before, after).AreSame(old, @new);
    }

    /// <summary>The classes, in the order of <c>__objc_classlist</c>.</summary>
    /// <exception cref="FirmwareFormatException">The metadata is damaged.</exception>
    public IEnumerable<ObjectiveCClass> ReadClasses() => ReadList("__objc_classlist", static (reader, address) => reader.ReadClass(address));

    /// <summary>The categories, in the order of <c>__objc_catlist</c>.</summary>
    /// <exception cref="FirmwareFormatException">The metadata is damaged.</exception>
    public IEnumerable<ObjectiveCCategory> ReadCategories() =>
        ReadList("__objc_catlist", static (reader, address) => reader.ReadCategory(address))
            .Concat(ReadList("__objc_catlist2", static (reader, address) => reader.ReadCategory(address)));

    /// <summary>The protocols, in the order of <c>__objc_protolist</c>.</summary>
    /// <exception cref="FirmwareFormatException">The metadata is damaged.</exception>
    public IEnumerable<ObjectiveCProtocol> ReadProtocols() => ReadList("__objc_protolist", static (reader, address) => reader.ReadProtocol(address));

    /// <summary>The selectors that code of the image sends, in the order of <c>__objc_selrefs</c>.</summary>
    /// <exception cref="FirmwareFormatException">The metadata is damaged.</exception>
    public IEnumerable<string> ReadSelectors() => ReadList("__objc_selrefs", static (reader, address) => reader.ReadString(address));

    /// <summary>The sections that hold a list of pointers of that name.</summary>
    internal static IEnumerable<MachOSection> FindLists(MachOImage image, string name) => image.Sections.Where(section => section.Name == name
        && (section.SegmentName.StartsWith("__DATA", StringComparison.Ordinal) || section.SegmentName.StartsWith("__AUTH", StringComparison.Ordinal)));

    private static bool IsReadable(MachOImage image) => image.Is64Bit && !image.BigEndian;

    private IEnumerable<T> ReadList<T>(string sectionName, Func<ObjectiveCReader, ulong, T> read)
    {
        if (!IsReadable(_image))
        {
            yield break;
        }

        using var memory = new ObjectiveCMemory(_image, _pointers);
        var reader = new ObjectiveCReader(memory);
        foreach (var section in FindLists(_image, sectionName))
        {
            for (var offset = 0L; offset + PointerSize <= section.Size; offset += PointerSize)
            {
                // The linker pads lists with nulls; an import is another image's affair.
                var pointer = memory.ReadPointer(unchecked(section.Address + (ulong)offset));
                if (pointer.Address != 0)
                {
                    yield return read(reader, pointer.Address);
                }
            }
        }
    }
}
