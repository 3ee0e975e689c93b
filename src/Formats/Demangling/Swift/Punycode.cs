using System.Text;

namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>
/// Identifiers that are not ASCII: RFC 3492 with the letters <c>A</c> to <c>J</c> for the digits 26 to 35 and an underscore for the
/// delimiter. Characters that an operator may not be spelled with come as surrogates 0xD800 and up (swift/docs/ABI/Mangling.rst).
/// </summary>
internal static class Punycode
{
    private const int Base = 36;
    private const int TMin = 1;
    private const int TMax = 26;
    private const int Skew = 38;
    private const int Damp = 700;
    private const int MaxLength = 4096;

    /// <summary>The identifier in UTF-8, or nothing where the text is no punycode.</summary>
    public static byte[] Decode(ReadOnlySpan<byte> text)
    {
        if (text.Length > MaxLength)
        {
            return [];
        }

        var points = new List<int>(text.Length);
        var delimiter = text.LastIndexOf((byte)'_');
        for (var i = 0; i < delimiter; i++)
        {
            if (text[i] >= 0x80)
            {
                return [];
            }

            points.Add(text[i]);
        }

        return Insert(text[(delimiter + 1)..], points) ? ToUtf8(points) : [];
    }

    private static bool Insert(ReadOnlySpan<byte> text, List<int> points)
    {
        var (point, place, bias) = (128L, 0L, 72);
        for (var i = 0; i < text.Length;)
        {
            var (before, weight) = (place, 1L);
            for (var k = Base; ; k += Base)
            {
                var digit = i < text.Length ? Digit(text[i++]) : -1;
                if (digit < 0)
                {
                    return false;
                }

                place += digit * weight;
                var threshold = Math.Clamp(k - bias, TMin, TMax);
                if (digit < threshold)
                {
                    break;
                }

                weight *= Base - threshold;
                if (weight > int.MaxValue || place > int.MaxValue)
                {
                    return false;
                }
            }

            bias = Adapt(place - before, points.Count + 1, before == 0);
            point += place / (points.Count + 1);
            place %= points.Count + 1;
            if (point > 0x10FFFF)
            {
                return false;
            }

            points.Insert((int)place++, (int)point);
        }

        return true;
    }

    private static int Digit(byte c) => c switch
    {
        >= (byte)'a' and <= (byte)'z' => c - 'a',
        >= (byte)'A' and <= (byte)'J' => c - 'A' + 26,
        _ => -1,
    };

    private static int Adapt(long delta, int count, bool isFirst)
    {
        delta = isFirst ? delta / Damp : delta / 2;
        delta += delta / count;
        var k = 0;
        for (; delta > (Base - TMin) * TMax / 2; k += Base)
        {
            delta /= Base - TMin;
        }

        return k + (int)((Base - TMin + 1) * delta / (delta + Skew));
    }

    private static byte[] ToUtf8(List<int> points)
    {
        var text = new StringBuilder(points.Count);
        foreach (var point in points)
        {
            var character = point is >= 0xD800 and < 0xD880 ? point - 0xD800 : point;
            if (!Rune.IsValid(character))
            {
                return [];
            }

            text.Append(new Rune(character).ToString());
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
