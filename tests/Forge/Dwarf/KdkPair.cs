using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.Dwarf;

/// <summary>
/// The types of a kernel in two versions, with a change of every kind planted, and Kernel Debug Kits that have them. What differs is
/// known from the types themselves.
/// </summary>
public sealed class KdkPair
{
    private const int UnitTypes = 40;

    private KdkPair(IReadOnlyList<ForgeType> old, IReadOnlyList<ForgeType> @new)
    {
        Old = old;
        New = @new;
        OldDefinitions = DwarfTruth.ByName(old);
        NewDefinitions = DwarfTruth.ByName(@new);
    }

    public IReadOnlyList<ForgeType> Old { get; }

    public IReadOnlyList<ForgeType> New { get; }

    /// <summary>Definitions by keyword and name.</summary>
    public IReadOnlyDictionary<string, string> OldDefinitions { get; }

    /// <summary>Definitions by keyword and name.</summary>
    public IReadOnlyDictionary<string, string> NewDefinitions { get; }

    /// <summary>Types that only the new version has, by keyword and name.</summary>
    public IEnumerable<string> Added => NewDefinitions.Keys.Where(name => !OldDefinitions.ContainsKey(name));

    /// <summary>Types that only the old version has.</summary>
    public IEnumerable<string> Removed => OldDefinitions.Keys.Where(name => !NewDefinitions.ContainsKey(name));

    /// <summary>Types that both have and that differ.</summary>
    public IEnumerable<string> Changed => OldDefinitions.Where(pair => NewDefinitions.TryGetValue(pair.Key, out var text) && text != pair.Value).Select(static pair => pair.Key);

    /// <summary>Some structures from a seed with the planted changes among them.</summary>
    public static KdkPair Create(ulong seed, int structures) => new(
        [.. ForgeTypeSamples.Structures(seed, structures), .. Planted(isNew: false)],
        [.. ForgeTypeSamples.Structures(seed, structures, static (i, structure) => _ = i % 50 == 17 ? structure.Add("planted", ForgeBaseType.Long) : structure), .. Planted(isNew: true)]);

    /// <summary>The debugging information of one side.</summary>
    public static DwarfSectionBytes Encode(IReadOnlyList<ForgeType> types, DwarfWriterOptions options)
    {
        var writer = new DwarfWriter(options);
        for (var unit = 0; unit * UnitTypes < types.Count; unit++)
        {
            writer.AddUnit($"unit{unit}.c", types.Skip(unit * UnitTypes).Take(UnitTypes));
        }

        return writer.Write();
    }

    /// <summary>A kit with a kernel, stripped as in Apple's kits, whose information is in the bundle beside it.</summary>
    public static void WriteKit(string folder, string kernel, IReadOnlyList<ForgeType> types, DwarfWriterOptions options)
    {
        var kernels = Path.Combine(folder, "System", "Library", "Kernels");
        var bundle = Path.Combine(kernels, kernel + ".dSYM", "Contents", "Resources", "DWARF");
        Directory.CreateDirectory(bundle);
        File.WriteAllBytes(Path.Combine(kernels, kernel), new MachO.MachOBuilder(MachO.MachOArch.Arm64e, MachOFileType.Execute).Build());
        File.WriteAllBytes(Path.Combine(bundle, kernel), Encode(types, options).ToMachO());
    }

    private static List<ForgeType> Planted(bool isNew)
    {
        var shifted = new ForgeAggregate("struct", "planted_layout").Add("a", isNew ? ForgeBaseType.Int : ForgeBaseType.Long).Add("b", ForgeBaseType.Long);
        var embedded = new ForgeAggregate("struct", "planted_embedded").Add("first", ForgeBaseType.Int);
        if (isNew)
        {
            embedded.Add("second", ForgeBaseType.Long);
        }

        var types = new List<ForgeType>
        {
            shifted,
            new ForgeAggregate("struct", "planted_holder").Add("inside", embedded).Add("behind", ForgeBaseType.Int),
            new ForgeAggregate("union", "planted_union").Add("a", ForgeBaseType.Int).Add(isNew ? "renamed" : "b", ForgeBaseType.Int),
            new ForgeAggregate("struct", "planted_bits").Add("low", ForgeBaseType.Int, isNew ? 4 : 3).Add("high", ForgeBaseType.Int, 5),
            new ForgeEnum("planted_enum", ForgeBaseType.Int, ("ONE", 1), ("TWO", isNew ? 3 : 2)),
            new ForgeTypedef("planted_typedef_t", isNew ? ForgeBaseType.UnsignedLong : ForgeBaseType.UnsignedInt),
            new ForgeTypedef("planted_callback_t", new ForgePointer(new ForgeFunction(null, isNew, new ForgePointer(embedded)))),
            isNew
                ? new ForgeAggregate("struct", "planted_added").Add("a", ForgeBaseType.Long).Add("b", ForgeBaseType.Long)
                : new ForgeAggregate("struct", "planted_removed").Add("a", ForgeBaseType.Char),
            new ForgeTypedef(isNew ? "planted_added_t" : "planted_removed_t", ForgeBaseType.Int),
            new ForgeEnum(isNew ? "planted_added_enum" : "planted_removed_enum", ForgeBaseType.Int, ("ANY", 0)),
            new ForgeAggregate("union", isNew ? "planted_added_union" : "planted_removed_union").Add("a", ForgeBaseType.Int),
        };
        return types;
    }
}
