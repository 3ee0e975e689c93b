using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.IBoot;

/// <summary>A compressed stream inside a boot stage.</summary>
/// <param name="Name">A name by what it holds (<c>RTKit.bin</c>, <c>AppleSMCFirmware.bin</c>, …), else by its number; no two in an image have the same.</param>
/// <param name="Offset">Where it begins in the image.</param>
/// <param name="PackedSize">Bytes it takes there.</param>
/// <param name="Content">What it decodes to.</param>
public sealed record IBootPayload(string Name, long Offset, long PackedSize, ByteSource Content)
{
    /// <summary>The strings of the content.</summary>
    /// <param name="minimumLength">Characters of the shortest, at least 1.</param>
    public IEnumerable<FirmwareString> ReadStrings(int minimumLength) =>
        FirmwareStrings.Read(Content.ReadBytes(0, (int)Content.Length), 0, minimumLength);
}
