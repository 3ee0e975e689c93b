using IpswDiff.Formats.Aea;
using IpswDiff.Formats.Apfs;
using IpswDiff.Formats.AppleArchive;
using IpswDiff.Formats.Ar;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.DiskImages;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.HfsPlus;
using IpswDiff.Formats.ImagePatches;
using IpswDiff.Formats.Img3;
using IpswDiff.Formats.Img4;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.Partitions;
using IpswDiff.Formats.Pbzx;
using IpswDiff.Formats.Plist;
using IpswDiff.Formats.SharedCache;
using IpswDiff.Formats.Udif;
using IpswDiff.Formats.Zip;

namespace IpswDiff.Formats.Detection;

/// <summary>Tells formats by asking their readers; reads two blocks at the front of a file, and what stands at the end of disk images.</summary>
public static class FileFormats
{
    /// <summary>What <paramref name="source"/> is, by its first bytes and the trailer of a disk image.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    public static FileFormat Detect(ByteSource source)
    {
        Span<byte> buffer = stackalloc byte[DiskImage.HeadLength];
        ReadOnlySpan<byte> head = buffer[..source.ReadUpTo(0, buffer)];

        // A disk image may begin with anything, an archive or a program even; its trailer says what it is. An Image4 file around one ends as it does.
        return AeaArchive.Matches(head) ? FileFormat.Aea
            : DetectImage4(head) is var image4 and not FileFormat.Unknown ? image4
            : UdifImage.Matches(source) ? FileFormat.DiskImage
            : StaticLibrary.Matches(source, head) ? FileFormat.StaticLibrary
            : DetectFile(head) is var file and not FileFormat.Unknown ? file
            : ApfsContainer.Matches(head) ? FileFormat.Apfs
            : ForeignFileSystems.Detect(source) is { } foreign && !PartitionTable.Matches(head) ? OfForeign(foreign)
            : HfsPlusVolume.Matches(head) ? FileFormat.HfsPlus
            : PartitionTable.Matches(head) ? FileFormat.DiskImage
            : FileFormat.Unknown;
    }

    private static FileFormat OfForeign(ForeignFileSystem fileSystem) => fileSystem switch
    {
        ForeignFileSystem.Fat => FileFormat.Fat,
        ForeignFileSystem.ExFat => FileFormat.ExFat,
        ForeignFileSystem.Ntfs => FileFormat.Ntfs,
        ForeignFileSystem.Hfs => FileFormat.Hfs,
        _ => FileFormat.Iso9660,
    };

    private static FileFormat DetectImage4(ReadOnlySpan<byte> head) => !Img4File.TryDetect(head, out var kind) ? FileFormat.Unknown : kind switch
    {
        Img4Kind.Im4p => FileFormat.Im4p,
        Img4Kind.Im4m => FileFormat.Im4m,
        Img4Kind.Im4r => FileFormat.Im4r,
        Img4Kind.Img3 => FileFormat.Img3,
        _ => FileFormat.Img4,
    };

    private static FileFormat DetectFile(ReadOnlySpan<byte> head) =>
        ZipArchiveReader.Matches(head) ? FileFormat.Zip
        : AppleArchiveVolume.Matches(head) ? FileFormat.AppleArchive
        : BxdiffPatch.Matches(head) || RidiffPatch.Matches(head) ? FileFormat.ImagePatch
        : Img3File.Matches(head) ? FileFormat.Img3
        : PbzxSource.Matches(head) ? FileFormat.Pbzx
        : DyldSharedCache.Matches(head) ? FileFormat.SharedCache
        : MachOFile.Matches(head) ? FileFormat.MachO
        : PropertyList.Matches(head) ? FileFormat.Plist
        : head.StartsWith("BOMStore"u8) ? FileFormat.Bom
        : head.StartsWith("xar!"u8) ? FileFormat.Xar
        : FileFormat.Unknown;
}
