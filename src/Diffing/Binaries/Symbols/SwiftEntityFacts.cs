using System.IO.Hashing;
using System.Runtime.InteropServices;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.MachO.Swift;

namespace IpswDiff.Diffing.Binaries.Symbols;

/// <summary>What is compared of a type or protocol, in names without what tells private ones apart.</summary>
/// <param name="Kind">struct, class, enum or protocol.</param>
/// <param name="Name">Module, parents and name.</param>
/// <param name="Superclass">Of a class the one it derives from.</param>
/// <param name="Members">Fields or cases in order; null where the compiler left them out or there can be none.</param>
/// <param name="Methods">
/// Entries of a class's table, requirements of a protocol; null where the table is not understood.
/// </param>
/// <param name="AssociatedTypes">Of a protocol.</param>
internal sealed record SwiftEntityFacts(
    string Kind, string Name, string? Superclass, SwiftMember[]? Members, IReadOnlyList<SwiftMethod>? Methods,
        IReadOnlyList<string> AssociatedTypes)
{
    public const string Protocol = "protocol";
    public const string Enum = "enum";

    public static SwiftEntityFacts Of(SwiftType type)
    {
        var isEnum = type.Kind == SwiftTypeKind.Enum;
        var kind = type.Kind switch
        {
            SwiftTypeKind.Class => "class",
            SwiftTypeKind.Struct => "struct",
            _ => Enum,
        };
        return new SwiftEntityFacts(
            kind,
            SwiftPlainNames.Of(type.Name),
            type.Superclass is { } superclass ? SwiftPlainNames.Of(superclass) : null,
            type.Fields is { } fields ? [.. fields.Select(field => Member(field, isEnum))] : null,
            type.Methods,
            []);
    }

    public static SwiftEntityFacts Of(SwiftProtocol protocol) =>
        new(Protocol, SwiftPlainNames.Of(protocol.Name), null, null, protocol.Requirements, protocol.AssociatedTypes);

    /// <summary>
    /// A hash of all that is compared. The order of members counts, that of methods and associated types does not.
    /// </summary>
    public UInt128 Hash()
    {
        var hash = Add(Shape(static text => text), Kind);
        foreach (var method in Methods ?? [])
        {
            hash = unchecked(hash + Add(1, method.Kind));
        }

        foreach (var name in AssociatedTypes)
        {
            hash = unchecked(hash + Add(2, name));
        }

        return Methods is null ? ~hash : hash;
    }

    /// <summary>A hash of superclass and members, their types as <paramref name="write"/> writes them.</summary>
    public UInt128 Shape(Func<string, string> write)
    {
        var hash = Add((UInt128)(Members is null ? 1 : 2), Superclass is null ? string.Empty : write(Superclass));
        foreach (var member in Members ?? [])
        {
            hash = Add(Add(hash, member.Name), member.Type is null ? string.Empty : write(member.Type));
            hash = unchecked(hash + (member.IsVar == true ? 1u : 0u) + (member.Indirect == true ? 2u : 0u)
                + (member.Type is null ? 4u : 0u));
        }

        return hash;
    }

    public SwiftEntity ToEntity() => new()
    {
        Kind = Kind,
        Name = Name,
        Superclass = Superclass,
        Fields = Kind is Enum or Protocol ? null : Members,
        Cases = Kind == Enum ? Members : null,
        Requirements = Kind == Protocol ? Methods!.Count : null,
        AssociatedTypes = Kind == Protocol && AssociatedTypes.Count > 0 ? AssociatedTypes : null,
    };

    private static UInt128 Add(UInt128 hash, string text) =>
        unchecked(XxHash128.HashToUInt128(MemoryMarshal.AsBytes(text.AsSpan()), (long)(ulong)hash) + (hash >> 64));

    private static SwiftMember Member(SwiftField field, bool isEnum) => new(
        field.Name,
        field.Type is { } type ? SwiftPlainNames.Of(type) : null,
        isEnum ? null : field.IsVar,
        isEnum && field.IsIndirect ? true : null);
}
