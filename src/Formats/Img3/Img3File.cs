using System.Buffers.Binary;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Img3;

/// <summary>
/// An IMG3 container, the form of kernelcaches, boot stages, device trees and RAM disks of 32-bit devices since iOS 2: a header of five
/// words, then tags with their lengths, all little endian. Facts: <c>img3.h</c> of libimobiledevice/idevicerestore, theiphonewiki "IMG3 File
/// Format".
/// </summary>
public sealed class Img3File : IFormatReader<Img3File>
{
    /// <summary>The format's name in messages.</summary>
    public const string Format = "IMG3";

    private const int HeaderSize = 20;
    private const int TagHeaderSize = 12;
    private const int MostTags = 256;
    private const int LongestVersion = 4096;
    private const int KeybagHeaderSize = 8;
    private const int IvSize = 16;

    private Img3File(ByteSource source, string ident, List<Img3Tag> tags)
    {
        Source = source;
        Ident = ident;
        Tags = tags;
        var data = tags.Find(static tag => tag.Name == "DATA") ?? throw Fault(HeaderSize, "the container has no DATA tag");
        Payload = data;
        Version = ReadVersion();
        Keybags = [.. tags.Where(static tag => tag.Name == "KBAG").Select(ReadKeybag)];
    }

    /// <summary>The container's bytes.</summary>
    public ByteSource Source { get; }

    /// <summary>What it is for, four characters: <c>krnl</c>, <c>ibot</c>, <c>dtre</c> and so on.</summary>
    public string Ident { get; }

    /// <summary>The text of its <c>VERS</c> tag; empty where there is none.</summary>
    public string Version { get; }

    /// <summary>Every tag in the order of the file.</summary>
    public IReadOnlyList<Img3Tag> Tags { get; }

    /// <summary>The tag with the contents.</summary>
    public Img3Tag Payload { get; }

    /// <summary>IV and key of the contents, encrypted with a key inside the chip; empty where the contents lie in the clear.</summary>
    public IReadOnlyList<Img3Keybag> Keybags { get; }

    /// <inheritdoc/>
    public static int HeadLength => 4;

    /// <summary>Whether a file that begins with <paramref name="head"/> is such a container; wants four bytes.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) => head.StartsWith("3gmI"u8);

    /// <summary>Opens a container: reads its tags, and of their contents what describes it.</summary>
    /// <exception cref="FirmwareFormatException">It is none, or damaged.</exception>
    public static Img3File Open(ByteSource source)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        if (source.ReadUpTo(0, header) < HeaderSize || !Matches(header))
        {
            throw Fault(0, "no IMG3 container begins here");
        }

        long end = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        if (end > source.Length || end < HeaderSize)
        {
            throw Fault(4, $"a container of {end} bytes in a file of {source.Length}");
        }

        var tags = new List<Img3Tag>();
        Span<byte> tag = stackalloc byte[TagHeaderSize];
        for (long at = HeaderSize; at < end;)
        {
            if (end - at < TagHeaderSize)
            {
                throw Fault(at, "the header of a tag is cut short");
            }

            source.ReadExactly(at, tag);
            long total = BinaryPrimitives.ReadUInt32LittleEndian(tag[4..]);
            long size = BinaryPrimitives.ReadUInt32LittleEndian(tag[8..]);
            if (total < TagHeaderSize || total > end - at || size > total - TagHeaderSize)
            {
                throw Fault(at, $"the tag {Name(tag)} has {size} bytes in {total}, and {end - at} are left");
            }

            if (tags.Count >= MostTags)
            {
                throw Fault(at, $"more than {MostTags} tags");
            }

            tags.Add(new Img3Tag(Name(tag), at, at + TagHeaderSize, size));
            at += total;
        }

        return new Img3File(source, Name(header[16..]), tags);
    }

    /// <summary>The contents of a tag of this container.</summary>
    public ByteSource OpenTag(Img3Tag tag) => Source.Slice(tag.Offset, tag.Size);

    // Four characters as a little-endian number, so that they stand backwards.
    private static string Name(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString([bytes[3], bytes[2], bytes[1], bytes[0]]);

    private string ReadVersion()
    {
        var tag = Tags.FirstOrDefault(static tag => tag.Name == "VERS");
        if (tag is null || tag.Size < 4)
        {
            return string.Empty;
        }

        var bytes = Source.ReadBytes(tag.Offset, (int)Math.Min(tag.Size, LongestVersion));
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return length <= bytes.Length - 4
            ? Encoding.UTF8.GetString(bytes.AsSpan(4, (int)length).TrimEnd((byte)0))
            : throw Fault(tag.Offset, $"a version of {length} bytes in a tag of {tag.Size}");
    }

    private Img3Keybag ReadKeybag(Img3Tag tag)
    {
        Span<byte> header = stackalloc byte[KeybagHeaderSize];
        if (tag.Size < KeybagHeaderSize + IvSize)
        {
            throw Fault(tag.Offset, $"a keybag of {tag.Size} bytes");
        }

        Source.ReadExactly(tag.Offset, header);
        var bits = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        if (bits is not (128 or 192 or 256) || tag.Size < KeybagHeaderSize + IvSize + (bits / 8))
        {
            throw Fault(tag.Offset, $"a keybag of {tag.Size} bytes for a key of {bits} bits");
        }

        return new Img3Keybag(
            (int)BinaryPrimitives.ReadUInt32LittleEndian(header),
            Source.ReadBytes(tag.Offset + KeybagHeaderSize, IvSize),
            Source.ReadBytes(tag.Offset + KeybagHeaderSize + IvSize, (int)bits / 8));
    }

    private static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);
}

/// <summary>A tag of an IMG3 container.</summary>
/// <param name="Name">Four characters.</param>
/// <param name="HeaderOffset">Where its name begins in the file.</param>
/// <param name="Offset">Where its contents begin.</param>
/// <param name="Size">Bytes of its contents.</param>
public sealed record Img3Tag(string Name, long HeaderOffset, long Offset, long Size);

/// <summary>A keybag (<c>KBAG</c>).</summary>
/// <param name="State">1 for production devices, 2 for development ones.</param>
/// <param name="Iv">The IV, encrypted.</param>
/// <param name="Key">The key, encrypted; its length is the true key's.</param>
public sealed record Img3Keybag(int State, ReadOnlyMemory<byte> Iv, ReadOnlyMemory<byte> Key);
