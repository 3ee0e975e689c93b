using System.Security.Cryptography;
using IpswDiff.Forge.FileTree;

namespace IpswDiff.Forge.Samples;

/// <summary>A Mach-O file to be put into a volume, with what is known about it.</summary>
/// <param name="Bytes">The file.</param>
/// <param name="Slices">LLVM's facts about its slices.</param>
public sealed record SampleBinary(byte[] Bytes, IReadOnlyList<SliceFacts> Slices);

/// <summary>
/// The trees of one volume in both firmwares. Whatever puts something into them also writes down the change that it makes, so that
/// the list of changes is what was planted and not what a comparison found.
/// </summary>
public sealed class VolumePlan(string volume)
{
    private readonly List<PlantedChange> _changes = [];
    private readonly List<SampleBinary> _binaries = [];

    public string Volume { get; } = volume;

    public ForgeTree Old { get; } = new();

    public ForgeTree New { get; } = new();

    /// <summary>The binaries of both sides; a hard link's other names are left out.</summary>
    public IReadOnlyList<SampleBinary> Binaries => _binaries;

    /// <summary>What was planted so far, and the directories that only one side needed.</summary>
    public IReadOnlyList<PlantedChange> Changes => [.. _changes, .. DirectoryChanges(Old, New, PlantedKind.Removed), .. DirectoryChanges(New, Old, PlantedKind.Added)];

    /// <summary>The same file on both sides.</summary>
    public void Keep(string path, ForgeContent content, int mode = Modes.File)
    {
        Put(Old, path, content, mode);
        Put(New, path, content, mode);
    }

    public void Add(string path, ForgeContent content, int mode = Modes.File)
    {
        Put(New, path, content, mode);
        Plant(path, null, File(content, mode));
    }

    public void Remove(string path, ForgeContent content, int mode = Modes.File)
    {
        Put(Old, path, content, mode);
        Plant(path, File(content, mode), null);
    }

    public void Change(string path, ForgeContent old, ForgeContent @new, int oldMode = Modes.File, int newMode = Modes.File)
    {
        Put(Old, path, old, oldMode);
        Put(New, path, @new, newMode);
        Plant(path, File(old, oldMode), File(@new, newMode));
    }

    public void KeepLink(string path, string target)
    {
        Old.AddSymlink(path, target);
        New.AddSymlink(path, target);
    }

    public void ChangeLink(string path, string oldTarget, string newTarget)
    {
        Old.AddSymlink(path, oldTarget);
        New.AddSymlink(path, newTarget);
        Plant(path, Link(oldTarget), Link(newTarget));
    }

    public void AddLink(string path, string target)
    {
        New.AddSymlink(path, target);
        Plant(path, null, Link(target));
    }

    /// <summary>A file that becomes a symbolic link.</summary>
    public void FileBecomesLink(string path, ForgeContent content, string target)
    {
        Put(Old, path, content, Modes.File);
        New.AddSymlink(path, target);
        Plant(path, File(content, Modes.File), Link(target));
    }

    /// <summary>A file that becomes a directory with one file in it.</summary>
    public void FileBecomesDirectory(string path, ForgeContent content, string name, ForgeContent inner)
    {
        Put(Old, path, content, Modes.File);
        Add(path + "/" + name, inner);
        Plant(path, File(content, Modes.File), Directory);
    }

    /// <summary>Another name, on both sides, of a file that both sides keep.</summary>
    public void KeepHardLink(string path, string existing)
    {
        Old.AddHardLink(path, existing);
        New.AddHardLink(path, existing);
        var identical = new PlantedChange(PlantedSection.MachO, Volume, existing, PlantedKind.Identical);
        if (_changes.Contains(identical))
        {
            _changes.Add(identical with { Path = path });
        }
    }

    /// <summary>Another name that only the new side has.</summary>
    public void AddHardLink(string path, string existing)
    {
        New.AddHardLink(path, existing);
        var file = (ForgeFile)New.Find(existing)!;
        Plant(path, null, File(file.Content, file.Mode));
    }

    public void KeepBinary(string path, SampleBinary binary)
    {
        _binaries.Add(binary);
        Keep(path, ForgeContent.FromBytes(binary.Bytes), Modes.Program);
        _changes.Add(new PlantedChange(PlantedSection.MachO, Volume, path, PlantedKind.Identical));
    }

    public void AddBinary(string path, SampleBinary binary)
    {
        _binaries.Add(binary);
        Add(path, ForgeContent.FromBytes(binary.Bytes), Modes.Program);
        _changes.Add(new PlantedChange(PlantedSection.MachO, Volume, path, PlantedKind.Added));
    }

