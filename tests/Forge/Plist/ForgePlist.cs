namespace IpswDiff.Forge.Plist;

/// <summary>
/// Short ways to write down property lists for the writers. A value is a <see cref="PlistDict"/>, an <c>object[]</c>, a string, an
/// <c>int</c>, <c>long</c>, <c>ulong</c> or <see cref="Int128"/>, a <c>double</c>, a <c>bool</c>, a <c>DateTime</c> in UTC, a <c>byte[]</c> or a <see cref="PlistReference"/>.
/// </summary>
public static class ForgePlist
{
    public static PlistDict Dict(params (string Key, object Value)[] entries) => new(entries);

    public static object[] Array(params object[] values) => values;

    /// <summary>Seconds from 2001-01-01 to <paramref name="date"/>, as both forms count.</summary>
    internal static double AbsoluteTime(DateTime date) => (date - new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc)).TotalSeconds;
}

/// <summary>Keys with values, written in this order.</summary>
public sealed class PlistDict(params (string Key, object Value)[] entries)
{
    private readonly List<(string Key, object Value)> _entries = [.. entries];

    public IReadOnlyList<(string Key, object Value)> Entries => _entries;

    public PlistDict Add(string key, object value)
    {
        _entries.Add((key, value));
        return this;
    }
}

/// <summary>A keyed archive's reference.</summary>
public sealed record PlistReference(ulong Number);
