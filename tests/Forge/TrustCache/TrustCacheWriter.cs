using IpswDiff.Forge.Compression;

namespace IpswDiff.Forge.TrustCache;

/// <summary>An entry to write; what its version has no room for is left out.</summary>
public sealed record TrustCacheEntryPlan(byte[] CdHash, byte HashType = 2, byte Flags = 0, byte Category = 0);

/// <summary>Writes trust caches of versions 0, 1 and 2.</summary>
public sealed class TrustCacheWriter(int version)
{
    public Guid Uuid { get; init; } = new("35EB5284-FD1E-4A5A-9EFB-4F79402BA6C0");

    /// <summary>Whether entries are put in the order of their hashes, as those of versions 1 and 2 are.</summary>
    public bool Sorted { get; init; } = version > 0;

    public List<TrustCacheEntryPlan> Entries { get; } = [];

    /// <summary>The entries in the order they are written.</summary>
    public IReadOnlyList<TrustCacheEntryPlan> Ordered => Sorted
        ? [.. Entries.OrderBy(static entry => Convert.ToHexString(entry.CdHash), StringComparer.Ordinal)]
        : Entries;

    public byte[] Write()
    {
        var writer = new ByteWriter();
        writer.UInt32((uint)version);
        writer.Bytes(Uuid.ToByteArray(bigEndian: true));
        writer.UInt32((uint)Entries.Count);
        foreach (var entry in Ordered)
        {
            writer.Bytes(entry.CdHash);
            if (version >= 1)
            {
                writer.Byte(entry.HashType);
                writer.Byte(entry.Flags);
            }

            if (version >= 2)
            {
                writer.Byte(entry.Category);
                writer.Byte(0);
            }
        }

        return writer.ToArray();
    }
}
