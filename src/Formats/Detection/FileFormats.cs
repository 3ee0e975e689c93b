using IpswDiff.Formats.Aea;
using IpswDiff.Formats.Apfs;
using IpswDiff.Formats.AppleArchive;
using IpswDiff.Formats.Ar;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.DiskImages;
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

        // A disk image may begin with anything, an archive or a program even; its trailer says what it is.
        return AeaArchive.Matches(head) ? FileFormat.Aea
            : UdifImage.Matches(source) ? FileFormat.DiskImage
            : StaticLibrary.Matches(source, head) ? FileFormat.StaticLibrary
            : DetectFile(head) is var file and not FileFormat.Unknown ? file
            : ApfsContainer.Matches(head) ? FileFormat.Apfs
            : HfsPlusVolume.Matches(head) ? FileFormat.HfsPlus
            : PartitionTable.Matches(head) ? FileFormat.DiskImage
            : FileFormat.Unknown;
    }

    private static FileFormat DetectFile(ReadOnlySpan<byte> head) =>
        ZipArchiveReader.Matches(head) ? FileFormat.Zip
        : AppleArchiveVolume.Matches(head) ? FileFormat.AppleArchive
        : BxdiffPatch.Matches(head) || RidiffPatch.Matches(head) ? FileFormat.ImagePatch
        : Img3File.Matches(head) ? FileFormat.Img3
        : PbzxSource.Matches(head) ? FileFormat.Pbzx
        : DyldSharedCache.Matches(head) ? FileFormat.SharedCache
        : MachOFile.Matches(head) ? FileFormat.MachO
        : PropertyList.Matches(head) ? FileFormat.Plist
        : !Img4File.TryDetect(head, out var kind) ? FileFormat.Unknown
        : kind switch
        {
            Img4Kind.Im4p => FileFormat.Im4p,
            Img4Kind.Img4 => FileFormat.Img4,
            _ => FileFormat.Unknown,
        };
}
