using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO.Fixups;

/// <summary>What a pointer in a file leads to once the dynamic linker has set it.</summary>
/// <param name="Address">An address of the image, or of the shared cache it lies in; 0 for none.</param>
/// <param name="Import">The symbol of another image it is bound to, or null.</param>
public readonly record struct MachOPointer(ulong Address, string? Import)
{
    /// <summary>Whether it leads nowhere.</summary>
    public bool IsNull => Address == 0 && Import is null;
}

/// <summary>
/// Reads pointers as they stand in a file: plain, as links of a fix-up chain, or as the slide information of a shared cache packs them.
/// Implementations are immutable and thread-safe.
/// </summary>
public abstract class PointerDecoder
{
    /// <summary>
    /// Where selectors of method lists begin that count from one place for all images, or null. Images of a shared cache only.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The tables that say so are damaged.</exception>
    public virtual ulong? SelectorBase => null;

    /// <summary>Decodes eight bytes that stand at <paramref name="location"/>.</summary>
    /// <exception cref="FirmwareFormatException">They name an import that the image does not have.</exception>
    public abstract MachOPointer Decode(ulong raw, ulong location);

    /// <summary>The decoder for a 64-bit image with fix-ups of its own: chained ones, or dyld's opcodes.</summary>
    /// <exception cref="FirmwareFormatException">The fix-ups are damaged, or of a kind that is not known.</exception>
    public static PointerDecoder Open(MachOImage image) =>
        image.OpenLinkeditData(LoadCommandKind.DyldChainedFixups) is { Length: > 0 } fixups
            ? ChainedFixups.Open(image, fixups)
            : new PlainPointers(BindOpcodes.Read(image));

    private sealed class PlainPointers(IReadOnlyDictionary<ulong, string> binds) : PointerDecoder
    {
        public override MachOPointer Decode(ulong raw, ulong location) =>
            binds.TryGetValue(location, out var import) ? new MachOPointer(0, import) : new MachOPointer(raw, null);
    }
}
