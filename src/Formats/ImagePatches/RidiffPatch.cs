using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Pbzx;

namespace IpswDiff.Formats.ImagePatches;

/// <summary>
/// A <c>RIDIFF10</c> patch, in which updates bring the images of cryptexes. What is publicly known is its header and the beginning of its
/// metadata; how forks of the image are compressed anew is not, so that it is described and never applied. Facts: <c>RawImageDiff.bt</c> and
/// <c>RawImageDiffMetadata.bt</c> of blacktop/ipsw.
/// </summary>
public sealed class RidiffPatch : IFormatReader<RidiffPatch>
{
    /// <summary>The format's name in messages.</summary>
    public const string Format = "RIDIFF10";

    private const int HeaderSize = 46;
    private const int MetadataSize = 64;
    private const int DigestSize = 32;
    private const int MostVariants = 256;

    private RidiffPatch(int variants, ulong flags, ulong steps, uint excess)
    {
        Variants = variants;
        Flags = flags;
        Steps = steps;
        ExcessSpace = excess;
    }

    /// <summary>How many variants of the patch's data there are.</summary>
    public int Variants { get; }

    /// <summary>Flags, without public meaning.</summary>
    public ulong Flags { get; }

    /// <summary>Steps in which it is applied.</summary>
    public ulong Steps { get; }

    /// <summary>Bytes that applying takes beside the image.</summary>
    public uint ExcessSpace { get; }

    /// <summary>SHA-256 of the image, hexadecimal; null without metadata.</summary>
    public string? Digest { get; private set; }

    /// <summary>Bytes of the image; null without metadata.</summary>
    public ulong? ImageSize { get; private set; }

    /// <summary>Ranges of the image that hold compressed forks; null without metadata.</summary>
    public ulong? Extents { get; private set; }

    /// <summary>Forks that are compressed anew; null without metadata.</summary>
    public ulong? Forks { get; private set; }

    /// <summary>Why it is not applied.</summary>
    public static string Refusal => "how its forks are compressed anew is not publicly known";

    /// <inheritdoc/>
    public static int HeadLength => 8;

    /// <summary>Whether a file that begins with <paramref name="head"/> is such a patch; wants eight bytes.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) => head.StartsWith("RIDIFF10"u8);

    static RidiffPatch IFormatReader<RidiffPatch>.Open(ByteSource source) => Open(source);

    /// <summary>Opens a patch: reads its header and the beginning of its metadata.</summary>
    /// <exception cref="FirmwareFormatException">It is no such patch, or damaged.</exception>
    public static RidiffPatch Open(ByteSource source, BlockCache? cache = null)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        if (source.ReadUpTo(0, header) < HeaderSize || !Matches(header))
        {
            throw Fault(0, "no RIDIFF10 patch begins here");
        }

        var reader = new SpanReader(header, Format);
        reader.Skip(8);
        var patch = new RidiffPatch(reader.ReadUInt16(), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt32());
        var metadata = reader.ReadOffset64();
        var steps = reader.ReadOffset64();
        if (patch.Variants > MostVariants)
        {
            throw Fault(8, $"{patch.Variants} variants");
        }

        if (metadata == 0)
        {
            return patch;
        }

        if (metadata < HeaderSize || steps < metadata || steps > source.Length)
        {
            throw Fault(30, $"metadata from 0x{metadata:x} to 0x{steps:x} in a file of {source.Length} bytes");
        }

        patch.ReadMetadata(PbzxSource.Open(source.Slice(metadata, steps - metadata), cache));
        return patch;
    }

    private void ReadMetadata(PbzxSource metadata)
    {
        Span<byte> bytes = stackalloc byte[MetadataSize];
        metadata.ReadExactly(0, bytes);
        Digest = Convert.ToHexStringLower(bytes[..DigestSize]);
        var reader = new SpanReader(bytes[DigestSize..], Format, DigestSize);
        ImageSize = reader.ReadUInt64();
        reader.Skip(8);
        Extents = reader.ReadUInt64();
        Forks = reader.ReadUInt64();
    }

    private static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);
}
