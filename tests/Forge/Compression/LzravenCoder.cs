using System.Buffers.Binary;
using System.Numerics;

namespace IpswDiff.Forge.Compression;

/// <summary>Codes blocks of LZRAVEN: finds repeats, writes down symbols with their chances, and runs eight rANS states over them from the end.</summary>
internal sealed class LzravenCoder(byte[] data)
{
    private const int Tail = 32;
    private const int Window = 8 << 20;
    private const int LongestNew = 332;
    private const int LongestRepeat = 348;

    private readonly MatchFinder _finder = new(Window);
    private readonly LzravenModel _model = new();
    private List<Event> _events = [];

    /// <summary>What a symbol is: a range of 2^14, or with no width, plain bits.</summary>
    private readonly record struct Event(int Start, int Width, uint Bits);

    /// <summary>Forgets what the last block taught, which is written as it is.</summary>
    internal void Forget() => _model.Restore();

    internal byte[] Code(int begin, int end)
    {
        _model.Save();
        _events = [];
        Size(end - begin);
        var position = begin;
        if (position == 0)
        {
            Bits(8, data[position++]);
        }

        while (position < end - Tail)
        {
            position += Next(position, end - Tail);
        }

        return Run(data.AsSpan(end - Tail, Tail));
    }

    private void Size(int size)
    {
        var difference = size - _model.Size;
        var number = (uint)((difference << 1) ^ (difference >> 31)) + 1;
        var width = BitOperations.Log2(number);
        Bits(5, (uint)width);
        if (width > 0)
        {
            Bits(width, number - (1u << width));
        }

        _model.Size = size;
    }

    private int Next(int position, int end)
    {
        var repeat = 0;
        var repeatLength = 0;
        for (var i = 0; i < 4; i++)
        {
            var length = SameBytes(position, _model.Recent[i], Math.Min(LongestRepeat, end - position));
            if (length > repeatLength)
            {
                (repeat, repeatLength) = (i, length);
            }
        }

        var found = _finder.Find(data.AsSpan(0, end), position, LongestNew, out var distance);
        var isMatch = repeatLength > 1 || found > 1 || (repeatLength == 1 && repeat == 0);
        Symbol(_model.Matches[_model.State, position % 4], isMatch ? 0 : 1);
        if (!isMatch)
        {
            Literal(position);
            return 1;
        }

        var taken = found > repeatLength + 1 ? New(position, found, distance)
            : repeatLength == 1 ? OneByte()
            : Repeat(position, repeat, repeatLength);
        _finder.Remember(data.AsSpan(0, end), position + 1, position + taken);
        return taken;
    }

    private int SameBytes(int position, int distance, int limit)
    {
        var length = 0;
        while (distance <= position && length < limit && data[position + length] == data[position + length - distance])
        {
            length++;
        }

        return length;
    }

    private void Literal(int position)
    {
        var (high, low) = (data[position] >> 4, data[position] & 15);
        var before = data[position - 1] >> 6;
        var phase = position % 4;
        if (_model.State < 3)
        {
            Symbol(_model.LiteralHigh[phase, before], high);
            Symbol(_model.LiteralLow[phase, before, high], low);
        }
        else
        {
            var guess = data[position - _model.Recent[0]];
            var context = _model.State switch { 3 or 5 or 7 => 2, 4 or 6 or 8 => 1, _ => 0 };
            Symbol(_model.MatchedHigh[context, before, guess >> 4], high);
            Symbol(high == guess >> 4 ? _model.MatchedLow[context, guess & 15] : _model.LiteralLow[phase, before, high], low);
        }

        _model.State = _model.State switch
        {
            3 => 2,
            4 => 3,
            5 or 7 => 1,
            6 => 5,
            8 => 7,
            9 => 4,
            10 or 12 => 6,
            11 or 13 => 8,
            _ => 0,
        };
    }

    private int OneByte()
    {
        Symbol(_model.Commands[_model.State], 7);
        _model.State = _model.State < 9 ? 9 : 12;
        return 1;
    }

