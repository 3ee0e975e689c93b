using System.Buffers.Binary;
using System.Security.Cryptography;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Pbzx;

namespace IpswDiff.Formats.ImagePatches;

/// <summary>
/// A <c>BXDIFF50</c> patch of over-the-air updates, of the family of bsdiff: triples of numbers that say how many bytes to add to the base,
/// how many to take as they are, and how far to go on in the base, with both kinds of bytes, each a pbzx stream. One without triples is the
/// new file alone. SHA-1 of base and result stand in the header. Facts: <c>BXDIFF50.bt</c> of blacktop/ipsw, ezhes/bxdiff50,
/// AsahiLinux/asahi-installer (patches without a base).
/// </summary>
public sealed class BxdiffPatch : IFormatReader<BxdiffPatch>
{
    /// <summary>The format's name in messages.</summary>
    public const string Format = "BXDIFF50";

    private const int HeaderSize = 88;
    private const int WholeHeaderSize = 60;
    private const int TripleSize = 24;
    private const int ChunkSize = 64 << 10;

    // The largest images that updates bring are some gigabytes.
    private const long LargestResult = 64L << 30;

    private readonly PbzxSource? _control;
    private readonly PbzxSource? _difference;
    private readonly PbzxSource _extra;

    private BxdiffPatch(long length, byte[] result, byte[]? baseDigest, PbzxSource? control, PbzxSource? difference, PbzxSource extra)
    {
        Length = length;
        ResultDigest = Convert.ToHexStringLower(result);
        BaseDigest = baseDigest is null ? null : Convert.ToHexStringLower(baseDigest);
        _control = control;
        _difference = difference;
        _extra = extra;
    }

    /// <summary>Bytes of the patched file.</summary>
    public long Length { get; }

    /// <summary>SHA-1 of the patched file, hexadecimal.</summary>
    public string ResultDigest { get; }

    /// <summary>SHA-1 of the file that is patched, hexadecimal; null where the patch is the new file alone.</summary>
    public string? BaseDigest { get; }

    /// <summary>Steps in which it is applied.</summary>
    public long StepCount => (_control?.Length ?? 0) / TripleSize;

    /// <inheritdoc/>
    public static int HeadLength => 8;

    /// <summary>Whether a file that begins with <paramref name="head"/> is such a patch; wants eight bytes.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) => head.StartsWith("BXDIFF50"u8);

    static BxdiffPatch IFormatReader<BxdiffPatch>.Open(ByteSource source) => Open(source);

    /// <summary>Opens a patch: reads its header and the headers of its streams.</summary>
    /// <param name="source">The patch; must stay open as long as what is returned.</param>
    /// <param name="cache">Where decoded chunks live; the process's cache by default.</param>
    /// <exception cref="FirmwareFormatException">It is no such patch, or damaged.</exception>
    public static BxdiffPatch Open(ByteSource source, BlockCache? cache = null)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        header = header[..source.ReadUpTo(0, header)];
        if (header.Length < WholeHeaderSize + 4 || !Matches(header))
        {
            throw Fault(0, "no BXDIFF50 patch begins here");
        }

        var reader = new SpanReader(header, Format);
        reader.Skip(16);
        var length = reader.ReadOffset64();
        var controlSize = reader.ReadOffset64();
        var extraSize = reader.ReadOffset64();
        var result = reader.ReadBytes(SHA1.HashSizeInBytes).ToArray();
        if (length > LargestResult)
        {
            throw Fault(16, $"a result of {length} bytes");
        }

        if (controlSize == 0 && PbzxSource.Matches(header[WholeHeaderSize..]))
        {
            return Whole(source.Slice(WholeHeaderSize, source.Length - WholeHeaderSize), length, result, cache);
        }

        var differenceSize = reader.ReadOffset64();
        var baseDigest = reader.ReadBytes(SHA1.HashSizeInBytes).ToArray();
        if (controlSize > source.Length || differenceSize > source.Length || extraSize > source.Length
            || controlSize + differenceSize + extraSize > source.Length - HeaderSize)
        {
            throw Fault(24, $"streams of {controlSize}, {differenceSize} and {extraSize} bytes in a file of {source.Length}");
        }

        if (controlSize == 0)
        {
            return Whole(source.Slice(HeaderSize, source.Length - HeaderSize), length, result, cache);
        }

