using System.Buffers.Binary;

namespace IpswDiff.Forge.MachO.Swift;

/// <summary>
/// Writes the metadata of a module as the compiler lays it out: context descriptors, field descriptors and names, and
/// the records of
/// <c>__swift5_types</c>, <c>__swift5_protos</c> and <c>__swift5_proto</c> that lead to them. The formats are those of
/// swift/docs/ABI/TypeMetadata.rst.
/// </summary>
public static class SwiftMetadataWriter
{
    private const uint Unique = 0x40;
    private const uint HasMethods = 1u << 31;

    /// <summary>Adds the module to an image and builds it.</summary>
    public static byte[] Build(MachOBuilder builder, ForgeSwiftModule module)
    {
        var blob = Write(module);
        var descriptors = builder.AddSection("__TEXT", "__const", blob.ToArray());
        List<(MachOSectionPlan Section, int[] Places)> lists = [];
        Add("__swift5_types", module.Types.Select(type => blob["type " + type.Name]));
        Add("__swift5_protos", module.Protocols.Select(protocol => blob["protocol " + protocol.Name]));
        Add("__swift5_proto", Enumerable.Range(0, module.Conformances.Count).Select(i => blob[$"conformance {i}"]));

        // Where the sections stand is known once the image has been laid out; the second time it is laid out the same.
        builder.Build();
        foreach (var (section, places) in lists)
        {
            for (var i = 0; i < places.Length; i++)
            {
                var distance = (long)descriptors.Address + places[i] - (long)section.Address - (i * 4);
                BinaryPrimitives.WriteInt32LittleEndian(section.Bytes.AsSpan(i * 4), checked((int)distance));
            }
        }

        return builder.Build();

        void Add(string name, IEnumerable<int> places)
        {
            int[] all = [.. places];
            if (all.Length > 0)
            {
                lists.Add((builder.AddSection("__TEXT", name, new byte[all.Length * 4], alignment: 2), all));
            }
        }
    }

    private static RelativeBlob Write(ForgeSwiftModule module)
    {
        var blob = new RelativeBlob();
        blob.Place("module").Word(0 | Unique).Word(0).To("module name");
        blob.Place("module name").Text(module.Name);
        foreach (var type in module.Types)
        {
            WriteType(blob, type);
        }

        foreach (var protocol in module.Protocols)
        {
            var place = "protocol " + protocol.Name;
            var names = protocol.AssociatedTypes.Count == 0 ? null : place + " types";
            blob.Place(place).Word(3 | Unique).To("module").To(place + " name").Word(0)
                .Word((uint)protocol.Requirements.Count).To(names);
            foreach (var flags in protocol.Requirements)
            {
                blob.Word(flags).Word(0);
            }

            blob.Place(place + " name").Text(protocol.Name);
            if (names is not null)
            {
                blob.Place(names).Text(string.Join(' ', protocol.AssociatedTypes));
            }
        }

        for (var i = 0; i < module.Conformances.Count; i++)
        {
            var (type, protocol) = module.Conformances[i];
            blob.Place($"conformance {i}").To("protocol " + protocol).To("type " + type).Word(0).Word(0);
        }

        return blob;
    }

    private static void WriteType(RelativeBlob blob, ForgeSwiftType type)
    {
        var place = "type " + type.Name;
        var dot = type.Name.LastIndexOf('.');
        var parent = dot < 0 ? "module" : "type " + type.Name[..dot];
        if (type.IsPrivate)
        {
            blob.Place(place + " file").Word(2 | Unique).To(parent);
            parent = place + " file";
        }

        var kind = type.Kind switch
        {
            "class" => 16u,
            "struct" => 17u,
            _ => 18u,
        };
        blob.Place(place).Word(kind | Unique | (type.Methods.Count > 0 ? HasMethods : 0)).To(parent).To(place + " name")
            .Word(0)
            .To(type.Members is null ? null : place + " fields");
        if (type.Kind == "class")
        {
            blob.To(type.Superclass is null ? null : place + " superclass").Word(2).Word(10).Word(0)
                .Word((uint)(type.Members?.Count ?? 0)).Word(10);
            if (type.Methods.Count > 0)
            {
                blob.Word(10).Word((uint)type.Methods.Count);
                foreach (var flags in type.Methods)
                {
                    blob.Word(flags).Word(0);
                }
            }
        }
        else
        {
            blob.Word((uint)(type.Members?.Count ?? 0)).Word(2);
        }

        blob.Place(place + " name").Text(type.Name[(dot + 1)..]);
        if (type.Superclass is { } superclass)
        {
            WriteMangled(blob, place + " superclass", "@" + superclass);
        }

        if (type.Members is { } members)
        {
            WriteFields(blob, type.Kind, place, members);
        }
    }

    private static void WriteFields(
        RelativeBlob blob, string kind, string place, IReadOnlyList<ForgeSwiftMember> members)
    {
        blob.Place(place + " fields").To(null).To(null).Half((ushort)(kind == "struct" ? 0 : kind == "class" ? 1 : 2))
            .Half(12).Word((uint)members.Count);
        for (var i = 0; i < members.Count; i++)
        {
            blob.Word((members[i].IsIndirect ? 1u : 0) | (members[i].IsVar ? 2u : 0))
                .To(members[i].Type is null ? null : $"{place} type {i}").To($"{place} field {i}");
        }

        for (var i = 0; i < members.Count; i++)
        {
            blob.Place($"{place} field {i}").Text(members[i].Name);
            if (members[i].Type is { } type)
            {
                WriteMangled(blob, $"{place} type {i}", type);
            }
        }
    }

    private static void WriteMangled(RelativeBlob blob, string place, string type)
    {
        blob.Place(place);
        if (type.StartsWith('@'))
        {
            // A symbolic reference to a context descriptor, which need not be aligned.
            blob.Byte(1).To("type " + type[1..]).Byte(0);
        }
        else
        {
            blob.Text(type);
        }
    }
}
