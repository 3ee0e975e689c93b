using IpswDiff.Forge.Dwarf;

namespace IpswDiff.Forge.AllKinds;

/// <summary>Two Kernel Debug Kits, each with a kernel whose types lie in a bundle beside it and one that has them itself.</summary>
internal sealed class KdkPlants
{
    private const string Section = "Kdk";
    private const string Release = "kernel.release.t8132";
    private const string Development = "kernel.development.t8132";

    // The first of the generated structures that KdkPair changes is the eighteenth; what holds it by value changes with it.
    private readonly KdkPair _release = KdkPair.Create(22, 30);
    private readonly KdkPair _development = KdkPair.Create(23, 0);

    /// <summary>Writes both kits.</summary>
    internal void Write(string oldFolder, string newFolder)
    {
        KdkPair.WriteKit(oldFolder, Release, _release.Old, new DwarfWriterOptions { Version = 4 });
        KdkPair.WriteKit(newFolder, Release, _release.New, new DwarfWriterOptions { Version = 4 });
        WriteWhole(oldFolder, _development.Old);
        WriteWhole(newFolder, _development.New);
    }

    internal IEnumerable<Plant> Plan() => Plan(Release, _release, "type: DWARF 4 in a dSYM").Concat(Plan(Development, _development, "type: DWARF 5 in the file"));

    private static IEnumerable<Plant> Plan(string kernel, KdkPair pair, string form) =>
    [
        .. pair.Added.Select(name => Type("added", kernel, name, form, null, pair.NewDefinitions[name])),
        .. pair.Removed.Select(name => Type("removed", kernel, name, form, pair.OldDefinitions[name], null)),
        .. pair.Changed.Select(name => Type("changed", kernel, name, form, pair.OldDefinitions[name], pair.NewDefinitions[name])),
    ];

    private static Plant Type(string group, string kernel, string name, string form, string? old, string? @new) =>
        new(Section, group, kernel, name, $"type: {group} {name.Split(' ')[0]}", form)
        {
            Says = [.. old is null ? Array.Empty<string>() : ["old definition " + old], .. @new is null ? Array.Empty<string>() : ["new definition " + @new]],
        };

    private static void WriteWhole(string folder, IReadOnlyList<ForgeType> types)
    {
        var kernels = Path.Combine(folder, "System", "Library", "Kernels");
        Directory.CreateDirectory(kernels);
        File.WriteAllBytes(Path.Combine(kernels, Development), KdkPair.Encode(types, new DwarfWriterOptions { Version = 5 }).ToMachO(Formats.MachO.MachOFileType.Execute));
    }
}
