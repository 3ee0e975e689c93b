namespace IpswDiff.Formats.Decmpfs;

/// <summary>
/// Apple's LZBITMAP, as the public reimplementations describe it (Apple has published nothing): <c>ZBM</c> and 9, then chunks of up to
/// 32 KiB, the last one empty. A chunk has its stored and decoded lengths (24 bits each); if they differ by the six bytes of these, it is
/// stored. Otherwise three offsets lead to distances, spare bitmaps and nibbles; the chunk's last 17 bytes are twelve bitmaps of ten bits.
/// Every nibble picks a bitmap, which says for eight bytes whether each is a literal or a copy from one distance back.
/// </summary>
internal static class LzBitmap
{
    private const string Format = "LZBITMAP";
    private const int MagicSize = 4;
    private const int StoredHeader = 6;
    private const int EncodedHeader = 15;
    private const int BitmapTable = 17;
    private const int BitmapCount = 12;
    private const int FirstBitmap = 3;
    private const int Repeat = 0xF;
    private const int LeastRepeat = 4;
    private const int FirstDistance = 8;
    private const int MaximumChunk = 0x8000;

    /// <summary>Decodes a whole stream; returns the bytes written.</summary>
    /// <exception cref="FirmwareFormatException">The stream is damaged or longer than the destination.</exception>
    internal static int Decode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (!source.StartsWith("ZBM\t"u8))
        {
            throw Fault(0, "no ZBM at the start");
        }

        var position = MagicSize;
        var written = 0;
        while (true)
        {
            Check(position + StoredHeader <= source.Length, position);
            var stored = UInt24(source, position);
            var decoded = UInt24(source, position + 3);
            Check(stored >= StoredHeader && stored <= source.Length - position && decoded <= MaximumChunk && decoded <= destination.Length - written, position);
            if (decoded == 0)
            {
                return written;
            }

            var chunk = source.Slice(position, stored);
            if (stored == decoded + StoredHeader)
            {
                chunk[StoredHeader..].CopyTo(destination[written..]);
            }
            else
            {
                new Chunk(chunk, position).Decode(destination[..(written + decoded)], written);
            }

            position += stored;
            written += decoded;
        }
    }

    private static int UInt24(ReadOnlySpan<byte> source, int offset) =>
        source[offset] | (source[offset + 1] << 8) | (source[offset + 2] << 16);

    private static void Check(bool holds, int offset)
    {
        if (!holds)
        {
            throw Fault(offset, "a chunk is damaged");
        }
    }

    private static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);

    private ref struct Chunk
    {
        private readonly ReadOnlySpan<byte> _bytes;
        private readonly int _origin;
        private int _literals = EncodedHeader;
        private int _distances;
        private int _spares;
        private int _nibbles;
        private int _distance = FirstDistance;

        internal Chunk(ReadOnlySpan<byte> bytes, int origin)
        {
            _bytes = bytes;
            _origin = origin;
            Check(bytes.Length >= EncodedHeader + BitmapTable, origin);
            _distances = UInt24(bytes, 6);
            _spares = UInt24(bytes, 9);
            _nibbles = UInt24(bytes, 12) * 2;
        }

        internal void Decode(Span<byte> destination, int written)
        {
            while (written < destination.Length)
            {
                var picked = Nibble();
                var (bitmap, distanceBytes) = picked >= FirstBitmap ? TableEntry(picked - FirstBitmap) : (-1, picked);
                Check(picked != Repeat && distanceBytes <= 2, _origin);
                for (var repeat = RepeatCount(destination.Length - written); repeat > 0 && written < destination.Length; repeat--)
                {
                    written = Apply(bitmap < 0 ? Next(ref _spares) : bitmap, distanceBytes, destination, written);
                }
            }
        }

        private int Apply(int bitmap, int distanceBytes, Span<byte> destination, int written)
        {
            if (distanceBytes > 0)
            {
                _distance = Next(ref _distances);
                _distance |= distanceBytes > 1 ? Next(ref _distances) << 8 : 0;
            }

            Check(_distance > 0, _origin);
            for (var bit = 0; bit < 8 && written < destination.Length; bit++, written++)
            {
                if ((bitmap & (1 << bit)) != 0)
                {
                    destination[written] = Next(ref _literals);
                }
                else
                {
                    Check(_distance <= written, _origin);
                    destination[written] = destination[written - _distance];
                }
            }

            return written;
        }

        /// <summary>A nibble of 15 after a pick: 4 and more repeats, every further 15 adding to them. The last eight bytes have none.</summary>
        private int RepeatCount(int left)
        {
            if (left <= 8 || PeekNibble() != Repeat)
            {
                return 1;
            }

            _nibbles++;
            var total = LeastRepeat;
            int more;
            do
            {
                more = Nibble();
                total += more;
            }
            while (more == Repeat && total <= MaximumChunk);

            return total;
        }

        /// <summary>Bitmap and number of distance bytes, packed ten bits an entry from the low bit up.</summary>
        private readonly (int Bitmap, int DistanceBytes) TableEntry(int index)
        {
            Check(index < BitmapCount, _origin);
            var bit = index * 10;
            var at = _bytes.Length - BitmapTable + (bit >> 3);
            var value = (_bytes[at] | ((at + 1 < _bytes.Length ? _bytes[at + 1] : 0) << 8)) >> (bit & 7);
            return (value & 0xFF, (value >> 8) & 3);
        }

        private int Nibble()
        {
            var value = PeekNibble();
            _nibbles++;
            return value;
        }

        private readonly int PeekNibble()
        {
            Check(_nibbles >> 1 < _bytes.Length, _origin);
            return (_bytes[_nibbles >> 1] >> ((_nibbles & 1) * 4)) & 0xF;
        }

        private readonly byte Next(ref int position)
        {
            Check(position < _bytes.Length, _origin);
            return _bytes[position++];
        }
    }
}
