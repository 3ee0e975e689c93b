using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// LZVN streams, as kernel caches, decmpfs and the <c>bvxn</c> blocks of LZFSE hold them. Format: the opcode table of
/// <c>lzvn_decode_base.c</c> in Apple's LZFSE reference.
/// </summary>
public static class Lzvn
{
    internal const string Format = "LZVN";

    /// <summary>Bytes of the end mark: its opcode and seven zeros.</summary>
    internal const int EndSize = 8;

    private const int Slack = 32;

    /// <summary>Decodes one stream. Its end mark may be absent only where source and destination end together.</summary>
    /// <param name="source">The stream, from its first opcode; what follows its end mark is ignored.</param>
    /// <param name="destination">Room for all of the output; bytes past the returned count are left undefined.</param>
    /// <returns>Bytes written, at most the length of <paramref name="destination"/>.</returns>
    /// <exception cref="FirmwareFormatException">The stream is damaged or cut short, or does not fit the destination.</exception>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> destination) => Decode(source, destination, out _);

    /// <summary>Decodes one stream and reports how much of the source it took, its end mark included.</summary>
    /// <inheritdoc cref="Decode(ReadOnlySpan{byte}, Span{byte})"/>
    /// <param name="source">The stream, from its first opcode.</param>
    /// <param name="destination">Room for all of the output; bytes past the returned count are left undefined.</param>
    /// <param name="consumed">Bytes of <paramref name="source"/> that belong to the stream.</param>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> destination, out int consumed)
    {
        var written = 0;
        consumed = DecodeStream(source, 0, destination, ref written, out var ended);
        if (!ended && written < destination.Length)
        {
            throw Fault(consumed, $"the stream is cut short after {written} of {destination.Length} bytes");
        }

        return written;
    }

    /// <summary>
    /// Runs opcodes until the end mark or the end of the source. Matches may reach back to the front of <paramref name="destination"/>.
    /// </summary>
    internal static int DecodeStream(ReadOnlySpan<byte> source, long origin, Span<byte> destination, ref int written, out bool ended)
    {
        nint position = written;
        nint distance = 0;
        nint at = 0;
        ref var input = ref MemoryMarshal.GetReference(source);
        ref var output = ref MemoryMarshal.GetReference(destination);
        ended = false;
        while (at < source.Length)
        {
            nint opcode = Unsafe.Add(ref input, at);
            nint literals;
            nint match;
            if (opcode >= 0xe0)
            {
                // 1110LLLL: literals; 1111MMMM: a match at the last distance; a zero length stands for the next byte plus 16.
                nint count = opcode & 0xf;
                at++;
                if (count == 0)
                {
                    Require(source, at, 1, origin);
                    count = Unsafe.Add(ref input, at++) + 16;
                }

                match = opcode >= 0xf0 ? count : 0;
                literals = count - match;
            }
            else if ((opcode & 0xe0) == 0xa0)
            {
                // 101LLMMM DDDDDDMM DDDDDDDD
                Require(source, at, 3, origin);
                nint rest = BinaryPrimitives.ReadUInt16LittleEndian(source.Slice((int)at + 1, 2));
                literals = (opcode >> 3) & 3;
                match = (((opcode & 7) << 2) | (rest & 3)) + 3;
                distance = rest >> 2;
                at += 3;
            }
            else if (Classes[(int)opcode] is var kind && kind <= Previous)
            {
                literals = opcode >> 6;
                match = ((opcode >> 3) & 7) + 3;
                if (kind == Small)
                {
                    // LLMMMDDD DDDDDDDD
                    Require(source, at, 2, origin);
                    distance = ((opcode & 7) << 8) | Unsafe.Add(ref input, at + 1);
                    at += 2;
                }
                else if (kind == Large)
                {
                    // LLMMM111 DDDDDDDD DDDDDDDD
                    Require(source, at, 3, origin);
                    distance = BinaryPrimitives.ReadUInt16LittleEndian(source.Slice((int)at + 1, 2));
                    at += 3;
                }
                else
                {
                    // LLMMM110: the last distance once more.
                    at++;
                }
            }
            else if (kind == Nothing)
            {
                at++;
                continue;
            }
            else if (kind == End)
            {
                Require(source, at, EndSize, origin);
                ended = true;
                written = (int)position;
                return (int)at + EndSize;
            }
            else
            {
                throw Fault(origin + at, $"undefined opcode 0x{opcode:x2}");
            }

            if (literals > source.Length - at)
            {
                throw Fault(origin + at, $"{literals} literals wanted, but the source ends");
            }

            if (match != 0 && (nuint)(distance - 1) >= (nuint)(position + literals))
            {
                throw Fault(origin + at, $"a match reaches {distance} bytes back from output offset {position + literals}");
            }

            // Checked above: the literals lie in the source, the match begins inside the output. With room for whole vectors on both
            // sides the copies need no further check.
            if (literals + match + Slack <= destination.Length - position && literals + Slack <= source.Length - at)
            {
                if (literals != 0)
                {
                    WideCopy.Run16(ref Unsafe.Add(ref input, at), ref Unsafe.Add(ref output, position), literals);
                    at += literals;
                    position += literals;
                }

                if (match != 0)
                {
                    WideCopy.Match(ref Unsafe.Add(ref output, position), distance, match);
                    position += match;
                }
            }
            else if (literals + match <= destination.Length - position)
            {
                source.Slice((int)at, (int)literals).CopyTo(destination[(int)position..]);
                at += literals;
                position += literals;
                WideCopy.MatchExact(destination, (int)position, (int)distance, (int)match);
                position += match;
            }
            else
            {
                throw Fault(origin + at, $"the output exceeds the {destination.Length} bytes expected");
            }
        }

        written = (int)position;
        return (int)at;
    }

    private const byte Small = 0;
    private const byte Large = 1;
    private const byte Previous = 2;
    private const byte Nothing = 3;
    private const byte End = 4;
    private const byte Undefined = 5;

    /// <summary>What an opcode below 0xE0 means, the 101xxxxx ones aside.</summary>
    private static readonly byte[] Classes = MakeClasses();

    private static byte[] MakeClasses()
    {
        var classes = new byte[256];
        for (var opcode = 0; opcode < classes.Length; opcode++)
        {
            classes[opcode] = opcode switch
            {
                6 => End,
                14 or 22 => Nothing,
                30 or 38 or 46 or 54 or 62 => Undefined,
                (>= 0x70 and <= 0x7f) or (>= 0xd0 and <= 0xdf) => Undefined,
                _ => (opcode & 7) switch { 6 => Previous, 7 => Large, _ => Small },
            };
        }

        return classes;
    }

    private static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);

    private static void Require(ReadOnlySpan<byte> source, nint at, int count, long origin)
    {
        if (source.Length - at < count)
        {
            throw Fault(origin + at, "an opcode is cut short");
        }
    }
}
