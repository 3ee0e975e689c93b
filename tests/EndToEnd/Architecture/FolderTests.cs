namespace IpswDiff.EndToEnd.Architecture;

/// <summary>The layers of the folders of each house: there is one direction, and no circle.</summary>
public class FolderTests
{
    private static readonly Dictionary<string, FolderLayers> Layers = new(StringComparer.Ordinal)
    {
        ["src/Formats"] = new(
            "Bytes Demangling/Swift MachO/Versions",
            "Compression Demangling DeviceTree FileSystems Img3 Partitions Plist TrustCache Zip",
            "Aea Decmpfs Ftab IBoot Img4 Ipsw MachO/CodeSigning Pbzx Udif",
            "AppleArchive HfsPlus ImagePatches MachO",
            "Apfs Ar Dwarf Exclave Kernelcache MachO/Fixups Ota SharedCache",
            "DiskImages MachO/ObjectiveC",
            "MachO/Swift",
            "Detection"),
        ["src/Diffing"] = new(
            "Options Results",
            "Inputs Signal Storage Shards Binaries/Symbols",
            "Inputs/Opening",
            "Binaries/Sections",
            "Binaries/Code",
            "Binaries",
            "Pairs Unpacked",
            "Handlers Values",
            "Handlers/*",
            "Handlers/IBoot Merging",
            "Registry",
            "Passes Reports/Contents",
            "Reports/Json Reports/Markdown",
            "Reports/Html Reports/Console",
            "Reports",
            "Workflow/Messages",
            "Workflow",
            "Running"),
        ["src/Service"] = new(".", "Http", "Hosting"),
    };

    /// <summary>The houses that have a table.</summary>
    public static TheoryData<string> Houses { get; } = new(Layers.Keys);

    [Theory]
    [MemberData(nameof(Houses))]
    public void Folders_use_only_folders_of_lower_layers(string house)
    {
        var faults = Layers[house].Faults(HouseSource.Read(house));
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public void Uses_through_parent_namespaces_constants_and_extensions_are_seen()
    {
        var uses = HouseSource.Read("src/Formats").FolderUses();
        Assert.Contains(uses, use => (use.From, use.To, use.Type) == ("MachO/Fixups", "MachO", "MachOFormat"));
        Assert.Contains(uses, use => (use.From, use.To, use.Type) == ("MachO/ObjectiveC", "MachO/Fixups", "ImagePointers"));
        Assert.Contains(uses, use => (use.From, use.To, use.Type) == ("Apfs", "HfsPlus", "HfsDecomposition"));
    }

    [Fact]
    public void A_use_of_the_same_or_a_higher_layer_is_told_with_its_place()
    {
        var faults = new FolderLayers("Http Hosting", ".", "Gone").Faults(HouseSource.Read("src/Service"));
        Assert.Contains("Gone is in the table and has no files", faults);
        Assert.Contains(faults, fault => fault.StartsWith("Hosting uses Http: DiffApi in Hosting/LocalService.cs:", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("Http uses (root): DiffService in Http/", StringComparison.Ordinal));
        Assert.DoesNotContain(faults, fault => fault.StartsWith("(root) uses", StringComparison.Ordinal));
    }
}
