using System.Buffers.Binary;
using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Compression;

namespace IpswDiff.Formats.IBoot;

/// <summary>
/// A stage of the boot chain: iBoot, iBSS, iBEC, LLB, or a boot ROM. Three texts of 64 bytes from 0x200 on say what it is, how it was
/// built and its version; the address it runs at follows at 0x300. It is held in memory, decompressed.
/// </summary>
public sealed class IBootImage
{
    internal const string Format = "iBoot";
    internal const int MetadataOffset = 0x200;
    internal const int ConfigurationDelta = 0x40;
    internal const int VersionDelta = 0x80;
    internal const int BaseAddressDelta = 0x100;

    // Real ones have one or two megabytes.
    private const int MaxBytes = 64 << 20;
    private const int TextSize = 0x40;
    private const int MaxCandidates = 4096;

    private static readonly string[] Tags = ["ibot", "ibss", "ibec", "illb", "ibdt", "ibtt", "cfel", "ibd1", "ibt1"];
    private static readonly string[] Stages = ["iBoot", "iBSS", "iBEC", "LLB", "SecureROM", "AVPBooter"];

    private readonly Lock _lock = new();
    private readonly byte[] _bytes;

    private IReadOnlyList<IBootPayload>? _payloads;

    private IBootImage(byte[] bytes, int metadata)
    {
        _bytes = bytes;
        Source = new MemoryByteSource(bytes);
        Copyright = TextAt(bytes, metadata);
        Configuration = TextAt(bytes, metadata + ConfigurationDelta);
        Version = TextAt(bytes, metadata + VersionDelta);
        var address = metadata + BaseAddressDelta;
        var stated = address <= bytes.Length - 8 ? BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(address)) : 0;
        BaseAddress = stated != 0 ? stated : FindBaseAddress(bytes);
        var strings = bytes.AsSpan().IndexOf("darwinos-ramdisk"u8);
        StringsOffset = strings > 0 ? strings : Math.Min(bytes.Length, address + 8);
    }

    /// <summary>The image, decompressed.</summary>
    public ByteSource Source { get; }

    /// <summary>What it is, for which board, and whose: <c>iBoot for d20, Copyright 2007-2025, Apple Inc.</c></summary>
    public string Copyright { get; }

    /// <summary>The first word of it: <c>iBoot</c>, <c>iBSS</c>, <c>iBEC</c>, <c>LLB</c>, <c>SecureROM</c> and so on.</summary>
    public string Stage => Copyright[..(Copyright.IndexOf(' ') is > 0 and var space ? space : Copyright.Length)];

    /// <summary>The board it is for, from the same text; null where it names none.</summary>
    public string? Board
    {
        get
        {
            var parts = Copyright.Split(' ', ',');
            var at = Array.IndexOf(parts, "for");
            return at > 0 && at + 1 < parts.Length && parts[at + 1].Length > 0 ? parts[at + 1] : null;
        }
    }

    /// <summary>How it was built: <c>RELEASE</c>, <c>RESEARCH_RELEASE</c>, <c>DEVELOPMENT</c>.</summary>
    public string Configuration { get; }

    /// <summary>Version: <c>iBoot-11881.1.1</c>.</summary>
    public string Version { get; }

    /// <summary>The address it runs at; null when neither its header nor its first code tells.</summary>
    public ulong? BaseAddress { get; }

    /// <summary>Where its strings begin: at one that stands first among them, else behind the header.</summary>
    public long StringsOffset { get; }

    /// <summary>Whether an IM4P with this tag holds a stage of the boot chain.</summary>
    public static bool IsTag(string im4pTag) => Array.IndexOf(Tags, im4pTag) >= 0;

    /// <summary>Reads an image (the payload of its IM4P), LZFSE-compressed as a whole or not.</summary>
    /// <exception cref="FirmwareFormatException">It is none, damaged, too large, or (most often) encrypted.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static IBootImage Open(ByteSource source)
    {
        if (source.Length > MaxBytes)
        {
            throw Fault(0, $"{source.Length} bytes, more than the {MaxBytes} that are read");
        }

        var bytes = source.ReadBytes(0, (int)source.Length);
        if (Lzfse.IsLzfse(bytes))
        {
            var room = MaxBytes;
            bytes = EmbeddedLzfse.Decode(bytes, ref room, out _);
        }

        return FindMetadata(bytes) is { } metadata
            ? new IBootImage(bytes, metadata)
            : throw Fault(MetadataOffset, "no name and version of a boot stage; it is something else, or encrypted with a key inside the chip");
    }

    /// <summary>LZFSE streams in the image (firmware of coprocessors), decoded, in order.</summary>
    /// <exception cref="FirmwareFormatException">Together they decode to more than any real image's.</exception>
    public IReadOnlyList<IBootPayload> ReadPayloads()
    {
        lock (_lock)
        {
            return _payloads ??= EmbeddedLzfse.FindAll(_bytes);
        }
    }

    /// <summary>The strings from <see cref="StringsOffset"/> on, those inside <see cref="ReadPayloads"/> left out.</summary>
    /// <param name="minimumLength">Characters of the shortest, at least 1.</param>
    /// <exception cref="FirmwareFormatException">The payloads cannot be told from the rest.</exception>
    public IEnumerable<FirmwareString> ReadStrings(int minimumLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(minimumLength, 1);
        return Enumerate(ReadPayloads(), minimumLength);
    }

    internal static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);

    private IEnumerable<FirmwareString> Enumerate(IReadOnlyList<IBootPayload> payloads, int minimumLength)
    {
        var start = (int)StringsOffset;
        foreach (var payload in payloads)
        {
            foreach (var text in FirmwareStrings.Read(_bytes.AsMemory(0, Math.Max(start, (int)payload.Offset)), start, minimumLength))
            {
                yield return text;
            }

            start = Math.Max(start, (int)(payload.Offset + payload.PackedSize));
        }

        foreach (var text in FirmwareStrings.Read(_bytes, start, minimumLength))
        {
            yield return text;
        }
    }

    private static int? FindMetadata(ReadOnlySpan<byte> bytes)
    {
        var atUsualPlace = TextAt(bytes, MetadataOffset);
        if (Array.Exists(Stages, stage => atUsualPlace.StartsWith(stage, StringComparison.Ordinal)))
        {
            return MetadataOffset;
        }

        // Newer stages move their header; there it must be complete.
        foreach (var stage in Stages)
        {
            var prefix = Encoding.ASCII.GetBytes(stage);
            for (var (from, candidates) = (0, 0); candidates < MaxCandidates; candidates++)
            {
                var found = bytes[from..].IndexOf(prefix);
                if (found < 0)
                {
                    break;
                }

                from += found;
                var text = TextAt(bytes, from);
                if ((text.Contains("Copyright", StringComparison.Ordinal) || text.Contains("Apple", StringComparison.Ordinal))
                    && TextAt(bytes, from + ConfigurationDelta).Length > 0 && TextAt(bytes, from + VersionDelta).Length > 0)
                {
                    return from;
                }

                from += prefix.Length;
            }
        }

        return null;
    }

    /// <summary>The printable text of a field of 64 bytes; empty where there is none.</summary>
    private static string TextAt(ReadOnlySpan<byte> bytes, int offset)
    {
        if (offset >= bytes.Length)
        {
            return string.Empty;
        }

        var field = bytes.Slice(offset, Math.Min(TextSize, bytes.Length - offset));
        var end = field.IndexOfAnyExceptInRange((byte)' ', (byte)'~');
        return Encoding.ASCII.GetString(end < 0 ? field : field[..end]);
    }

    // The first code of the image copies it to where it runs: its first 64-bit load of a literal (LDR Xt, label) has the address.
    private static ulong? FindBaseAddress(ReadOnlySpan<byte> bytes)
    {
        const uint LoadLiteral = 0x58000000;
        const uint LoadLiteralMask = 0xFF000000;
        for (var at = 0; at < MetadataOffset && at <= bytes.Length - 4; at += 4)
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
            if ((word & LoadLiteralMask) == LoadLiteral)
            {
                // A signed count of words in bits 5 to 23.
                var target = at + ((int)(word << 8) >> 13 << 2);
                return target >= 0 && target <= bytes.Length - 8 && BinaryPrimitives.ReadUInt64LittleEndian(bytes[target..]) is > 0 and var address ? address : null;
            }
        }

        return null;
    }
}
