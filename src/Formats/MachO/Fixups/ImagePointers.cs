using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO.Fixups;

/// <summary>How the pointers in the memory of images are read: as the file that holds an image says, or as its own fix-ups do.</summary>
public static class ImagePointers
{
    /// <summary>The decoder of a 64-bit image's pointers: that of its backing, or its chained fix-ups, or dyld's opcodes.</summary>
    /// <exception cref="FirmwareFormatException">The image's fix-ups are damaged, or of a kind that is not known.</exception>
    public static PointerDecoder OpenPointers(this MachOImage image) => image.OpenBackedPointers() ?? OpenFixups(image);

    private static PointerDecoder OpenFixups(MachOImage image) =>
        image.OpenLinkeditData(LoadCommandKind.DyldChainedFixups) is { Length: > 0 } fixups
            ? ChainedFixups.Open(image, fixups)
            : new PlainPointers(BindOpcodes.Read(image));

    private sealed class PlainPointers(IReadOnlyDictionary<ulong, string> binds) : PointerDecoder
    {
        public override MachOPointer Decode(ulong raw, ulong location) =>
            binds.TryGetValue(location, out var import) ? new MachOPointer(0, import) : new MachOPointer(raw, null);
    }
}
