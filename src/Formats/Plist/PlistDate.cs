using System.Globalization;

namespace IpswDiff.Formats.Plist;

/// <summary>
/// A point in time, kept as Core Foundation keeps it, for property lists hold dates that .NET's types cannot
/// (<c>distantPast</c> is written as 0000-12-30).
/// </summary>
public sealed class PlistDate(double absoluteTime) : PlistValue
{
    private const long SecondsPerDay = 86_400;
    private const long DaysTo2001 = 11_323;

    // Beyond this a double no longer tells seconds apart, and a year has more digits than anybody reads.
    private const double Readable = 1e13;

    /// <summary>Seconds since 2001-01-01 00:00:00 UTC (<c>CFAbsoluteTime</c>).</summary>
    public double AbsoluteTime { get; } = absoluteTime;

    /// <inheritdoc/>
    public override PlistKind Kind => PlistKind.Date;

    /// <summary>ISO 8601 in UTC, with a fraction where there is one; plain seconds since 2001 where no calendar reaches.</summary>
    public string ToIso8601()
    {
        if (!(Math.Abs(AbsoluteTime) < Readable))
        {
            return AbsoluteTime.ToString("R", CultureInfo.InvariantCulture);
        }

        var whole = Math.Floor(AbsoluteTime);
        var ticks = (long)Math.Round((AbsoluteTime - whole) * TimeSpan.TicksPerSecond);
        var seconds = (long)whole + (ticks / TimeSpan.TicksPerSecond);
        ticks %= TimeSpan.TicksPerSecond;
        var days = Math.DivRem(seconds, SecondsPerDay, out var inDay);
        if (inDay < 0)
        {
            days--;
            inDay += SecondsPerDay;
        }

        var (year, month, day) = FromDays(days + DaysTo2001);
        var fraction = ticks == 0 ? string.Empty : "." + ticks.ToString("D7", CultureInfo.InvariantCulture).TrimEnd('0');
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{year:D4}-{month:D2}-{day:D2}T{inDay / 3600:D2}:{inDay / 60 % 60:D2}:{inDay % 60:D2}{fraction}Z");
    }

    /// <summary>Reads the form of XML property lists, <c>YYYY-MM-DDThh:mm:ssZ</c>; years may be negative or long.</summary>
    internal static bool TryParse(ReadOnlySpan<char> text, out PlistDate? date)
    {
        date = null;
        var negative = text.StartsWith("-");
        var rest = negative ? text[1..] : text;
        var dash = rest.IndexOf('-');
        if (dash is < 1 or > 9 || rest.Length - dash != 16 || !long.TryParse(rest[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var year))
        {
            return false;
        }

        rest = rest[dash..];
        if (rest[3] != '-' || rest[6] != 'T' || rest[9] != ':' || rest[12] != ':' || rest[15] != 'Z'
            || !TryTwo(rest[1..3], 12, out var month) || !TryTwo(rest[4..6], 31, out var day)
            || !TryTwo(rest[7..9], 24, out var hour) || !TryTwo(rest[10..12], 59, out var minute) || !TryTwo(rest[13..15], 60, out var second)
            || month == 0 || day == 0)
        {
            return false;
        }

        var days = ToDays(negative ? -year : year, month, day) - DaysTo2001;
        date = new PlistDate((days * SecondsPerDay) + (hour * 3600) + (minute * 60) + second);
        return true;
    }

    private static bool TryTwo(ReadOnlySpan<char> digits, int limit, out int value) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= limit;

    // Days since 1970-01-01 in the proleptic Gregorian calendar, whose 400-year cycle of 146,097 days is counted from 1 March.
    private static long ToDays(long year, int month, int day)
    {
        year -= month <= 2 ? 1 : 0;
        var era = (year >= 0 ? year : year - 399) / 400;
        var yearOfEra = year - (era * 400);
        var dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9)) + 2) / 5) + day - 1;
        return (era * 146_097) + (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear - 719_468;
    }

    private static (long Year, int Month, int Day) FromDays(long days)
    {
        days += 719_468;
        var era = (days >= 0 ? days : days - 146_096) / 146_097;
        var dayOfEra = days - (era * 146_097);
        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var shifted = ((5 * dayOfYear) + 2) / 153;
        var month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
        return (yearOfEra + (era * 400) + (month <= 2 ? 1 : 0), month, (int)(dayOfYear - (((153 * shifted) + 2) / 5) + 1));
    }

    private protected override bool EqualsCore(PlistValue other) => AbsoluteTime.Equals(((PlistDate)other).AbsoluteTime);

    private protected override int GetHashCodeCore() => AbsoluteTime.GetHashCode();
}
