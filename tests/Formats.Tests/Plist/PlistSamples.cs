using IpswDiff.Forge.Plist;

namespace IpswDiff.Formats.Tests.Plist;

/// <summary>Values that both binary and XML can hold, one of every kind.</summary>
internal static class PlistSamples
{
    internal static PlistDict Everything() => ForgePlist.Dict(
        ("text", "plain & <marked>"),
        ("wide", "Überprüfung 検索 🎉"),
        ("empty", string.Empty),
        ("small", 7),
        ("byte", 255),
        ("short", 65_535),
        ("word", (long)uint.MaxValue),
        ("negative", -1L),
        ("least", long.MinValue),
        ("unsigned", ulong.MaxValue),
        ("huge", Int128.MaxValue),
        ("real", 0.1),
        ("yes", true),
        ("no", false),
        ("date", new DateTime(2024, 2, 29, 23, 59, 58, DateTimeKind.Utc)),
        ("data", Enumerable.Range(0, 300).Select(i => (byte)i).ToArray()),
        ("uid", new PlistReference(1_000)),
        ("array", ForgePlist.Array(1, "two", ForgePlist.Array(), ForgePlist.Dict())),
        ("nested", ForgePlist.Dict(("text", "plain & <marked>"), ("deeper", ForgePlist.Dict(("z", 1), ("a", 2))))));

    internal static object Nested(int depth)
    {
        object value = "core";
        for (var i = 0; i < depth; i++)
        {
            value = ForgePlist.Array(value);
        }

        return value;
    }
}
