using System.Globalization;
using System.Text;

namespace IpswDiff.Forge.Dwarf;

/// <summary>The definitions that types of the Forge have, written from what the Forge knows.</summary>
public static class DwarfTruth
{
    /// <summary>The definition of every named type that some types are made of, sorted.</summary>
    public static IReadOnlyList<string> Of(IEnumerable<ForgeType> types) =>
        [.. Reach(types).Select(Define).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>The same by keyword and name, for types no two of which have one name.</summary>
    public static IReadOnlyDictionary<string, string> ByName(IEnumerable<ForgeType> types) =>
        Reach(types).Select(static type => (Name: NameOf(type), Text: Define(type))).Where(static pair => pair.Text is not null)
            .ToDictionary(static pair => pair.Name!, static pair => pair.Text!, StringComparer.Ordinal);

    private static HashSet<ForgeType> Reach(IEnumerable<ForgeType> types)
    {
        var seen = new HashSet<ForgeType>();
        foreach (var type in types)
        {
            Collect(type, seen);
        }

        return seen;
    }

    private static string? NameOf(ForgeType type) => type switch
    {
        ForgeAggregate aggregate => $"{aggregate.Keyword} {aggregate.Name}",
        ForgeEnum values => $"enum {values.Name}",
        ForgeTypedef named => $"typedef {named.Name}",
        _ => null,
    };

    private static void Collect(ForgeType type, HashSet<ForgeType> seen)
    {
        if (seen.Add(type))
        {
            foreach (var used in type.Uses)
            {
                Collect(used, seen);
            }
        }
    }

    /// <summary>The definition of a named type; null for other types.</summary>
    public static string? Define(ForgeType type) => type switch
    {
        ForgeAggregate { Name: not null, IsDeclaration: false } aggregate => Body(aggregate, string.Empty, 0) + ";",
        ForgeEnum { Name: not null } values => Body(values, string.Empty) + ";",
        ForgeTypedef { Target: ForgeAggregate { Name: null } nameless } named => $"typedef {Body(nameless, string.Empty, 0)} {named.Name};",
        ForgeTypedef named => $"typedef {(named.Target is null ? $"void {named.Name}" : named.Target.Declare(named.Name))};",
        _ => null,
    };

    private static string Body(ForgeAggregate aggregate, string indent, long origin)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Head(aggregate.Keyword, aggregate.Name)} {{ /* 0x{aggregate.Size:x} bytes */\n");
        foreach (var member in aggregate.Members)
        {
            text.Append(indent).Append("    ").Append(Member(member, indent + "    ", origin)).Append(";\n");
        }

        return text.Append(indent).Append('}').ToString();
    }

    private static string Member(ForgeMember member, string indent, long origin)
    {
        var bits = member.Type.Size * 8;
        var offset = origin + (member.Bits is null ? member.FirstBit / 8 : member.FirstBit / bits * member.Type.Size);
        var place = member.Bits is null ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" bit {member.FirstBit % bits}");
        var size = member.Type is ForgeArray { HasUnknownSize: true } ? string.Empty : string.Create(CultureInfo.InvariantCulture, $", 0x{member.Type.Size:x}");
        var width = member.Bits is null ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" : {member.Bits}");
        var nested = Nameless(member.Type);
        var declaration = nested switch
        {
            null => member.Type.Declare(member.Name ?? string.Empty),
            ForgeEnum values => $"{Body(values, indent)} {member.Name}",
            ForgeAggregate inPlace when ReferenceEquals(inPlace, member.Type) => $"{Body(inPlace, indent, offset)} {member.Name}".TrimEnd(),

            // The spelling of a type without a name ends where its declarator begins.
            var aggregate => Body((ForgeAggregate)aggregate, indent, 0) + member.Type.Declare(member.Name!)["struct ".Length..],
        };
        return string.Create(CultureInfo.InvariantCulture, $"/* 0x{offset:x4}{place}{size} */ {declaration}{width}");
    }

    private static ForgeType? Nameless(ForgeType type) => type switch
    {
        ForgeAggregate { Name: null } or ForgeEnum { Name: null } => type,
        ForgeArray array => Nameless(array.Element),
        ForgePointer { Target: { } target } => Nameless(target),
        _ => null,
    };

    private static string Body(ForgeEnum values, string indent)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Head("enum", values.Name)} : {values.Underlying.Name} {{ /* 0x{values.Size:x} bytes */\n");
        foreach (var (name, value) in values.Constants)
        {
            text.Append(CultureInfo.InvariantCulture, $"{indent}    {name} = {value},\n");
        }

        return text.Append(indent).Append('}').ToString();
    }

    private static string Head(string keyword, string? name) => name is null ? keyword : $"{keyword} {name}";
}
