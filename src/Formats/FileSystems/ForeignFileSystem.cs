using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.FileSystems;

/// <summary>File systems that disk images have and that are not read.</summary>
public enum ForeignFileSystem
{
    /// <summary>FAT of any width.</summary>
    Fat,

    /// <summary>exFAT.</summary>
    ExFat,

    /// <summary>NTFS.</summary>
    Ntfs,

    /// <summary>Classic HFS, without HFS+ in it.</summary>
    Hfs,

    /// <summary>ISO 9660.</summary>
    Iso9660,
}

/// <summary>
/// Recognises file systems that are not read, so that they are called by their names. Facts: the boot sectors of FAT, exFAT and NTFS; TN1150
/// and Inside Macintosh: Files (the master directory block of HFS); ECMA-119.
/// </summary>
public static class ForeignFileSystems
{
    private const int SectorSize = 512;
    private const int MasterDirectoryBlock = 1024;
    private const int EmbeddedSignature = MasterDirectoryBlock + 124;
    private const int VolumeDescriptor = 32768;

    /// <summary>The file system that fills <paramref name="volume"/>, where it is one of these; else null.</summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static ForeignFileSystem? Detect(ByteSource volume)
    {
        Span<byte> boot = stackalloc byte[SectorSize];
        if (volume.ReadUpTo(0, boot) == SectorSize && BinaryPrimitives.ReadUInt16LittleEndian(boot[510..]) == 0xAA55
            && DetectByBootSector(boot) is { } found)
        {
            return found;
        }

        if (IsClassicHfs(volume))
        {
            return ForeignFileSystem.Hfs;
        }

        Span<byte> descriptor = stackalloc byte[6];
        return volume.ReadUpTo(VolumeDescriptor, descriptor) == descriptor.Length && descriptor[1..].SequenceEqual("CD001"u8)
            ? ForeignFileSystem.Iso9660
            : null;
    }

    /// <summary>The name in words, with its article.</summary>
    public static string InWords(this ForeignFileSystem fileSystem) => fileSystem switch
    {
        ForeignFileSystem.Fat => "a FAT volume",
        ForeignFileSystem.ExFat => "an exFAT volume",
        ForeignFileSystem.Ntfs => "an NTFS volume",
        ForeignFileSystem.Hfs => "a volume of classic HFS",
        _ => "an ISO 9660 volume",
    };

    /// <summary>The short name, in lower case.</summary>
    public static string ShortName(this ForeignFileSystem fileSystem) => fileSystem.ToString().ToLowerInvariant();

    private static ForeignFileSystem? DetectByBootSector(ReadOnlySpan<byte> boot) =>
        boot[82..].StartsWith("FAT32 "u8) || boot[54..].StartsWith("FAT1"u8) ? ForeignFileSystem.Fat
        : boot[3..].StartsWith("EXFAT "u8) ? ForeignFileSystem.ExFat
        : boot[3..].StartsWith("NTFS "u8) ? ForeignFileSystem.Ntfs
        : null;

    // HFS may be no more than the wrapper around an HFS+ volume.
    private static bool IsClassicHfs(ByteSource volume)
    {
        Span<byte> signature = stackalloc byte[2];
        return volume.ReadUpTo(MasterDirectoryBlock, signature) == 2 && signature.SequenceEqual("BD"u8)
            && volume.ReadUpTo(EmbeddedSignature, signature) == 2 && !signature.SequenceEqual("H+"u8) && !signature.SequenceEqual("HX"u8);
    }
}
