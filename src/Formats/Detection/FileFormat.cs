using System.Buffers.Binary;
using IpswDiff.Formats.AppleArchive;
using IpswDiff.Formats.Ar;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.DiskImages;
using IpswDiff.Formats.ImagePatches;
using IpswDiff.Formats.Img3;
using IpswDiff.Formats.Img4;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.Pbzx;
using IpswDiff.Formats.Udif;

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
}

/// <summary>Tells formats by their magic numbers; reads a few hundred bytes at most.</summary>
public static class FileFormats
{
    private const int HeadLength = 1026;
    private const int SectorSize = 512;

    /// <summary>What <paramref name="source"/> is, by its first bytes and the trailer of a disk image.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    public static FileFormat Detect(ByteSource source)
    {
        Span<byte> buffer = stackalloc byte[HeadLength];
        ReadOnlySpan<byte> head = buffer[..source.ReadUpTo(0, buffer)];
        if (head.StartsWith("AEA1"u8))
        {
            return FileFormat.Aea;
        }

        if (UdifImage.IsUdif(source))
        {
            return FileFormat.DiskImage;
        }

        if (head.StartsWith("PK\x03\x04"u8) || head.StartsWith("PK\x05\x06"u8))
        {
            return FileFormat.Zip;
        }

        if (AppleArchiveFormat.HasMagic(head))
        {
            return FileFormat.AppleArchive;
        }

        if (BxdiffPatch.Matches(head) || RidiffPatch.Matches(head))
        {
            return FileFormat.ImagePatch;
        }

        if (Img3File.Matches(head))
        {
            return FileFormat.Img3;
        }

        if (PbzxSource.IsPbzx(head))
        {
            return FileFormat.Pbzx;
        }

        if (head.StartsWith("dyld_v1"u8))
        {
            return FileFormat.SharedCache;
        }

        if (StaticLibrary.Matches(source))
        {
            return FileFormat.StaticLibrary;
        }

        if (MachOFile.HasMagic(head))
        {
            return FileFormat.MachO;
        }

        if (head.StartsWith("bplist"u8) || LooksLikeXmlPlist(head))
        {
            return FileFormat.Plist;
        }

        return DetectImage(source, head) is var image && image != FileFormat.Unknown ? image : DetectImg4(head);
    }

    private static FileFormat DetectImage(ByteSource source, ReadOnlySpan<byte> head)
    {
        if (head.Length >= 36 && head.Slice(32, 4).SequenceEqual("NXSB"u8))
        {
            return FileFormat.Apfs;
        }

        if (head.Length >= HeadLength && (head[1024..].StartsWith("H+"u8) || head[1024..].StartsWith("HX"u8) || head[1024..].StartsWith("BD"u8)))
        {
            return FileFormat.HfsPlus;
        }

        // Driver descriptor or first map entry of APM, header of GPT in the second sector (512 or 4096 bytes).
        Span<byte> signature = stackalloc byte[8];
        var isPartitioned = head.StartsWith("ER"u8) || (head.Length >= SectorSize + 8 && (head[SectorSize..].StartsWith("EFI PART"u8) || head[SectorSize..].StartsWith("PM\0\0"u8)))
            || (source.ReadUpTo(4096, signature) == 8 && signature.SequenceEqual("EFI PART"u8));
        return isPartitioned ? FileFormat.DiskImage : FileFormat.Unknown;
    }

    private static FileFormat DetectImg4(ReadOnlySpan<byte> head)
    {
        // DER: a sequence whose first element is the IA5String "IM4P" or "IMG4".
        var at = head.Length < 2 || head[0] != 0x30 ? -1 : head[1] < 0x80 ? 2 : 2 + (head[1] & 0x7F);
        if (at < 0 || at + 6 > head.Length || BinaryPrimitives.ReadUInt16BigEndian(head[at..]) != 0x1604)
        {
            return FileFormat.Unknown;
        }

        var tag = head.Slice(at + 2, 4);
        return tag.SequenceEqual("IM4P"u8) ? FileFormat.Im4p : tag.SequenceEqual("IMG4"u8) ? FileFormat.Img4 : FileFormat.Unknown;
    }

    private static bool LooksLikeXmlPlist(ReadOnlySpan<byte> head)
    {
        var text = head.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? head[3..] : head;
        text = text.TrimStart(" \t\r\n"u8);
        return text.StartsWith("<?xml"u8) || text.StartsWith("<!DOCTYPE plist"u8) || text.StartsWith("<plist"u8);
    }
}
