using System.Buffers;
using System.Globalization;
using System.Text;

namespace IpswDiff.Formats.IBoot;

/// <summary>A string in a raw firmware image.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Text">Its characters.</param>
public readonly record struct FirmwareString(long Offset, string Text);

/// <summary>
/// Strings of raw firmware, which has no sections to say where they are: runs of Latin letters, digits, ASCII punctuation, spaces and
/// symbols in UTF-8. Runs with a back-quote or with <c>bvx$bvx2</c> are left out; in boot code they are never strings.
/// </summary>
public static class FirmwareStrings
{
    private const int MaxRunBytes = 64 << 10;

    /// <summary>The strings of <paramref name="bytes"/> from <paramref name="start"/> on, front to back; offsets count from the front of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">The image.</param>
    /// <param name="start">First byte to look at.</param>
    /// <param name="minimumLength">Characters of the shortest, at least 1.</param>
    public static IEnumerable<FirmwareString> Read(ReadOnlyMemory<byte> bytes, int start, int minimumLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(minimumLength, 1);
        for (var at = start; at < bytes.Length;)
        {
            var (length, characters) = Run(bytes.Span[at..]);
            if (characters >= minimumLength && Keep(bytes.Span.Slice(at, length)))
            {
                yield return new FirmwareString(at, Encoding.UTF8.GetString(bytes.Span.Slice(at, length)));
            }

            at += length == 0 ? Skip(bytes.Span[at..]) : length;
        }
    }

    private static bool Keep(ReadOnlySpan<byte> run) => !run.Contains((byte)'`') && run.IndexOf("bvx$bvx2"u8) < 0;

    private static (int Length, int Characters) Run(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, MaxRunBytes)];
        var (length, characters) = (0, 0);
        while (length < bytes.Length)
        {
            var value = bytes[length];
            if (value is >= 0x20 and <= 0x7E)
            {
                length++;
            }
            else if (value < 0xC2 || Rune.DecodeFromUtf8(bytes[length..], out var rune, out var taken) != OperationStatus.Done || !IsText(rune))
            {
                break;
            }
            else
            {
                length += taken;
            }

            characters++;
        }

        return (length, characters);
    }

    // One character that is no text; bytes that cannot begin one are passed over together.
    private static int Skip(ReadOnlySpan<byte> bytes)
    {
        var next = bytes[1..].IndexOfAnyExceptInRange((byte)0, (byte)0x1F);
        return bytes[0] < 0x20 ? (next < 0 ? bytes.Length : next + 1)
            : Rune.DecodeFromUtf8(bytes, out _, out var taken) == OperationStatus.Done ? taken
            : 1;
    }

    private static bool IsText(Rune rune) => rune.Value switch
    {
        0xAA or 0xBA or (>= 0xC0 and <= 0x24F and not 0xD7 and not 0xF7) or (>= 0x1E00 and <= 0x1EFF) => true,
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol
            or UnicodeCategory.ModifierSymbol or UnicodeCategory.OtherSymbol or UnicodeCategory.DecimalDigitNumber,
    };
}