    private int Repeat(int position, int index, int length)
    {
        var phase = position % 4;
        Symbol(_model.Commands[_model.State], (length < 18 ? 8 : 12) + index);
        if (length < 18)
        {
            Symbol(_model.ShortLength[phase], length - 2);
        }
        else
        {
            Length(length - 18, _model.LongLength[phase], _model.LongExtra, phase);
        }

        _model.Move(index, _model.Recent[index]);
        _model.State = _model.State < 9 ? 10 : 12;
        return length;
    }

    private int New(int position, int length, int distance)
    {
        var far = (uint)distance - 1;
        var log = BitOperations.Log2(far | 1);
        var kind = log < 8 ? 0 : (log / 4) - 1;
        Symbol(_model.Commands[_model.State], kind);
        Length(length - 2, _model.NewLength[kind, position % 4], _model.NewExtra, position % 4);
        if (kind == 0)
        {
            Symbol(_model.Distance[kind, 0], (int)(far >> 4));
            Symbol(_model.Distance[kind, 1], (int)(far & 15));
        }
        else
        {
            // The power of two within its class and two bits below the highest; then the lowest four; what lies between is plain.
            Symbol(_model.Distance[kind, 0], (4 * (log % 4)) + (int)((far >> (log - 2)) & 3));
            Symbol(_model.Distance[kind, 1], (int)(far & 15));
            Bits(log - 6, (far >> 4) & ((1u << (log - 6)) - 1));
        }

        _model.Move(3, distance);
        _model.State = _model.State < 9 ? 11 : 13;
        return length;
    }

    private void Length(int value, LzravenDistribution first, LzravenDistribution[] extra, int phase)
    {
        var sixteenth = (value + 150) / 16;
        Symbol(first, value < 10 ? value : value < 26 ? 10 : value == 330 ? 15 : Math.Min(sixteenth, 14));
        if (value is >= 10 and < 26)
        {
            Symbol(extra[4], value - 10);
        }
        else if (value is >= 26 and < 330)
        {
            if (sixteenth >= 14)
            {
                Symbol(extra[5], sixteenth - 14);
            }

            Symbol(extra[phase], (value + 150) % 16);
        }
    }

    private void Bits(int count, uint value) => _events.Add(new Event(count, 0, value));

    private void Symbol(LzravenDistribution distribution, int symbol)
    {
        var (start, width) = distribution.Take(symbol);
        _events.Add(new Event(start, width, 0));
    }

    // rANS writes from the last symbol to the first; the words come out in the same order.
    private byte[] Run(ReadOnlySpan<byte> tail)
    {
        var words = new Stack<uint>();
        var states = new ulong[8];
        for (var lane = 0; lane < 8; lane++)
        {
            states[lane] = (1UL << 32) | BinaryPrimitives.ReadUInt32LittleEndian(tail[(4 * lane)..]);
        }

        for (var i = _events.Count - 1; i >= 0; i--)
        {
            states[i % 8] = Push(states[i % 8], _events[i], words);
        }

        var carrier = states[0];
        for (var lane = 7; lane > 0; lane--)
        {
            var high = (uint)(states[lane] >> 32);
            var width = BitOperations.Log2(high);
            if (width > 0)
            {
                carrier = Push(carrier, new Event(width, 0, high - (1u << width)), words);
            }

            carrier = Push(carrier, new Event(5, 0, (uint)width), words);
            words.Push((uint)carrier);
            carrier = (carrier >> 32 << 32) | (uint)states[lane];
        }

        words.Push((uint)carrier);
        words.Push((uint)(carrier >> 32));
        var output = new ByteWriter();
        foreach (var word in words)
        {
            output.UInt32(word);
        }

        return output.ToArray();
    }

    private static ulong Push(ulong state, Event symbol, Stack<uint> words)
    {
        var wouldOverflow = symbol.Width == 0 ? state >> (64 - symbol.Start) != 0 : state >> 50 >= (ulong)symbol.Width;
        if (wouldOverflow)
        {
            words.Push((uint)state);
            state >>= 32;
        }

        return symbol.Width == 0
            ? (state << symbol.Start) | symbol.Bits
            : ((state / (ulong)symbol.Width) << 14) + (state % (ulong)symbol.Width) + (ulong)symbol.Start;
    }
}
