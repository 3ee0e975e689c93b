using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO;

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
}
