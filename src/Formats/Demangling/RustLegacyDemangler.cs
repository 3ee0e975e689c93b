using System.Globalization;
using System.Text;

namespace IpswDiff.Formats.Demangling;

/// <summary>
/// The legacy names of Rust: parts as C++ writes them, the last a hash of 16 hexadecimal digits, with escapes between dollar signs
/// (rustc's legacy symbol mangling).
/// </summary>
internal static class RustLegacyDemangler
{
    private const int HashLength = 16;

    private static readonly Dictionary<string, string> Escapes = new(StringComparer.Ordinal)
    {
        ["SP"] = "@",
        ["BP"] = "*",
        ["RF"] = "&",
        ["LT"] = "<",
        ["GT"] = ">",
        ["LP"] = "(",
        ["RP"] = ")",
        ["C"] = ",",
    };

    /// <summary>The path that <paramref name="name"/> stands for, without its hash, or null where it is no name of Rust.</summary>
    public static string? TryDemangle(string name)
    {
        if (!name.StartsWith("_ZN", StringComparison.Ordinal))
        {
            return null;
        }

        var parts = new List<string>();
        var position = 3;
        while (position < name.Length && name[position] != 'E')
        {
            var start = position;
            while (position < name.Length && char.IsAsciiDigit(name[position]))
            {
                position++;
            }

            if (!int.TryParse(name.AsSpan(start, position - start), NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > name.Length - position)
            {
                return null;
            }

            parts.Add(name.Substring(position, length));
            position += length;
        }

        if (parts.Count < 2 || position >= name.Length || !IsHash(parts[^1]))
        {
            return null;
        }

        var rest = name[(position + 1)..];
        if (rest.Length > 0 && !rest.StartsWith('.'))
        {
            return null;
        }

        var decoded = new List<string>();
        foreach (var part in parts.SkipLast(1))
        {
            if (Decoded(part) is not { } text)
            {
                return null;
            }

            decoded.Add(text);
        }

        return string.Join("::", decoded) + (rest.Length == 0 ? string.Empty : $" ({rest})");
    }

    private static bool IsHash(string part) =>
        part.Length == HashLength + 1 && part[0] == 'h' && part.Skip(1).All(char.IsAsciiHexDigitLower);

    private static string? Decoded(string part)
    {
        var text = new StringBuilder(part.Length);
        var rest = part.StartsWith("_$", StringComparison.Ordinal) ? part.AsSpan(1) : part;
        while (!rest.IsEmpty)
        {
            if (rest.StartsWith(".."))
            {
                text.Append("::");
                rest = rest[2..];
            }
            else if (rest[0] == '$')
            {
                var end = rest[1..].IndexOf('$');
                if (end < 0 || Escape(rest.Slice(1, end)) is not { } escape)
                {
                    return null;
                }

                text.Append(escape);
                rest = rest[(end + 2)..];
            }
            else
            {
                text.Append(rest[0]);
                rest = rest[1..];
            }
        }

        return text.ToString();
    }

    private static string? Escape(ReadOnlySpan<char> code)
    {
        if (Escapes.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(code, out var text))
        {
            return text;
        }

        return code is ['u', .. var hex] && hex.Length is > 0 and <= 6 && int.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            && Rune.TryCreate(value, out var rune) && !Rune.IsControl(rune)
            ? rune.ToString()
            : null;
    }
}