        var patch = new BxdiffPatch(
            length,
            result,
            baseDigest,
            PbzxSource.Open(source.Slice(HeaderSize, controlSize), cache),
            differenceSize == 0 ? null : PbzxSource.Open(source.Slice(HeaderSize + controlSize, differenceSize), cache),
            extraSize == 0 ? PbzxSource.Empty : PbzxSource.Open(source.Slice(HeaderSize + controlSize + differenceSize, extraSize), cache));
        return patch._control!.Length % TripleSize == 0
            ? patch
            : throw Fault(HeaderSize, $"{patch._control.Length} bytes of steps are no multiple of {TripleSize}");
    }

    /// <summary>
    /// The patched file: in place where it is in the patch as a whole, else in a temporary file that vanishes when the result is disposed.
    /// Base and result are hashed whatever it costs.
    /// </summary>
    /// <param name="baseFile">The file that is patched; null where there is none.</param>
    /// <param name="temporaryFolder">Where the temporary file goes; the system's folder for them where null.</param>
    /// <exception cref="FirmwareFormatException">The base is missing or another one, or the patch is damaged.</exception>
    /// <exception cref="IOException">The storage underneath or the temporary folder failed.</exception>
    public OwnedByteSource Apply(ByteSource? baseFile, string? temporaryFolder = null)
    {
        if (BaseDigest is null)
        {
            Require(_extra.Length == Length && HashOf(_extra) == ResultDigest, "the new file is not what its SHA-1 says");
            return new OwnedByteSource(_extra);
        }

        Require(baseFile is not null, $"the patch needs its base, a file with SHA-1 {BaseDigest}");
        Require(IsBase(baseFile!), $"the base is another file: it must have SHA-1 {BaseDigest}");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        var patched = TemporaryByteSource.Write(temporaryFolder ?? Path.GetTempPath(), sink => Run(baseFile!, bytes =>
        {
            hash.AppendData(bytes);
            sink(bytes);
        }));
        if (patched.Length == Length && Convert.ToHexStringLower(hash.GetHashAndReset()) == ResultDigest)
        {
            return new OwnedByteSource(patched, patched);
        }

        patched.Dispose();
        throw Fault(0, "the patched file is not what its SHA-1 says");
    }

    /// <summary>Whether <paramref name="file"/> is what this patches; reads all of it.</summary>
    /// <exception cref="FirmwareFormatException">The file is damaged.</exception>
    public bool IsBase(ByteSource file) => BaseDigest is not null && HashOf(file) == BaseDigest;

    private static BxdiffPatch Whole(ByteSource stream, long length, byte[] result, BlockCache? cache) =>
        new(length, result, null, null, null, PbzxSource.Open(stream, cache));

    private static string HashOf(ByteSource source)
    {
        using var stream = new ByteSourceStream(source);
#pragma warning disable CA5350 // The format's choice.
        return Convert.ToHexStringLower(SHA1.HashData(stream));
#pragma warning restore CA5350
    }

    private void Run(ByteSource baseFile, ByteSink sink)
    {
        var bytes = BoundedArrayPool<byte>.Shared.Rent(ChunkSize);
        var old = BoundedArrayPool<byte>.Shared.Rent(ChunkSize);
        try
        {
            Span<byte> triple = stackalloc byte[TripleSize];
            long written = 0;
            long inBase = 0;
            long inDifference = 0;
            long inExtra = 0;
            for (long at = 0; at < _control!.Length; at += TripleSize)
            {
                _control.ReadExactly(at, triple);
                var (add, copy, seek) = (Number(triple), Number(triple[8..]), Number(triple[16..]));
                Require(add >= 0 && copy >= 0 && add <= Length - written && copy <= Length - written - add, "a step writes past the result's end");
                Require(add <= baseFile.Length - inBase, "a step reads past the end of the base");
                for (var rest = add; rest > 0;)
                {
                    var count = (int)Math.Min(ChunkSize, rest);
                    Read(_difference, inDifference, bytes.AsSpan(0, count), "difference");
                    baseFile.ReadExactly(inBase, old.AsSpan(0, count));
                    for (var i = 0; i < count; i++)
                    {
                        bytes[i] += old[i];
                    }

                    sink(bytes.AsSpan(0, count));
                    inBase += count;
                    inDifference += count;
                    rest -= count;
                }

                for (var rest = copy; rest > 0;)
                {
                    var count = (int)Math.Min(ChunkSize, rest);
                    Read(_extra, inExtra, bytes.AsSpan(0, count), "extra");
                    sink(bytes.AsSpan(0, count));
                    inExtra += count;
                    rest -= count;
                }

                written += add + copy;
                Require(seek >= -inBase && seek <= baseFile.Length - inBase, "a step leaves the base");
                inBase += seek;
            }

            Require(written == Length, $"the steps make {written} of {Length} bytes");
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(bytes);
            BoundedArrayPool<byte>.Shared.Return(old);
        }
    }

    private static void Read(PbzxSource? stream, long offset, Span<byte> destination, string name)
    {
        Require(stream is not null && offset <= stream.Length - destination.Length, $"the {name} stream is shorter than the steps want");
        stream!.ReadExactly(offset, destination);
    }

    // bsdiff writes a sign and a magnitude; a two's complement of anything that a file can hold has its two highest bits set.
    private static long Number(ReadOnlySpan<byte> bytes)
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        return value < 0 && (value & (1L << 62)) == 0 ? -(value & long.MaxValue) : value;
    }

    private static void Require(bool held, string reason)
    {
        if (!held)
        {
            throw Fault(-1, reason);
        }
    }

    private static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);
}
