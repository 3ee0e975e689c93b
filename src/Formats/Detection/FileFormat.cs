namespace IpswDiff.Formats.Detection;

/// <summary>The formats that a file can be told by, from its bytes alone.</summary>
public enum FileFormat
{
    /// <summary>None of the others.</summary>
    Unknown,

    /// <summary>A ZIP archive; an IPSW is one.</summary>
    Zip,

    /// <summary>An Apple Encrypted Archive.</summary>
    Aea,

    /// <summary>A UDIF disk image, or a raw one with a partition map.</summary>
    DiskImage,

    /// <summary>A bare APFS container.</summary>
    Apfs,

    /// <summary>A bare HFS+ or HFSX volume.</summary>
    HfsPlus,

    /// <summary>A Mach-O, thin or fat.</summary>
    MachO,

    /// <summary>A static library: an <c>ar</c> archive, or a fat file of such.</summary>
    StaticLibrary,

    /// <summary>A dyld shared cache.</summary>
    SharedCache,

    /// <summary>An IM4P payload.</summary>
    Im4p,

    /// <summary>An IMG4: payload with manifest.</summary>
    Img4,

    /// <summary>An IMG3 container, the form before Image4.</summary>
    Img3,

    /// <summary>A patch of an update's image: BXDIFF50 or RIDIFF10.</summary>
    ImagePatch,

    /// <summary>A property list, XML or binary.</summary>
    Plist,

    /// <summary>An Apple Archive, plain.</summary>
    AppleArchive,

    /// <summary>A pbzx stream; nearly always of an Apple Archive.</summary>
    Pbzx,

    /// <summary>An Image4 manifest that stands alone.</summary>
    Im4m,

    /// <summary>Image4 restore information that stands alone.</summary>
    Im4r,

    /// <summary>A bill of materials. Recognised only.</summary>
    Bom,

    /// <summary>A xar archive, as installer packages are. Recognised only.</summary>
    Xar,

    /// <summary>A volume of classic HFS without HFS+ in it. Recognised only.</summary>
    Hfs,

    /// <summary>A FAT volume of any width. Recognised only.</summary>
    Fat,

    /// <summary>An exFAT volume. Recognised only.</summary>
    ExFat,

    /// <summary>An NTFS volume. Recognised only.</summary>
    Ntfs,

    /// <summary>An ISO 9660 volume. Recognised only.</summary>
    Iso9660,
}
