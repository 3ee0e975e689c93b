using System.Globalization;
using System.Text;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>
/// A type's definition on a page: what changed in it, or the whole of one that is new or gone. Where a member lies is no part of what is
/// compared line by line: a member that others pushed away stands as it is now, and one line before it says by how much.
/// </summary>
internal static class DefinitionText
{
    private const string OffsetStart = "/* 0x";

    public static string Of(DefinitionChange change)
    {
        var body = change is { Old: { } old, New: { } @new }
            ? Compared(Lines(old), Lines(@new))
            : string.Concat(Lines(change.New ?? change.Old ?? string.Empty).Select(line => line + "\n"));
        var fence = MarkdownText.Fence(body);
        var language = change.Old is null || change.New is null ? "c" : "diff";
        return new StringBuilder().Append('\n').Append(fence).Append(language).Append('\n').Append(body).Append(fence).Append('\n').ToString();
    }

    private static string Compared(string[] old, string[] @new)
    {
        var shifts = new Shifts();
        return UnifiedDiff.Render(old, @new, static line => Split(line).Declaration, shifts.Before);
    }

    private static string[] Lines(string text) => [.. text.Split('\n').Select(MarkdownText.Exact)];

    // "    /* 0x0008 bit 3, 0x4 */ uint32_t a : 2;": where it lies, apart from how large it is and what it is.
    private static (long? Bits, string Declaration) Split(string line)
    {
        var start = line.AsSpan().TrimStart(' ').StartsWith(OffsetStart, StringComparison.Ordinal) ? line.IndexOf(OffsetStart, StringComparison.Ordinal) : -1;
        if (start < 0)
        {
            return (null, line);
        }

        var from = start + OffsetStart.Length;
        var end = from;
        while (end < line.Length && char.IsAsciiHexDigitLower(line[end]))
        {
            end++;
        }

        if (!long.TryParse(line.AsSpan(from, end - from), NumberStyles.AllowHexSpecifier, null, out var offset) || offset is < 0 or > long.MaxValue / 16)
        {
            return (null, line);
        }

        const string Bit = " bit ";
        long bits = offset * 8;
        if (line.AsSpan(end).StartsWith(Bit, StringComparison.Ordinal))
        {
            var bitStart = end + Bit.Length;
            var count = line.AsSpan(bitStart).IndexOfAnyExceptInRange('0', '9') is var more && more < 0 ? line.Length - bitStart : more;
            if (count is > 0 and < 10)
            {
                bits += long.Parse(line.AsSpan(bitStart, count), CultureInfo.InvariantCulture);
                end = bitStart + count;
            }
        }

        return (bits, string.Concat(line.AsSpan(0, start), "/* ", line.AsSpan(end)));
    }

    /// <summary>By how much the members of both sides lie apart, told where it changes.</summary>
    private sealed class Shifts
    {
        private long _bits;

        /// <summary>The line before a line that both sides have, or null.</summary>
        public string? Before(string old, string @new)
        {
            if (Split(old).Bits is not { } before || Split(@new).Bits is not { } after || after - before == _bits)
            {
                return null;
            }

            _bits = after - before;
            return _bits == 0
                ? "@@ later members lie where they did @@"
                : string.Create(CultureInfo.InvariantCulture, $"@@ later members shift by {(_bits < 0 ? '-' : '+')}{Amount(Math.Abs(_bits))} @@");
        }

        private static string Amount(long bits) => bits % 8 == 0
            ? string.Create(CultureInfo.InvariantCulture, $"0x{bits / 8:x}")
            : string.Create(CultureInfo.InvariantCulture, $"{bits} {(bits == 1 ? "bit" : "bits")}");
    }
}
