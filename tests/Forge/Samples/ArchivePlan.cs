using System.Security.Cryptography;

namespace IpswDiff.Forge.Samples;

/// <summary>The members of the two archives, and the changes among those that are not images of volumes.</summary>
public sealed class ArchivePlan
{
    /// <summary>The name that reports give to what is loose in the archive.</summary>
    public const string Volume = "IPSW";

    private readonly SortedDictionary<string, byte[]> _old = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, byte[]> _new = new(StringComparer.Ordinal);
    private readonly List<PlantedChange> _changes = [];

    /// <summary>Members of the old archive, in ordinal order of their names.</summary>
    public IReadOnlyDictionary<string, byte[]> Old => _old;

    /// <summary>Members of the new archive.</summary>
    public IReadOnlyDictionary<string, byte[]> New => _new;

    /// <summary>What was planted so far.</summary>
    public IReadOnlyList<PlantedChange> Changes => _changes;

    /// <summary>An image of a volume: what changed in it is told volume by volume, not here.</summary>
    public void Image(string oldName, byte[] old, string newName, byte[] @new)
    {
        _old.Add(oldName, old);
        _new.Add(newName, @new);
    }

    public void Keep(string name, byte[] bytes)
    {
        _old.Add(name, bytes);
        _new.Add(name, bytes);
    }

    public void Change(string name, byte[] old, byte[] @new)
    {
        _old.Add(name, old);
        _new.Add(name, @new);
        Plant(name, PlantedKind.Changed, State(old), State(@new));
    }

    public void Add(string name, byte[] bytes)
    {
        _new.Add(name, bytes);
        Plant(name, PlantedKind.Added, null, State(bytes));
    }

    public void Remove(string name, byte[] bytes)
    {
        _old.Add(name, bytes);
        Plant(name, PlantedKind.Removed, State(bytes), null);
    }

    private void Plant(string name, PlantedKind kind, FileState? old, FileState? @new)
        => _changes.Add(new PlantedChange(PlantedSection.Files, Volume, name, kind) { OldFile = old, NewFile = @new });

    private static FileState State(byte[] bytes) => new("file", bytes.Length, null, null, Convert.ToHexStringLower(SHA256.HashData(bytes)));
}
