using System.Globalization;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Dwarf;

/// <summary>Makes definitions of nodes. For one thread.</summary>
internal sealed class DwarfDefinitionBuilder(DwarfTypeResolver resolver)
{
    // What one definition may have of members and pieces of declarations; types without names repeat wherever they are used.
    private const int MaxPieces = 1 << 18;
    private const int MaxText = 1 << 16;

    private int _pieces;
    private int _depth;

    /// <summary>The definition at a node.</summary>
    /// <exception cref="FirmwareFormatException">Types refer to each other in a circle or to nothing, or the definition is endless.</exception>
    internal DwarfDefinition Build(DwarfUnitTypes unit, int index)
    {
        _pieces = 0;
        _depth = 0;
        return Define(unit, index);
    }

    /// <summary>The name of a type with the scopes around it, or null.</summary>
    internal string? QualifiedName(DwarfUnitTypes unit, int index)
    {
        var named = DwarfTypeResolver.NamedNode(unit, index);
        var name = unit[named].Name;
        if (name == 0)
        {
            return null;
        }

        Span<int> scopes = stackalloc int[DwarfTypeResolver.ScopeLimit];
        var count = DwarfTypeResolver.Scopes(unit, named, scopes);
        if (count == 0)
        {
            return Text(name);
        }

        var text = new StringBuilder();
        for (var i = count - 1; i >= 0; i--)
        {
            text.Append(scopes[i] == 0 ? "(anonymous namespace)" : Text(scopes[i])).Append("::");
        }

        return text.Append(Text(name)).ToString();
    }

    internal static DwarfTypeKind KindOf(DwarfTag tag) => tag switch
    {
        DwarfTag.StructureType => DwarfTypeKind.Struct,
        DwarfTag.UnionType => DwarfTypeKind.Union,
        DwarfTag.EnumerationType => DwarfTypeKind.Enum,
        DwarfTag.Typedef => DwarfTypeKind.Typedef,
        _ => DwarfTypeKind.Class,
    };

    private DwarfDefinition Define(DwarfUnitTypes unit, int index)
    {
        Enter(unit, index);
        ref readonly var node = ref unit[index];
        var kind = KindOf(node.Tag);
        var members = new List<DwarfMember>();
        var enumerators = new List<DwarfEnumerator>();
        DwarfMember? target = null;
        string? underlying = null;
        if (kind == DwarfTypeKind.Typedef)
        {
            target = Declare(unit, index, new DwarfMember { Role = DwarfMemberRole.None, Name = Text(node.Name), Type = string.Empty, Declaration = string.Empty });
        }
        else
        {
            underlying = kind == DwarfTypeKind.Enum && (node.Flags & DwarfNodeFlags.Refers) != 0 ? Spell(resolver.Follow(unit, index), string.Empty).ToText() : null;
            for (var i = index + 1; i < node.End; i = unit[i].End)
            {
                AddMember(unit, i, members, enumerators);
            }
        }

        _depth--;
        return new DwarfDefinition
        {
            Kind = kind,
            Name = QualifiedName(unit, index),
            ByteSize = kind == DwarfTypeKind.Typedef || node.ByteSize < 0 ? null : node.ByteSize,
            Members = members,
            Enumerators = enumerators,
            UnderlyingType = underlying,
            IsScoped = node.Has(DwarfNodeFlags.EnumClass),
            Target = target,
        };
    }

    private void AddMember(DwarfUnitTypes unit, int index, List<DwarfMember> members, List<DwarfEnumerator> enumerators)
    {
        ref readonly var node = ref unit[index];
        Spend(unit, index);
        switch (DwarfMembers.RoleOf(in node))
        {
            case DwarfMemberRole.Enumerator:
                enumerators.Add(new DwarfEnumerator(Text(node.Name), node.Has(DwarfNodeFlags.Unsigned) ? (ulong)node.Value : node.Value));
                break;
            case DwarfMemberRole.Method:
                var method = Function(new Spelling(string.Empty, Text(node.Name), null, false), unit, index);
                var type = Function(new Spelling(string.Empty, string.Empty, null, false), unit, index);
                members.Add(new DwarfMember
                {
                    Role = DwarfMemberRole.Method,
                    Name = Text(node.Name),
                    Type = type.ToText(),
                    Declaration = method.ToText(),
                    VtableIndex = node.Value < 0 ? null : node.Value,
                });
                break;
            case DwarfMemberRole.None:
                break;
            case var role:
                var place = DwarfMembers.PlaceOf(resolver, unit, index, role);
                members.Add(Declare(unit, index, new DwarfMember
                {
                    Role = role,
                    Name = node.Name == 0 ? null : Text(node.Name),
                    Type = string.Empty,
                    Declaration = string.Empty,
                    Offset = place.Offset < 0 ? null : place.Offset,
                    Size = place.Size < 0 ? null : place.Size,
                    BitOffset = place.BitOffset < 0 ? null : place.BitOffset,
                    BitSize = place.BitSize < 0 ? null : place.BitSize,
                }));
                break;
        }
    }

