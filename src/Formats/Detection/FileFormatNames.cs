using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Formats.Detection;

/// <summary>What formats are called: short as in JSON, and in words for messages.</summary>
public static class FileFormatNames
{
    /// <summary>The short name, in lower case; <c>unknown</c> for none.</summary>
    public static string ShortName(this FileFormat format) => format switch
    {
        FileFormat.Zip => "zip",
        FileFormat.AppleArchive or FileFormat.Pbzx => "aa",
        FileFormat.DiskImage => "dmg",
        FileFormat.StaticLibrary => "archive",
        FileFormat.SharedCache => "dyld_shared_cache",
        _ => format.ToString().ToLowerInvariant(),
    };

    /// <summary>The name in words, with its article.</summary>
    public static string InWords(this FileFormat format) => format switch
    {
        FileFormat.Zip => "a ZIP archive",
        FileFormat.Aea => "an Apple Encrypted Archive",
        FileFormat.DiskImage => "a disk image",
        FileFormat.Apfs => "an APFS container",
        FileFormat.HfsPlus => "an HFS+ volume",
        FileFormat.Hfs => ForeignFileSystem.Hfs.InWords(),
        FileFormat.Fat => ForeignFileSystem.Fat.InWords(),
        FileFormat.ExFat => ForeignFileSystem.ExFat.InWords(),
        FileFormat.Ntfs => ForeignFileSystem.Ntfs.InWords(),
        FileFormat.Iso9660 => ForeignFileSystem.Iso9660.InWords(),
        FileFormat.MachO => "a Mach-O",
        FileFormat.SharedCache => "a dyld shared cache",
        FileFormat.Im4p => "an Image4 payload (IM4P)",
        FileFormat.Img4 => "an Image4 file (IMG4)",
        FileFormat.Im4m => "an Image4 manifest (IM4M)",
        FileFormat.Im4r => "Image4 restore information (IM4R)",
        FileFormat.Img3 => "an Image3 file (IMG3), the container before Image4",
        FileFormat.StaticLibrary => "a static library",
        FileFormat.ImagePatch => "a patch of an image",
        FileFormat.Bom => "a bill of materials (BOM)",
        FileFormat.Xar => "a xar archive, as installer packages (.pkg) are",
        FileFormat.Plist => "a property list",
        FileFormat.AppleArchive => "an Apple Archive",
        FileFormat.Pbzx => "a pbzx stream",
        _ => "nothing known",
    };
}