    public void RemoveBinary(string path, SampleBinary binary)
    {
        _binaries.Add(binary);
        Remove(path, ForgeContent.FromBytes(binary.Bytes), Modes.Program);
        _changes.Add(new PlantedChange(PlantedSection.MachO, Volume, path, PlantedKind.Removed));
    }

    /// <param name="path">Where it stands on both sides.</param>
    /// <param name="old">Before.</param>
    /// <param name="new">After.</param>
    /// <param name="functionsChanged">Where the source is ours: functions that both have and whose instructions differ, by architecture.</param>
    public void ChangeBinary(string path, SampleBinary old, SampleBinary @new, params (string Arch, string[] Names)[] functionsChanged)
    {
        var functions = functionsChanged.Length == 0 ? null : functionsChanged.ToDictionary(entry => entry.Arch, entry => entry.Names, StringComparer.Ordinal);
        ReplaceBinary(path, old, @new, PlantedKind.Changed, SliceComparison.Compare(old.Slices, @new.Slices, functions));
    }

    /// <summary>A binary linked again from the same code.</summary>
    public void RebuildBinary(string path, SampleBinary old, SampleBinary @new)
        => ReplaceBinary(path, old, @new, PlantedKind.Rebuilt, SliceComparison.Compare(old.Slices, @new.Slices));

    /// <summary>A binary signed again: the same code and UUID, another signature.</summary>
    public void ResignBinary(string path, SampleBinary old, SampleBinary @new)
        => ReplaceBinary(path, old, @new, PlantedKind.Resigned, []);

    public void MoveBinary(string oldPath, string newPath, SampleBinary binary)
    {
        _binaries.Add(binary);
        Remove(oldPath, ForgeContent.FromBytes(binary.Bytes), Modes.Program);
        Add(newPath, ForgeContent.FromBytes(binary.Bytes), Modes.Program);
        _changes.Add(new PlantedChange(PlantedSection.MachO, Volume, newPath, PlantedKind.Moved) { OldPath = oldPath });
    }

    /// <summary>Writes down what a property list or a string table says otherwise; its file is planted apart from this.</summary>
    public void PlantValues(PlantedSection section, string path, PlantedKind kind, params PlantedValue[] values)
        => _changes.Add(new PlantedChange(section, Volume, path, kind) { Values = values });

    private void ReplaceBinary(string path, SampleBinary old, SampleBinary @new, PlantedKind kind, IReadOnlyList<PlantedSlice> slices)
    {
        _binaries.AddRange([old, @new]);
        Change(path, ForgeContent.FromBytes(old.Bytes), ForgeContent.FromBytes(@new.Bytes), Modes.Program, Modes.Program);
        _changes.Add(new PlantedChange(PlantedSection.MachO, Volume, path, kind) { Slices = slices });
    }

    private void Plant(string path, FileState? old, FileState? @new)
    {
        var kind = old is null ? PlantedKind.Added : @new is null ? PlantedKind.Removed : PlantedKind.Changed;
        _changes.Add(new PlantedChange(PlantedSection.Files, Volume, path, kind) { OldFile = old, NewFile = @new });
    }

    private static void Put(ForgeTree tree, string path, ForgeContent content, int mode) => tree.AddFile(path, content).Mode = mode;

    // A directory that takes a file's place is planted by whoever does that.
    private IEnumerable<PlantedChange> DirectoryChanges(ForgeTree with, ForgeTree without, PlantedKind kind)
        => with.Walk()
            .Where(entry => entry.Node is ForgeDirectory && without.Find(entry.Path) is null)
            .Select(entry => new PlantedChange(PlantedSection.Files, Volume, entry.Path, kind)
            {
                OldFile = kind == PlantedKind.Removed ? Directory : null,
                NewFile = kind == PlantedKind.Added ? Directory : null,
            });

    private static FileState Directory { get; } = new("directory", 0, Modes.Text(Modes.Directory), null, null);

    private static FileState Link(string target) => new("symlink", target.Length, Modes.Text(Modes.Symlink), target, null);

    private static FileState File(ForgeContent content, int mode)
    {
        using var stream = content.Open();
        return new FileState("file", content.Length, Modes.Text(mode), null, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }
}

/// <summary>The modes that the samples use.</summary>
public static class Modes
{
    public const int File = 0b110_100_100;
    public const int PrivateFile = 0b110_000_000;
    public const int Program = 0b111_101_101;
    public const int SetUserIdProgram = 0b100_111_101_101;
    public const int Directory = 0b111_101_101;
    public const int Symlink = 0b111_101_101;

    public static string Text(int mode) => Convert.ToString(mode, 8).PadLeft(4, '0');
}