    /// <summary>Adds to a member what its type says.</summary>
    private DwarfMember Declare(DwarfUnitTypes unit, int index, DwarfMember member)
    {
        var type = resolver.Follow(unit, index);
        var named = Spell(type, member.Name ?? string.Empty);
        if (named.Nested is { } nested)
        {
            // Qualifiers stand in front of the keyword; a definition made twice at every level would be made endlessly often.
            return member with { Type = named.Base + nested.Kind.ToKeyword(), Declaration = named.Declarator, Nested = nested };
        }

        return member with { Type = Spell(type, string.Empty).ToText(), Declaration = named.ToText() };
    }

    /// <summary>Spells a declaration of <paramref name="declarator"/> with a type, from the outside of the type inwards.</summary>
    private Spelling Spell(DwarfTypeRef type, string declarator)
    {
        var spelling = new Spelling(string.Empty, declarator, null, false);
        var qualifiers = string.Empty;
        while (type.Unit is { } unit)
        {
            Spend(unit, type.Node);
            if (spelling.Declarator.Length + qualifiers.Length > MaxText)
            {
                throw DwarfFormat.Fault(unit.Unit.Offset + unit[type.Node].Offset, $"a declaration is longer than {MaxText} characters");
            }

            ref readonly var node = ref unit[type.Node];
            switch (node.Tag)
            {
                case DwarfTag.PointerType:
                    spelling = spelling.Point("*", ref qualifiers);
                    break;
                case DwarfTag.ReferenceType:
                    spelling = spelling.Point("&", ref qualifiers);
                    break;
                case DwarfTag.RvalueReferenceType:
                    spelling = spelling.Point("&&", ref qualifiers);
                    break;
                case DwarfTag.PtrToMemberType:
                    spelling = spelling.Point(ClassName(unit, type.Node) + "::*", ref qualifiers);
                    break;
                case DwarfTag.ConstType:
                    qualifiers += "const ";
                    break;
                case DwarfTag.VolatileType:
                    qualifiers += "volatile ";
                    break;
                case DwarfTag.RestrictType:
                    qualifiers += "restrict ";
                    break;
                case DwarfTag.LlvmPtrauthType:
                    var schema = Math.Max(0, node.Value);
                    qualifiers += string.Create(CultureInfo.InvariantCulture, $"__ptrauth({schema & 0xFF}, {(schema >> 8) & 1}, 0x{(schema >> 16) & 0xFFFF:x4}) ");
                    break;
                case DwarfTag.AtomicType:
                    return spelling with { Base = $"{qualifiers}_Atomic({Inner(unit, type.Node, string.Empty).ToText()})" };
                case DwarfTag.PackedType or DwarfTag.SharedType or DwarfTag.ImmutableType:
                    break;
                case DwarfTag.ArrayType when node.Has(DwarfNodeFlags.Vector):
                    var size = resolver.SizeOf(type);
                    var vector = Inner(unit, type.Node, string.Empty).ToText();
                    return spelling with { Base = string.Create(CultureInfo.InvariantCulture, $"{qualifiers}{vector} __attribute__((vector_size({size})))") };
                case DwarfTag.ArrayType:
                    spelling = spelling.Suffix(Bounds(unit, type.Node));
                    break;
                case DwarfTag.SubroutineType:
                    return Function(spelling, unit, type.Node);
                default:
                    return End(spelling, qualifiers, unit, type.Node);
            }

            type = resolver.Follow(unit, type.Node);
        }

        return spelling with { Base = qualifiers + (type.IsVoid ? "void" : "?") };
    }

    private string ClassName(DwarfUnitTypes unit, int pointer) =>
        DwarfTypeResolver.ClassOf(unit, pointer) is { Unit: { } classUnit } found ? QualifiedName(classUnit, found.Node) ?? "?" : "?";

    private Spelling Inner(DwarfUnitTypes unit, int node, string declarator)
    {
        Enter(unit, node);
        var spelling = Spell(resolver.Follow(unit, node), declarator).Flatten();
        _depth--;
        return spelling;
    }

