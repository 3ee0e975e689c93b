using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.Kernelcache;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Inputs.Opening;

/// <summary>Mach-O files, kernelcaches that are not packed among them.</summary>
internal static class MachOOpener
{
    public static FirmwareInput Open(OpeningContext opening, ByteSource file) =>
        IsKernelcache(file) ? PayloadOpener.OpenKernelcache(opening, file) : new(opening.Describe(InputKinds.MachO), opening.Owned)
        {
            SingleFile = new FileSide(
                new FileEntry { Path = opening.FileName, Kind = FileKind.File, Size = file.Length, Mode = 0, FileId = 0 }, file),
        };

    private static bool IsKernelcache(ByteSource file)
    {
        try
        {
            return MachOFile.Open(file) is { Slices: [var image] } && KernelcacheFile.IsKernelcache(image);
        }
        catch (FirmwareFormatException)
        {
            // What is damaged, whoever compares it will say.
            return false;
        }
    }
}
