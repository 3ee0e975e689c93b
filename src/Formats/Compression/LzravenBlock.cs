using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// A coded block of LZRAVEN: its size as the difference from the block before, then literals and matches, and at last the 32 bytes that
/// the coder's states started from. A literal is two symbols of four bits; a match names one of seven classes of distance, or one of the
/// last four distances.
/// </summary>
internal readonly ref struct LzravenBlock
{
    private const int TailSize = 4 * LzravenLanes.Count;
    private const int RepeatByte = 7;
    private const int RepeatLong = 12;

    // What follows a literal in each state, and which of five contexts a literal is coded in; below three there is nothing to compare with.
    private const int FirstMatched = 3;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _origin;
    private readonly Span<byte> _output;
    private readonly int _start;

    /// <param name="bytes">The block without its header.</param>
    /// <param name="origin">Where it lies in the stream, for messages.</param>
    /// <param name="output">All of the output; matches reach back to its beginning.</param>
    /// <param name="start">Where the block's own output begins.</param>
    internal LzravenBlock(ReadOnlySpan<byte> bytes, int origin, Span<byte> output, int start)
    {
        _bytes = bytes;
        _origin = origin;
        _output = output;
        _start = start;
    }

    private static ReadOnlySpan<byte> AfterLiteral => [0, 0, 0, 2, 3, 1, 5, 1, 7, 4, 6, 8, 6, 8];

    private static ReadOnlySpan<byte> LiteralContexts => [4, 3, 3, 2, 1, 2, 1, 2, 1, 0, 0, 0, 0, 0];

    /// <summary>Decodes it behind the output so far; returns how many bytes it has.</summary>
    /// <exception cref="FirmwareFormatException">It is damaged or does not fit the output.</exception>
    internal int Decode(LzravenModel model)
    {
        var lanes = new LzravenLanes(_bytes, _origin);
        var size = ReadSize(ref lanes, model);
        var end = _start + size - TailSize;
        var output = _output[..(_start + size)];
        var position = _start;
        if (position == 0)
        {
            output[position++] = (byte)lanes.ReadBits(8);
        }

        foreach (var distance in model.Recent)
        {
            if (distance > position)
            {
                throw Fault($"a distance of {distance} bytes reaches before the output at {position}");
            }
        }

        var state = model.State;
        ref var bytes = ref MemoryMarshal.GetReference(output);
        while (position < end)
        {
            if (lanes.ReadBit(ref model.Bit(state, position & 3)))
            {
                Unsafe.Add(ref bytes, position) = ReadLiteral(ref lanes, model, state, ref Unsafe.Add(ref bytes, position), position);
                state = AfterLiteral[state];
                position++;
                continue;
            }

            var command = lanes.ReadSymbol(ref model.Row(LzravenModel.Commands + state), LzravenModel.Fast);
            var length = ReadMatch(ref lanes, model, command, position);
            var distance = model.Recent[0];
            if (length > end - position)
            {
                throw Fault($"a match of {length} bytes passes the block's end");
            }

            ref var place = ref Unsafe.Add(ref bytes, position);
            if (length == 1)
            {
                place = Unsafe.Subtract(ref place, distance);
            }
            else
            {
                // The tail behind the end is the room that wide copies need.
                WideCopy.Match(ref place, distance, length);
            }

            position += length;
            state = After(state, command);
        }

        model.State = state;
        lanes.Finish(output[end..]);
        return size;
    }

    private static int After(int state, int command) => command switch
    {
        < RepeatByte => state < 9 ? 11 : 13,
        RepeatByte => state < 9 ? 9 : 12,
        _ => state < 9 ? 10 : 12,
    };

    private int ReadSize(ref LzravenLanes lanes, LzravenModel model)
    {
        // An exponent and what is above it, with the sign in the lowest bit.
        var width = (int)lanes.ReadBits(5);
        var number = width == 0 ? 0 : lanes.ReadBits(width) + ((1u << width) - 1);
        var size = model.PreviousBlock + ((number >> 1) ^ (0u - (number & 1)));
        if (size is < Lzraven.SmallestBlock or > Lzraven.BlockSize || size > _output.Length - _start)
        {
            throw Fault($"a block of {size} decoded bytes; {_output.Length - _start} are expected, and a block has at most {Lzraven.BlockSize}");
        }

        model.PreviousBlock = size;
        return (int)size;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte ReadLiteral(ref LzravenLanes lanes, LzravenModel model, int state, ref byte place, int position)
    {
        var before = Unsafe.Subtract(ref place, 1) >> 6;
        var phase = position & 3;
        var lowRows = LzravenModel.LiteralLow + (64 * phase) + (16 * before);
        if (state < FirstMatched)
        {
            var first = lanes.ReadSymbol(ref model.Row(LzravenModel.LiteralHigh + (4 * phase) + before), LzravenModel.Slow);
            return (byte)((first << 4) | lanes.ReadSymbol(ref model.Row(lowRows + first), LzravenModel.Slow));
        }

        // After a match the byte that would have continued it is a good guess.
        int guess = Unsafe.Subtract(ref place, model.Recent[0]);
        var context = LiteralContexts[state];
        var high = lanes.ReadSymbol(ref model.Row(LzravenModel.MatchedHigh + (64 * context) + (16 * before) + (guess >> 4)), LzravenModel.Fast);
        var low = high == guess >> 4
            ? lanes.ReadSymbol(ref model.Row(LzravenModel.MatchedLow + (16 * context) + (guess & 15)), LzravenModel.Fast)
            : lanes.ReadSymbol(ref model.Row(lowRows + high), LzravenModel.Slow);
        return (byte)((high << 4) | low);
    }

    /// <summary>The length of a match, whose distance becomes the first of the recent ones.</summary>
    private int ReadMatch(ref LzravenLanes lanes, LzravenModel model, int command, int position)
    {
        var phase = position & 3;
        if (command < RepeatByte)
        {
            var length = 2 + ReadLength(ref lanes, model, LzravenModel.NewLength + (4 * command) + phase, LzravenModel.NewExtra, phase);
            var distance = ReadDistance(ref lanes, model, command);
            if (distance > position)
            {
                throw Fault($"a distance of {distance} bytes reaches before the output at {position}");
            }

            MoveToFront(model.Recent, 3, (int)distance);
            return length;
        }

        if (command == RepeatByte)
        {
            return 1;
        }

        var index = command & 3;
        MoveToFront(model.Recent, index, model.Recent[index]);
        return command < RepeatLong
            ? 2 + lanes.ReadSymbol(ref model.Row(LzravenModel.ShortLength + phase), LzravenModel.Fast)
            : 18 + ReadLength(ref lanes, model, LzravenModel.LongLength + phase, LzravenModel.LongExtra, phase);
    }

    /// <summary>0 to 330: one symbol up to 9, two up to 297, three above, and one for 330 alone.</summary>
    private static int ReadLength(ref LzravenLanes lanes, LzravenModel model, int row, int extra, int phase)
    {
        var value = lanes.ReadSymbol(ref model.Row(row), LzravenModel.Fast);
        switch (value)
        {
            case < 10:
                return value;
            case 10:
                return 10 + lanes.ReadSymbol(ref model.Row(extra + 4), LzravenModel.Fast);
            case 15:
                return 330;
            case 14:
                value += lanes.ReadSymbol(ref model.Row(extra + 5), LzravenModel.Fast);
                break;
        }

        return (16 * value) + lanes.ReadSymbol(ref model.Row(extra + phase), LzravenModel.Fast) - 150;
    }

    private static long ReadDistance(ref LzravenLanes lanes, LzravenModel model, int kind)
    {
        var row = LzravenModel.Distance + (2 * kind);
        var high = lanes.ReadSymbol(ref model.Row(row), LzravenModel.Slow);
        var low = lanes.ReadSymbol(ref model.Row(row + 1), LzravenModel.Slow);
        if (kind == 0)
        {
            return (high * 16) + low + 1;
        }

        var bits = (high >> 2) + (4 * kind) - 2;
        return ((long)((high & 3) | 4) << (bits + 4)) + (16L * lanes.ReadBits(bits)) + low + 1;
    }

    private static void MoveToFront(int[] recent, int index, int distance)
    {
        for (var i = index; i > 0; i--)
        {
            recent[i] = recent[i - 1];
        }

        recent[0] = distance;
    }

    private FirmwareFormatException Fault(string reason) => new(Lzraven.Format, _origin, reason);
}
