using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Samples;

namespace IpswDiff.Forge.AllKinds;

/// <summary>
/// One volume of both firmwares and its plants. Whatever differs is also a change of the volume's list of files; that comes from what
/// was put there, once for all handlers.
/// </summary>
internal sealed class VolumePlants(string volume)
{
    private readonly VolumePlan _files = new(volume);
    private readonly List<Plant> _plants = [];
    private readonly List<string> _moved = [];

    internal string Volume => _files.Volume;

    /// <summary>The trees, and ways to put files into them that need no plants of their own.</summary>
    internal VolumePlan Files => _files;

    internal IEnumerable<Plant> Plants => _plants.Concat(_files.Changes.Where(IsListed).Select(Listed));

    /// <summary>A file with a plant in a section other than that of files; null where a side does not have it.</summary>
    internal void Put(string path, byte[]? before, byte[]? after, int mode = Modes.File)
    {
        var (old, @new) = (before is null ? null : ForgeContent.FromBytes(before), after is null ? null : ForgeContent.FromBytes(after));
        if (old is null)
        {
            _files.Add(path, @new!, mode);
        }
        else if (@new is null)
        {
            _files.Remove(path, old, mode);
        }
        else if (before.AsSpan().SequenceEqual(after))
        {
            _files.Keep(path, old, mode);
        }
        else
        {
            _files.Change(path, old, @new, mode, mode);
        }
    }

    /// <summary>A plant of this volume.</summary>
    internal void Plant(string section, string group, string path, string[] kinds, string[]? what = null, string[]? says = null, string? reason = null)
        => _plants.Add(new Plant(section, group, Volume, path, kinds) { What = what, Says = says, Reason = reason });

    internal void Plant(Plant plant) => _plants.Add(plant);

    /// <summary>A directory with all that is in it, put elsewhere: one item, and none for what is inside.</summary>
    internal void MoveDirectory(string from, string to, string proof, params (string Name, string Text)[] files)
    {
        foreach (var (name, text) in files)
        {
            _files.Old.AddFile($"{from}/{name}", text);
            _files.New.AddFile($"{to}/{name}", text);
        }

        _moved.AddRange([from, to]);
        _plants.Add(new Plant("Files", "moved", Volume, to, "directory: moved") { From = from, Proof = proof });
    }

    /// <summary>A file that the volume's own hash finds again.</summary>
    internal void MoveFile(string from, string to, string text)
    {
        _files.Old.AddFile(from, text);
        _files.New.AddFile(to, text);
        _plants.Add(new Plant("Files", "moved", Volume, to, "file: moved by its kept hash") { From = from, Proof = "content" });
    }

    private bool IsListed(PlantedChange change) =>
        !_moved.Exists(root => change.Path == root || change.Path.StartsWith(root + "/", StringComparison.Ordinal));

    private static Plant Listed(PlantedChange change)
    {
        var (old, @new) = (change.OldFile, change.NewFile);
        return new Plant("Files", change.Kind.ToString().ToLowerInvariant(), change.Volume, change.Path, KindOf(old, @new)) { What = old is null || @new is null ? null : What(old, @new) };
    }

    private static string KindOf(FileState? old, FileState? @new) => (old, @new) switch
    {
        (null, { Kind: "directory" }) => "directory: added",
        ({ Kind: "directory" }, null) => "directory: removed",
        (null, { Kind: "symlink" }) => "symlink: broken",
        (null, _) => "file: added",
        (_, null) => "file: removed",
        _ when old.Kind != @new.Kind => "file: kind",
        _ when old.Target != @new.Target => "symlink: target",
        _ when old.Mode != @new.Mode => "file: mode",
        _ => old.Size == @new.Size ? "file: content of equal size" : "file: size",
    };

    private static string[] What(FileState old, FileState @new) =>
    [
        .. old.Kind != @new.Kind ? ["kind"]
            : old.Target != @new.Target ? ["target"]
            : old.Size != @new.Size ? ["size"]
            : old.Sha256 != @new.Sha256 ? ["content"] : Array.Empty<string>(),
        .. old.Mode == @new.Mode ? Array.Empty<string>() : ["mode"],
    ];
}
