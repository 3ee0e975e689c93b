using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.TrustCache;

/// <summary>
/// A trust cache: the code-directory hashes of everything that a system may run. Header of 24 bytes (version, UUID, count), then the
/// entries. Facts: libTrustCache's <c>RawTypes.h</c> of Apple's open xnu, versions 0 to 2.
/// </summary>
public sealed class TrustCacheFile : IFormatReader<TrustCacheFile>
{
    internal const string Format = "trust cache";
    internal const int HeaderSize = 24;

    // A Mac's has about 2 MB.
    private const int MaxBytes = 256 << 20;
    private const int UuidOffset = 4;
    private const int UuidSize = 16;

    private static readonly string[] Tags = ["trst", "rtsc", "ltrs", "trcs", "trca", "trcr", "dtrs"];

    private readonly byte[] _entries;
    private readonly int _entrySize;

    private TrustCacheFile(int version, Guid uuid, byte[] entries, int entrySize)
    {
        Version = version;
        Uuid = uuid;
        _entries = entries;
        _entrySize = entrySize;
        IsSorted = CheckOrder();
    }

    /// <summary>0: hashes alone; 1: with hash type and flags; 2: with a constraint category too.</summary>
    public int Version { get; }

    /// <summary>The cache's identity, made anew with every build.</summary>
    public Guid Uuid { get; }

    /// <summary>How many entries.</summary>
    public int Count => _entries.Length / _entrySize;

    /// <summary>Whether the entries stand in the order of their hashes, as those of versions 1 and 2 must.</summary>
    public bool IsSorted { get; }

    /// <summary>The entry at <paramref name="index"/>, from 0 to <see cref="Count"/> - 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside.</exception>
    public TrustCacheEntry this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return new TrustCacheEntry(_entries.AsMemory(index * _entrySize, _entrySize), Version);
        }
    }

    /// <summary>Whether an IM4P with this tag holds a trust cache: static, of the restore ramdisk, loadable, of a cryptex, an engineer's.</summary>
    public static bool IsTag(string im4pTag) => Array.IndexOf(Tags, im4pTag) >= 0;

    /// <summary>Reads a trust cache (the payload of its IM4P).</summary>
    /// <exception cref="FirmwareFormatException">It is no trust cache of a known version, or its length does not fit its count.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static TrustCacheFile Open(ByteSource source)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        if (source.ReadUpTo(0, header) < HeaderSize)
        {
            throw Fault(0, $"{source.Length} bytes are too few for a header");
        }

        var reader = new SpanReader(header, Format);
        var version = reader.ReadUInt32();
        reader.Skip(UuidSize);
        var count = reader.ReadUInt32();
        if (EntrySizeOf(version) is not { } entrySize)
        {
            throw Fault(0, $"version {version} is not known; 0, 1 and 2 are");
        }

        if (count > (MaxBytes - HeaderSize) / entrySize || count > (source.Length - HeaderSize) / entrySize)
        {
            throw Fault(20, $"{count} entries of {entrySize} bytes do not fit in {source.Length} bytes; is it cut short?");
        }

        var entries = source.ReadBytes(HeaderSize, (int)count * entrySize);
        return new TrustCacheFile((int)version, new Guid(header.Slice(UuidOffset, UuidSize), bigEndian: true), entries, entrySize);
    }

    /// <inheritdoc/>
    public static int HeadLength => HeaderSize;

    /// <summary>
    /// Whether a file that begins with <paramref name="head"/> may be a trust cache: its version is known. There is no magic number; the
    /// length tells, for which see <see cref="Matches(ByteSource)"/>.
    /// </summary>
    public static bool Matches(ReadOnlySpan<byte> head) => LengthOf(head) is not null;

    /// <summary>Whether <paramref name="source"/> has a known version and exactly the length that its count asks for.</summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static bool Matches(ByteSource source)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        return source.Length <= MaxBytes && LengthOf(header[..source.ReadUpTo(0, header)]) == source.Length;
    }

    /// <summary>The entry with that hash (20 bytes), or null. Searches by halves where the entries are sorted.</summary>
    public TrustCacheEntry? Find(ReadOnlySpan<byte> cdHash)
    {
        if (!IsSorted)
        {
            for (var i = 0; i < Count; i++)
            {
                if (HashAt(i).SequenceEqual(cdHash))
                {
                    return this[i];
                }
            }

            return null;
        }

        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = low + ((high - low) / 2);
            var order = HashAt(middle).SequenceCompareTo(cdHash);
            if (order == 0)
            {
                return this[middle];
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    /// <summary>The length of the whole file by its header; null where that is none.</summary>
    private static long? LengthOf(ReadOnlySpan<byte> head)
    {
        if (head.Length < HeaderSize)
        {
            return null;
        }

        var reader = new SpanReader(head, Format);
        var version = reader.ReadUInt32();
        reader.Skip(UuidSize);
        return EntrySizeOf(version) is { } size ? HeaderSize + ((long)reader.ReadUInt32() * size) : null;
    }

    private static int? EntrySizeOf(uint version) => version switch
    {
        0 => TrustCacheEntry.HashSize,
        1 => TrustCacheEntry.HashSize + 2,
        2 => TrustCacheEntry.HashSize + 4,
        _ => null,
    };

    private static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);

    private ReadOnlySpan<byte> HashAt(int index) => _entries.AsSpan(index * _entrySize, TrustCacheEntry.HashSize);

    private bool CheckOrder()
    {
        for (var i = 1; i < Count; i++)
        {
            if (HashAt(i - 1).SequenceCompareTo(HashAt(i)) > 0)
            {
                return false;
            }
        }

        return true;
    }
}