    private Spelling Function(Spelling spelling, DwarfUnitTypes unit, int index)
    {
        Enter(unit, index);
        var parameters = new StringBuilder();
        for (var i = index + 1; i < unit[index].End; i = unit[i].End)
        {
            ref readonly var parameter = ref unit[i];
            if (parameter.Tag is not (DwarfTag.FormalParameter or DwarfTag.UnspecifiedParameters) || parameter.Has(DwarfNodeFlags.Artificial))
            {
                continue;
            }

            Spend(unit, i);
            parameters.Append(parameters.Length == 0 ? string.Empty : ", ");
            parameters.Append(parameter.Tag == DwarfTag.UnspecifiedParameters ? "..." : Spell(resolver.Follow(unit, i), string.Empty).ToText());
            if (parameters.Length > MaxText)
            {
                throw DwarfFormat.Fault(unit.Unit.Offset + parameter.Offset, $"a declaration is longer than {MaxText} characters");
            }
        }

        var declarator = spelling.Suffix($"({(parameters.Length == 0 ? "void" : parameters.ToString())})").Declarator;
        var result = Spell(resolver.Follow(unit, index), declarator);
        _depth--;
        return result;
    }

    private Spelling End(Spelling spelling, string qualifiers, DwarfUnitTypes unit, int index)
    {
        ref readonly var node = ref unit[index];
        var name = QualifiedName(unit, index);
        if (!node.IsDefinable)
        {
            return spelling with { Base = qualifiers + (name ?? "?") };
        }

        if (name is not null)
        {
            return spelling with { Base = node.Tag == DwarfTag.Typedef ? qualifiers + name : $"{qualifiers}{KindOf(node.Tag).ToKeyword()} {name}" };
        }

        return spelling with { Base = qualifiers, Nested = Define(unit, index) };
    }

    private static string Bounds(DwarfUnitTypes unit, int array)
    {
        var bounds = new StringBuilder();
        for (var i = array + 1; i < unit[array].End; i = unit[i].End)
        {
            if (unit[i].Tag == DwarfTag.SubrangeType)
            {
                bounds.Append(CultureInfo.InvariantCulture, $"[{(unit[i].Value < 0 ? string.Empty : unit[i].Value)}]");
                if (bounds.Length > MaxText)
                {
                    throw DwarfFormat.Fault(unit.Unit.Offset + unit[array].Offset, $"a declaration is longer than {MaxText} characters");
                }
            }
        }

        return bounds.Length == 0 ? "[]" : bounds.ToString();
    }

    // Names come from the file: what would break a line or a terminal does not stay.
    private string Text(int name)
    {
        var text = resolver.Names.Text(name);
        return text.AsSpan().ContainsAnyInRange('\0', '\u001F') || text.Contains('\u007F', StringComparison.Ordinal)
            ? string.Concat(text.Select(character => char.IsControl(character) ? '\uFFFD' : character))
            : text;
    }

    private void Enter(DwarfUnitTypes unit, int node)
    {
        if (++_depth > DwarfFormat.MaxTypeDepth)
        {
            throw DwarfTypeResolver.TooDeep(unit, node);
        }
    }

    private void Spend(DwarfUnitTypes unit, int node)
    {
        if (++_pieces > MaxPieces)
        {
            throw DwarfFormat.Fault(unit.Unit.Offset + unit[node].Offset, $"the definition of a type has more than {MaxPieces} parts");
        }
    }

    /// <summary>A declaration in the making: a type, and the declarator around which it grows.</summary>
    /// <param name="Base">The type named in front; of a nested definition the qualifiers before it.</param>
    /// <param name="Declarator">Pointers, name, bounds and parameters.</param>
    /// <param name="Nested">The definition that stands in front instead of a name.</param>
    /// <param name="EndsInPointer">Whether the last step was a pointer, which bounds and parameters do not bind to.</param>
    private readonly record struct Spelling(string Base, string Declarator, DwarfDefinition? Nested, bool EndsInPointer)
    {
        internal Spelling Point(string sign, ref string qualifiers)
        {
            var declarator = (sign + qualifiers + Declarator).TrimEnd(' ');
            qualifiers = string.Empty;
            return this with { Declarator = declarator, EndsInPointer = true };
        }

        internal Spelling Suffix(string suffix) =>
            this with { Declarator = EndsInPointer ? $"({Declarator}){suffix}" : Declarator + suffix, EndsInPointer = false };

        /// <summary>The same with a nested definition written out on the line.</summary>
        internal Spelling Flatten() => Nested is null ? this : this with { Base = Base + DwarfDefinitionText.WriteInline(Nested), Nested = null };

        internal string ToText()
        {
            var flat = Flatten();
            return flat.Declarator.Length == 0 ? flat.Base : $"{flat.Base} {flat.Declarator}";
        }
    }
}
