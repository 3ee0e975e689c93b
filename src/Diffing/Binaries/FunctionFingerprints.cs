using System.Buffers;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries;

/// <summary>
/// The functions of an image, each with its size and a 64-bit fingerprint of what it does, addresses aside: code that a linker only
/// moved keeps its fingerprints. Functions are those of LC_FUNCTION_STARTS; an arm64e image without it has one at every
/// <c>pacibsp</c> of its <c>__text</c>. Fingerprints exist for arm64, arm64e and arm64_32; for other processors only sizes are known.
/// Immutable; code is read through one pooled buffer.
/// </summary>
public sealed class FunctionFingerprints
{
    private const uint CpuArm64 = 0x0100000C;
    private const uint CpuArm6432 = 0x0200000C;
    private const int BufferBytes = 256 << 10;

    private readonly FunctionRanges _ranges;
    private readonly ulong[] _values;

    private FunctionFingerprints(FunctionRanges ranges, ulong[] values, bool isExact)
    {
        _ranges = ranges;
        _values = values;
        IsExact = isExact;
    }

    /// <summary>How many functions there are.</summary>
    public int Count => _values.Length;

    /// <summary>Whether <see cref="Values"/> tell of the code; otherwise they repeat the sizes.</summary>
    public bool IsExact { get; }

    /// <summary>Addresses, ascending.</summary>
    public ReadOnlySpan<ulong> Starts => _ranges.Starts;

    /// <summary>Bytes of each function, padding up to the next one included.</summary>
    public ReadOnlySpan<long> Sizes => _ranges.Sizes;

    /// <summary>The fingerprint of each function.</summary>
    public ReadOnlySpan<ulong> Values => _values;

    /// <summary>Whether the instructions of <paramref name="image"/> are A64.</summary>
    public static bool IsSupported(MachOImage image) => image.CpuType is CpuArm64 or CpuArm6432 && !image.BigEndian;

    /// <summary>Reads the functions of an image.</summary>
    /// <exception cref="Formats.FirmwareFormatException">The image is damaged.</exception>
    public static FunctionFingerprints Read(MachOImage image) => Read(image, FunctionRanges.Find(image));

    /// <summary>Reads the functions of an image that lie where <paramref name="ranges"/> says.</summary>
    /// <exception cref="Formats.FirmwareFormatException">The image is damaged.</exception>
    internal static FunctionFingerprints Read(MachOImage image, FunctionRanges ranges)
    {
        var values = new ulong[ranges.Count];
        var isExact = values.Length > 0 && IsSupported(image);
        if (isExact)
        {
            Compute(image, ranges.Starts, ranges.Sizes, values);
        }
        else
        {
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = OfSize(ranges.Sizes[i]);
            }
        }

        return new FunctionFingerprints(ranges, values, isExact);
    }

    /// <summary>The fingerprint of one run of A64 code, as of a whole section.</summary>
    /// <exception cref="Formats.FirmwareFormatException">A layer underneath is damaged.</exception>
    internal static ulong OfCode(ByteSource code)
    {
        Span<ulong> value = stackalloc ulong[1];
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var reader = new CodeReader(code, buffer);
            value[0] = Hash(ref reader, 0, code.Length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return value[0];
    }

    private static void Compute(MachOImage image, ReadOnlySpan<ulong> starts, ReadOnlySpan<long> sizes, Span<ulong> values)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            MachOSection? section = null;
            var reader = default(CodeReader);
            for (var i = 0; i < starts.Length; i++)
            {
                if (section is null || !section.Contains(starts[i]))
                {
                    section = image.FindSection(starts[i]);
                    reader = new CodeReader(section is null ? null : image.OpenSection(section), buffer);
                }

                // Companion files with debugging information repeat the sections of their binary without their bytes.
                var offset = section is null ? 0 : (long)(starts[i] - section.Address);
                values[i] = sizes[i] <= reader.Length - offset ? Hash(ref reader, offset, sizes[i]) : OfSize(sizes[i]);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static ulong Hash(ref CodeReader reader, long offset, long size)
    {
        var tokens = new Arm64Tokens<HashSink>(default, (ulong)size);
        var rest = Feed(ref tokens, ref reader, offset, size);
        return tokens.Sink.Finish(rest);
    }

    /// <summary>Passes the code of one function to <paramref name="tokens"/>; returns what is left where its size is no multiple of 4.</summary>
    internal static uint Feed<TSink>(ref Arm64Tokens<TSink> tokens, ref CodeReader reader, long offset, long size)
        where TSink : struct, ITokenSink
    {
        var rest = 0u;
        while (size > 0)
        {
            var piece = reader.Read(offset, size);
            offset += piece.Length;
            size -= piece.Length;
            tokens.Add(piece[..(piece.Length & ~3)]);
            foreach (var value in piece[(piece.Length & ~3)..])
            {
                rest = (rest << 8) | value;
            }
        }

        return rest;
    }

    private static ulong OfSize(long size) => HashSink.Mix((ulong)size ^ 0x51_7CC1_B727_220A_95);

    /// <summary>Reads a section's code front to back through a buffer of the caller's.</summary>
    internal struct CodeReader(ByteSource? source, byte[] buffer)
    {
        private long _from;
        private int _count;

        /// <summary>Bytes there are.</summary>
        public readonly long Length => source?.Length ?? 0;

        /// <summary>
        /// Up to <paramref name="wanted"/> bytes at <paramref name="offset"/>, at least one: all of them or a multiple of four.
        /// </summary>
        public ReadOnlySpan<byte> Read(long offset, long wanted)
        {
            var at = offset - _from;
            if (at < 0 || at >= _count || (_count - at < wanted && _count - at < 4))
            {
                _count = 0;
                _count = source!.ReadUpTo(offset, buffer.AsSpan(0, BufferBytes));
                _from = offset;
                at = 0;
                if (_count == 0)
                {
                    throw new Formats.FirmwareFormatException("Mach-O", offset, "the code ends before its last function does");
                }
            }

            var available = _count - (int)at;
            var length = available >= wanted ? (int)wanted : Math.Max(available & ~3, 1);
            return buffer.AsSpan((int)at, length);
        }
    }

    private struct HashSink : ITokenSink
    {
        private ulong _hash;
        private uint _count;

        public void Add(uint token)
        {
            _hash = unchecked((_hash ^ token) * 0x9E3779B97F4A7C15);
            _hash ^= _hash >> 32;
            _count++;
        }

        public readonly ulong Finish(uint rest) => Mix(_hash ^ ((ulong)_count << 32) ^ rest);

        public static ulong Mix(ulong value)
        {
            unchecked
            {
                value = (value ^ (value >> 33)) * 0xFF51AFD7ED558CCD;
                value = (value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53;
                return value ^ (value >> 33);
            }
        }
    }
}
