using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// LZBITMAP (<c>ZBM</c>), as Apple Archive and decmpfs types 13 and 14 use it. Output comes in groups of eight bytes; a bitmap says which
/// of them are new and which repeat the byte one period back. Facts: the published black-box description in eafer/libzbitmap.
/// </summary>
public static class Lzbitmap
{
    internal const string Format = "LZBITMAP";
    internal const uint Magic = 0x094d425a;
    internal const int MaxChunk = 0x8000;
    internal const int ChunkHeaderSize = 6;
    internal const int CompressedHeaderSize = 15;

    /// <summary>Bitmaps of ten bits (eight of the map, two for the period's width) at the end of each compressed chunk.</summary>
    internal const int CommonBitmaps = 12;
    internal const int CommonBytes = 17;

    private const int Group = 8;
    private const int FirstCommon = 3;
    private const int Repeat = 15;
    private const int ShortestRepeat = 4;

    /// <summary>Decodes one stream, up to its empty chunk or the end of the source.</summary>
    /// <param name="source">The stream, from its magic; what follows the empty chunk is ignored.</param>
    /// <param name="destination">Room for the output; no more is written than what the stream decodes to.</param>
    /// <returns>Bytes written, at most the length of <paramref name="destination"/>.</returns>
    /// <exception cref="FirmwareFormatException">The stream is damaged or cut short, or does not fit the destination.</exception>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (source.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(source) != Magic)
        {
            throw Fault(0, "no ZBM magic");
        }

        var at = 4;
        var written = 0;
        while (at < source.Length)
        {
            if (source.Length - at < ChunkHeaderSize)
            {
                throw Fault(at, "a chunk header is cut short");
            }

            var length = UInt24(source[at..]);
            var decoded = UInt24(source[(at + 3)..]);
            if (length < ChunkHeaderSize || length > source.Length - at)
            {
                throw Fault(at, $"a chunk of {length} bytes leaves the source");
            }

            if (decoded == 0)
            {
                return written;
            }

            if (decoded > MaxChunk || decoded > destination.Length - written)
            {
                throw Fault(at, $"a chunk of {decoded} decoded bytes exceeds the {destination.Length} bytes expected");
            }

            var chunk = source.Slice(at, length);
            if (length == decoded + ChunkHeaderSize)
            {
                chunk[ChunkHeaderSize..].CopyTo(destination[written..]);
            }
            else
            {
                new Chunk(chunk, at, destination[..(written + decoded)], written).Decode();
            }

            written += decoded;
            at += length;
        }

        return written;
    }

    private static int UInt24(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);

    private static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);

    /// <summary>A compressed chunk: new bytes, periods, rare bitmaps and a list of nibbles, each area read from its own place.</summary>
    private ref struct Chunk
    {
        private readonly ReadOnlySpan<byte> _bytes;
        private readonly Span<byte> _output;
        private readonly int _origin;
        private int _written;
        private int _data;
        private int _periods;
        private int _bitmaps;
        private int _nibble;
        private int _period;

        internal Chunk(ReadOnlySpan<byte> bytes, int origin, Span<byte> output, int written)
        {
            _bytes = bytes;
            _origin = origin;
            _output = output;
            _written = written;
            _period = Group;
        }

        internal void Decode()
        {
            if (_bytes.Length < CompressedHeaderSize + CommonBytes)
            {
                throw Fault(_origin, "a chunk is too short for its header and bitmaps");
            }

            _data = CompressedHeaderSize;
            _periods = UInt24(_bytes[6..]);
            _bitmaps = UInt24(_bytes[9..]);
            var nibbles = UInt24(_bytes[12..]);
            if (Math.Max(Math.Max(_periods, _bitmaps), nibbles) >= _bytes.Length)
            {
                throw Fault(_origin, "an area of a chunk begins outside it");
            }

            _nibble = 2 * nibbles;
            Span<ushort> common = stackalloc ushort[CommonBitmaps];
            ReadCommon(common);
            while (_written < _output.Length)
            {
                var number = NextNibble();
                if (number == Repeat)
                {
                    throw Fault(_origin, "a repetition follows no bitmap");
                }

                for (var count = ReadCount(); count > 0; count--)
                {
                    var entry = number >= FirstCommon ? common[number - FirstCommon] : (ushort)(Next(ref _bitmaps) | (number << 8));
                    Apply(entry & 0xff, entry >> 8);
                    if (_written == _output.Length)
                    {
                        break;
                    }
                }
            }
        }

        private readonly void ReadCommon(Span<ushort> common)
        {
            var packed = _bytes[^CommonBytes..];
            for (var i = 0; i < common.Length; i++)
            {
                // Twelve times ten bits, low first; the last begins at bit 110 of 136.
                var bit = i * 10;
                var three = UInt24(packed.Slice(bit >> 3, 3));
                common[i] = (ushort)((three >> (bit & 7)) & 0x3ff);
                if (common[i] >> 8 == 3)
                {
                    throw Fault(_origin, "a bitmap asks for a period of three bytes");
                }
            }
        }

        private int ReadCount()
        {
            // With no more than one group to come there is nothing to repeat, and the next nibble is no count.
            if (_output.Length - _written <= Group || (_nibble >> 1) >= _bytes.Length)
            {
                return 1;
            }

            var mark = _nibble;
            if (NextNibble() != Repeat)
            {
                _nibble = mark;
                return 1;
            }

            var total = ShortestRepeat;
            int more;
            do
            {
                more = NextNibble();
                total += more;
            }
            while (more == Repeat);
            return total;
        }

        private void Apply(int bitmap, int periodBytes)
        {
            if (periodBytes != 0)
            {
                _period = Next(ref _periods);
                if (periodBytes == 2)
                {
                    _period |= Next(ref _periods) << 8;
                }
            }

            if (_period == 0)
            {
                throw Fault(_origin, "a period of zero");
            }

            var end = Math.Min(_written + Group, _output.Length);
            if (bitmap != 0xff && _period > _written && FirstRepeat(bitmap) + _written < Math.Min(end, _period))
            {
                throw Fault(_origin, $"a period of {_period} reaches before the output at {_written}");
            }

            if (bitmap == 0 && _period >= Group)
            {
                _output.Slice(_written - _period, end - _written).CopyTo(_output[_written..]);
                _written = end;
                return;
            }

            for (; _written < end; _written++, bitmap >>= 1)
            {
                _output[_written] = (bitmap & 1) != 0 ? Next(ref _data) : _output[_written - _period];
            }
        }

        private static int FirstRepeat(int bitmap) => System.Numerics.BitOperations.TrailingZeroCount(~bitmap);

        private byte Next(ref int at)
        {
            if ((uint)at >= (uint)_bytes.Length)
            {
                throw Fault(_origin, "an area of a chunk runs out of it");
            }

            return _bytes[at++];
        }

        private int NextNibble()
        {
            var at = _nibble >> 1;
            if (at >= _bytes.Length)
            {
                throw Fault(_origin, "the list of a chunk runs out of it");
            }

            return (_bytes[at] >> (4 * (_nibble++ & 1))) & 0xf;
        }
    }
}
