using System.Globalization;

namespace IpswDiff.Cli;

/// <summary>Sizes as people type them: <c>512M</c>, <c>2G</c>, or plain bytes.</summary>
internal static class ByteSize
{
    public static bool TryParse(string text, out long bytes)
    {
        var shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch
        {
            'K' => 10,
            'M' => 20,
            'G' => 30,
            _ => 0,
        };
        var digits = shift == 0 ? text : text[..^1];
        bytes = 0;
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue >> shift)
        {
            return false;
        }

        bytes = number << shift;
        return true;
    }
}
