using IpswDiff.Forge.TrustCache;

namespace IpswDiff.Forge.AllKinds;

/// <summary>Trust caches of all versions. One entry that came is the cdhash of a program that a volume holds.</summary>
internal static class TrustCachePlants
{
    private const string Section = "Firmware";

    internal static IEnumerable<Plant> Plan(ArchivePlants archive, byte[] programHash)
    {
        var (added, removed, changed) = (Hash(0xAD), Hash(0x0D), Hash(0x77));

        // Version 2 under the manifest's key: the file bears the number of a disk image.
        archive.Numbered(
            "StaticTrustCache",
            "Firmware/090-11111-001.dmg.trustcache",
            "Firmware/090-22222-002.dmg.trustcache",
            Cache(2, new(removed, 2, 1, 3), new(changed, 2, 0)),
            Cache(2, new(added, 2, 1, 3), new(changed, 2, 1), new(programHash)));
        yield return new Plant(
            Section, "changed", null, "StaticTrustCache",
            "trust cache: version 2", "trust cache: of a volume, by the manifest's key", "trust cache: flags", "trust cache: cdhash of a binary in a volume")
        {
            What = ["cdhashes"],
            Says =
            [
                Plant.Value(Hex(added), null, Json(2, 1, 3)),
                Plant.Value(Hex(removed), Json(2, 1, 3), null),
                Plant.Value(Hex(changed), Json(2, 0, 0), Json(2, 1, 0)),
                Plant.Value(Hex(programHash), null, Json(2, 0, 0)),
            ],
        };

        // Which of two older caches an entry is in is all that differs.
        archive.Member("Firmware/first.trustcache", Cache(0, new TrustCacheEntryPlan(removed)), Cache(0, new TrustCacheEntryPlan(added)));
        yield return Set("Firmware/first.trustcache", "{}", "trust cache: version 0");
        archive.Member("Firmware/second.trustcache", Cache(1, new TrustCacheEntryPlan(removed, 2, 1)), Cache(1, new TrustCacheEntryPlan(added, 2, 1)));
        yield return Set("Firmware/second.trustcache", """{"hashType":2,"flags":1}""", "trust cache: version 1");
        Plant Set(string path, string value, string kind) => new(Section, "changed", null, path, kind)
        {
            What = ["cdhashes"],
            Says = [Plant.Value(Hex(added), null, value), Plant.Value(Hex(removed), value, null)],
        };
    }

    private static byte[] Cache(int version, params TrustCacheEntryPlan[] entries)
    {
        // The UUID, another one in every build, is none of the set.
        var cache = new TrustCacheWriter(version) { Uuid = new Guid(entries[0].CdHash.AsSpan(0, 16)) };
        cache.Entries.AddRange([.. entries, new TrustCacheEntryPlan(Hash(0x55))]);
        var bytes = cache.Write();
        return version == 2 ? Payloads.Im4p("trst", bytes) : bytes;
    }

    private static byte[] Hash(byte value) => [.. Enumerable.Repeat(value, 20)];

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);

    private static string Json(int type, int flags, int category) => $$"""{"hashType":{{type}},"flags":{{flags}},"constraintCategory":{{category}}}""";
}
