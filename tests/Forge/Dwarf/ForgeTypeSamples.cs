using System.Globalization;

namespace IpswDiff.Forge.Dwarf;

/// <summary>Sets of types to write.</summary>
public static class ForgeTypeSamples
{
    private static readonly ForgeBaseType[] Plain =
        [ForgeBaseType.Char, ForgeBaseType.Short, ForgeBaseType.Int, ForgeBaseType.UnsignedInt, ForgeBaseType.Long, ForgeBaseType.UnsignedLong];

    private static readonly string[] Nouns = ["task", "thread", "proc", "vm_map", "ipc_port", "socket", "mbuf", "vnode", "zone", "timer", "queue", "label"];

    /// <summary>Every shape that a declaration has in C, at least once.</summary>
    public static IReadOnlyList<ForgeType> Everything()
    {
        var opaque = new ForgeAggregate("struct", "opaque") { IsDeclaration = true };
        var link = new ForgeAggregate("struct", "link");
        link.Add("next", new ForgePointer(link)).Add("back", new ForgePointer(new ForgePointer(link)));
        var count = new ForgeTypedef("uint32_t", ForgeBaseType.UnsignedInt);
        var point = new ForgeTypedef("point_t", new ForgeAggregate("struct", null).Add("x", ForgeBaseType.Int).Add("y", ForgeBaseType.Int));
        var constChar = new ForgePointer(new ForgeQualified("const", ForgeBaseType.Char));
        var callback = new ForgeTypedef("callback_t", new ForgePointer(new ForgeFunction(ForgeBaseType.Int, true, new ForgePointer(null), new ForgePointer(opaque), constChar)));
        var color = new ForgeEnum("color", ForgeBaseType.Int, ("RED", 0), ("GREEN", 5), ("BLUE", -3));
        var wide = new ForgeEnum("wide", ForgeBaseType.UnsignedLong, ("SMALL", 1), ("LARGE", 0x7FFF_FFFF_FFFF_FFFF));
        var value = new ForgeAggregate("union", "value").Add("number", ForgeBaseType.Long).Add("bytes", new ForgeArray(ForgeBaseType.Char, 8)).Add("small", ForgeBaseType.Int, 5);
        var everything = new ForgeAggregate("struct", "everything")
            .Add("links", link)
            .Add("flags", count, 3).Add("mode", count, 5).Add("rest", count, 30)
            .Add("wide", ForgeBaseType.UnsignedLong, 40).Add("one", ForgeBaseType.Char)
            .Add("names", new ForgeArray(new ForgePointer(new ForgeQualified("const", constChar)), 4))
            .Add("where", new ForgeQualified("restrict", new ForgePointer(new ForgeQualified("volatile", ForgeBaseType.Int))))
            .Add("matrix", new ForgeArray(ForgeBaseType.Int, 2, 3))
            .Add(null, new ForgeAggregate("union", null)
                .Add("a", ForgeBaseType.Int)
                .Add("parts", new ForgeAggregate("struct", null).Add("low", ForgeBaseType.Short).Add("high", ForgeBaseType.Short)))
            .Add("elsewhere", new ForgeArray(new ForgePointer(new ForgeAggregate("struct", null).Add("c", ForgeBaseType.Char).Add("deep", ForgeBaseType.Long)), 2))
            .Add("call", callback)
            .Add("direct", new ForgePointer(new ForgeFunction(null, false, ForgeBaseType.Int, new ForgePointer(new ForgeFunction(null, false)), point)))
            .Add("table", new ForgePointer(new ForgeArray(new ForgePointer(new ForgeFunction(ForgeBaseType.Int, false)), 4)))
            .Add("maker", new ForgePointer(new ForgeFunction(new ForgePointer(new ForgeFunction(ForgeBaseType.Int, false, ForgeBaseType.Char)), false)))
            .Add("color", color)
            .Add("local", new ForgeEnum(null, ForgeBaseType.UnsignedInt, ("LOCAL_A", 0), ("LOCAL_B", 300)))
            .Add("atomic", new ForgeQualified("_Atomic", ForgeBaseType.Long))
            .Add("signed", new ForgeSignedPointer(new ForgePointer(new ForgeFunction(ForgeBaseType.Int, false, new ForgePointer(null))), 2, true, 0xBEEF))
            .Add("value", value)
            .Add("far", new ForgeArray(ForgeBaseType.Long, 1000))
            .Add("wide_enum", wide)
            .Add("opaque", new ForgePointer(opaque))
            .Add("tail", new ForgeArray(ForgeBaseType.Char, new long?[] { null }));
        return [everything, new ForgeTypedef("nothing_t", null), new ForgeTypedef("everything_ptr_t", new ForgePointer(everything)), new ForgeAggregate("struct", "empty")];
    }

    /// <summary>Many structures of common members from a seed, as a kernel has: each may use those before it.</summary>
    /// <param name="seed">What they come from.</param>
    /// <param name="count">How many.</param>
    /// <param name="change">What to do with the structures by their number, before they are used by others.</param>
    public static IReadOnlyList<ForgeAggregate> Structures(ulong seed, int count, Action<int, ForgeAggregate>? change = null)
    {
        var random = new ForgeRandom(seed);
        var structures = new List<ForgeAggregate>();
        for (var i = 0; i < count; i++)
        {
            var structure = new ForgeAggregate(random.Next(8) == 0 ? "union" : "struct", string.Create(CultureInfo.InvariantCulture, $"{Nouns[random.Next(Nouns.Length)]}_{i}"));
            for (var members = 1 + random.Next(12); members > 0; members--)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"{Nouns[random.Next(Nouns.Length)]}{members}");
                ForgeType plain = Plain[random.Next(Plain.Length)];
                ForgeType other = structures.Count == 0 ? plain : structures[random.Next(structures.Count)];
                structure.Add(name, random.Next(8) switch
                {
                    0 => new ForgePointer(other),
                    1 => new ForgeArray(plain, 1 + random.Next(64)),
                    2 => new ForgePointer(new ForgeQualified("const", other)),
                    3 => new ForgeTypedef(string.Create(CultureInfo.InvariantCulture, $"alias_{i}_{members}_t"), plain),
                    4 when other.Size < 4096 => other,
                    5 => new ForgePointer(new ForgeFunction(plain, false, new ForgePointer(structure), new ForgePointer(other))),
                    _ => plain,
                });
            }

            change?.Invoke(i, structure);
            structures.Add(structure);
        }

        return structures;
    }
}
