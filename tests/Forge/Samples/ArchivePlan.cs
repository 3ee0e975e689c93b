using System.Security.Cryptography;

namespace IpswDiff.Forge.Samples;

/// <summary>The changes among the members of the two archives, images of volumes apart: what is in those is told volume by volume.</summary>
public sealed class ArchivePlan
{
    /// <summary>The name that reports give to what is loose in the archive.</summary>
    public const string Volume = "IPSW";

    private readonly List<PlantedChange> _changes = [];

    /// <summary>What was planted so far.</summary>
    public IReadOnlyList<PlantedChange> Changes => _changes;

    /// <summary>Writes down what becomes of the member <paramref name="name"/>; null where a side does not have it.</summary>
    internal void Plant(string name, byte[]? old, byte[]? @new)
    {
        var kind = old is null ? PlantedKind.Added : @new is null ? PlantedKind.Removed : PlantedKind.Changed;
        _changes.Add(new PlantedChange(PlantedSection.Files, Volume, name, kind) { OldFile = State(old), NewFile = State(@new) });
    }

    private static FileState? State(byte[]? bytes)
        => bytes is null ? null : new FileState("file", bytes.Length, null, null, Convert.ToHexStringLower(SHA256.HashData(bytes)));
}
