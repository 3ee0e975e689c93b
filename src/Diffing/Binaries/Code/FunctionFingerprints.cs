using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// The functions of an image, each with its size and a 64-bit fingerprint of what it does, addresses aside: code that a linker only
/// moved keeps its fingerprints. Functions are those of LC_FUNCTION_STARTS; an arm64e image without it has one at every
/// <c>pacibsp</c> of its <c>__text</c>. Fingerprints exist for arm64, arm64e, arm64_32 and x86_64; for other processors only sizes are known.
/// Immutable; code is read through one pooled buffer.
/// </summary>
internal sealed class FunctionFingerprints
{
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

    /// <summary>Whether there are fingerprints for the instructions of <paramref name="image"/>.</summary>
    public static bool IsSupported(MachOImage image) => Instructions.Of(image) != InstructionSet.Other;

    /// <summary>Reads the functions of an image.</summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    public static FunctionFingerprints Read(MachOImage image) => Read(image, FunctionRanges.Find(image));

    /// <summary>Reads the functions of an image that lie where <paramref name="ranges"/> says.</summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    /// <param name="image">The image.</param>
    /// <param name="ranges">Where the functions lie.</param>
    /// <param name="references">Receives what they refer to, where that is wanted and told of these
    /// instructions.</param>
    internal static FunctionFingerprints Read(MachOImage image, FunctionRanges ranges, ReferenceStore? references =
        null)
    {
        var values = new ulong[ranges.Count];
        var isExact = values.Length > 0 && IsSupported(image);
        if (isExact)
        {
            Compute(image, ranges, values, references);
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

    /// <summary>The fingerprint of one run of code, as of a whole section.</summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    internal static ulong OfCode(ByteSource code, InstructionSet instructions)
    {
        var buffer = BoundedArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var reader = new CodeReader(code, buffer);
            return Hash(ref reader, 0, code.Length, instructions);
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Compute(MachOImage image, FunctionRanges ranges, Span<ulong> values, ReferenceStore? references)
    {
        var instructions = Instructions.Of(image);
        var starts = ranges.Starts;
        var sizes = ranges.Sizes;
        var buffer = BoundedArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            MachOSection? section = null;
            var reader = new CodeReader(null, buffer);
            for (var i = 0; i < starts.Length; i++)
            {
                if (section is null || !section.Contains(starts[i]))
                {
                    section = image.FindSection(starts[i]);
                    reader = new CodeReader(section is null ? null : image.OpenSection(section), buffer);
                }

                // Companion files with debugging information repeat the sections of their binary without their bytes.
                var offset = section is null ? 0 : (long)(starts[i] - section.Address);
                values[i] = sizes[i] > reader.Length - offset ? OfSize(sizes[i])
                    : references is null ? Hash(ref reader, offset, sizes[i], instructions)
                    : Hash(ref reader, offset, sizes[i], starts[i], instructions, references);
                references?.End(i);
            }
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static ulong Hash(ref CodeReader reader, long offset, long size, InstructionSet instructions)
    {
        var sink = default(HashSink);
        var rest = Feed(ref sink, ref reader, offset, size, size, 0, instructions);
        return sink.Finish(rest);
    }

    private static ulong Hash(
        ref CodeReader reader, long offset, long size, ulong start, InstructionSet instructions,
            ReferenceStore references)
    {
        var sink = new ReferringHashSink(references);
        var rest = Feed(ref sink, ref reader, offset, size, size, start, instructions);
        return sink.Finish(rest);
    }

    /// <summary>Passes the code of one function to <paramref name="sink"/> as tokens.</summary>
    /// <param name="sink">Receives them.</param>
    /// <param name="reader">Reads the code.</param>
    /// <param name="offset">Where the function begins.</param>
    /// <param name="wanted">Bytes to pass.</param>
    /// <param name="size">Bytes of the function.</param>
    /// <param name="start">Its address, for references.</param>
    /// <param name="instructions">What they are.</param>
    /// <returns>What is left where the size is no multiple of that of an instruction.</returns>
    internal static uint Feed<TSink>(
        ref TSink sink, ref CodeReader reader, long offset, long wanted, long size, ulong start,
            InstructionSet instructions)
        where TSink : struct, ITokenSink
    {
        if (instructions == InstructionSet.X86)
        {
            var bytes = new X86Tokens<TSink>(sink, (ulong)size, start);
            while (wanted > 0)
            {
                var piece = reader.Read(offset, wanted);
                var taken = bytes.Add(piece, piece.Length == wanted);
                offset += taken;
                wanted -= taken;
            }

            sink = bytes.Sink;
            return 0;
        }

        var rest = 0u;
        reader.Labels.Begin((ulong)size);
        var words = new Arm64Tokens<TSink>(sink, (ulong)size, start, reader.Labels);
        while (wanted > 0)
        {
            var piece = reader.Read(offset, wanted);
            offset += piece.Length;
            wanted -= piece.Length;
            words.Add(piece[..(piece.Length & ~3)]);
            foreach (var value in piece[(piece.Length & ~3)..])
            {
                rest = (rest << 8) | value;
            }
        }

        sink = words.Sink;
        return rest;
    }

    private static ulong OfSize(long size) => HashSink.Mix((ulong)size ^ 0x51_7CC1_B727_220A_95);

    /// <summary>Reads a section's code front to back through a buffer of the caller's.</summary>
    /// <param name="source">The section.</param>
    /// <param name="buffer">The buffer.</param>
    /// <param name="readsAhead">Whether what follows will be asked for next.</param>
    /// <param name="labels">To be used for one function after another.</param>
    internal struct CodeReader(ByteSource? source, byte[] buffer, bool readsAhead = true, PageLabels? labels = null)
    {
        private const int Least = 16;

        private long _from;
        private int _count;

        /// <summary>Where branches lead in the function that is read.</summary>
        public PageLabels Labels { get; } = labels ?? new PageLabels();

        /// <summary>Bytes there are.</summary>
        public readonly long Length => source?.Length ?? 0;

        /// <summary>
        /// Up to <paramref name="wanted"/> bytes at <paramref name="offset"/>, at least one: all of them, or a multiple of four and more
        /// than any instruction has.
        /// </summary>
        public ReadOnlySpan<byte> Read(long offset, long wanted)
        {
            var at = offset - _from;
            if (at < 0 || at >= _count || (_count - at < wanted && _count - at < Least))
            {
                _count = 0;
                _count = source!.ReadUpTo(offset, buffer.AsSpan(0, readsAhead ? BufferBytes
                    : (int)Math.Clamp(wanted, Least, buffer.Length)));
                _from = offset;
                at = 0;
                if (_count == 0)
                {
                    throw new FirmwareFormatException("Mach-O", offset, "the code ends before its last function does");
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

    private struct ReferringHashSink(ReferenceStore references) : ITokenSink
    {
        private HashSink _hash;

        public static bool WantsReferences => true;

        public void Add(uint token) => _hash.Add(token);

        public readonly void Refer(CodeReference reference) => references.Add(reference);

        public readonly ulong Finish(uint rest) => _hash.Finish(rest);
    }
}
