using System.Globalization;

namespace IpswDiff.Diffing.Reports.Contents;

/// <summary>How many of something, as people say it.</summary>
internal static class Amount
{
    /// <summary><c>1 item</c>, <c>2 items</c>.</summary>
    /// <param name="count">How many.</param>
    /// <param name="one">The word for one.</param>
    /// <param name="many">The word for any other number.</param>
    public static string Of(long count, string one, string many) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many)}");
}
