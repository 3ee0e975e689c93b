using System.Globalization;

namespace IpswDiff.Forge.Dwarf;

/// <summary>A type of C. It knows how it is spelled and how large it is: the truth about what a <see cref="DwarfWriter"/> writes of it.</summary>
public abstract class ForgeType
{
    /// <summary>Bytes, on a machine with 64-bit pointers.</summary>
    public abstract long Size { get; }

    /// <summary>A declaration of <paramref name="declarator"/> with this type.</summary>
    public abstract string Declare(string declarator);

    /// <summary>What two types that are written alike have in common.</summary>
    internal virtual IEnumerable<ForgeType> Uses => [];

    /// <summary>Whether a declarator has to go around what stands before it, as a pointer to an array does.</summary>
    internal virtual bool BindsTighter => false;

    private protected static string Join(string type, string declarator) => declarator.Length == 0 ? type : $"{type} {declarator}";
}

/// <summary>A type of the language itself. Encodings are those of DWARF: 2 boolean, 4 float, 5 signed, 7 unsigned, 8 character.</summary>
public sealed class ForgeBaseType(string name, long size, int encoding) : ForgeType
{
    public string Name { get; } = name;

    public int Encoding { get; } = encoding;

    public override long Size { get; } = size;

    public static ForgeBaseType Char { get; } = new("char", 1, 8);

    public static ForgeBaseType Short { get; } = new("short", 2, 5);

    public static ForgeBaseType Int { get; } = new("int", 4, 5);

    public static ForgeBaseType UnsignedInt { get; } = new("unsigned int", 4, 7);

    public static ForgeBaseType Long { get; } = new("long", 8, 5);

    public static ForgeBaseType UnsignedLong { get; } = new("unsigned long", 8, 7);

    public override string Declare(string declarator) => Join(Name, declarator);
}

/// <summary>A pointer; to void where the target is null.</summary>
public sealed class ForgePointer(ForgeType? target) : ForgeType
{
    public ForgeType? Target { get; } = target;

    public override long Size => 8;

    public override string Declare(string declarator)
    {
        var inner = Target is { BindsTighter: true } ? $"(*{declarator})" : $"*{declarator}";
        return Target is null ? $"void {inner}" : Target.Declare(inner);
    }

    internal override IEnumerable<ForgeType> Uses => Target is null ? [] : [Target];
}

/// <summary>A qualified type. On a pointer the qualifier stands behind the star.</summary>
public sealed class ForgeQualified(string qualifier, ForgeType target) : ForgeType
{
    public string Qualifier { get; } = qualifier;

    public ForgeType Target { get; } = target;

    public override long Size => Target.Size;

    public override string Declare(string declarator)
    {
        if (Qualifier == "_Atomic")
        {
            return Join($"_Atomic({Target.Declare(string.Empty)})", declarator);
        }

        return Target is ForgePointer ? Target.Declare(declarator.Length == 0 ? Qualifier : $"{Qualifier} {declarator}") : $"{Qualifier} {Target.Declare(declarator)}";
    }

    internal override IEnumerable<ForgeType> Uses => [Target];
}

/// <summary>A signed pointer of arm64e.</summary>
public sealed class ForgeSignedPointer(ForgePointer target, int key, bool addressDiscriminated, int discriminator) : ForgeType
{
    public ForgePointer Target { get; } = target;

    public int Key { get; } = key;

    public bool AddressDiscriminated { get; } = addressDiscriminated;

    public int Discriminator { get; } = discriminator;

    public override long Size => 8;

    public override string Declare(string declarator)
    {
        var schema = string.Create(CultureInfo.InvariantCulture, $"__ptrauth({Key}, {(AddressDiscriminated ? 1 : 0)}, 0x{Discriminator:x4})");
        return Target.Declare(declarator.Length == 0 ? schema : $"{schema} {declarator}");
    }

    internal override IEnumerable<ForgeType> Uses => [Target];
}

/// <summary>An array; a bound of null stands for none.</summary>
public sealed class ForgeArray(ForgeType element, params long?[] bounds) : ForgeType
{
    public ForgeType Element { get; } = element;

    public IReadOnlyList<long?> Bounds { get; } = bounds;

    public override long Size => Bounds.Aggregate(Element.Size, static (size, bound) => size * (bound ?? 0));

    public bool HasUnknownSize => Bounds.Contains(null);

    public override string Declare(string declarator) =>
        Element.Declare(declarator + string.Concat(Bounds.Select(static bound => string.Create(CultureInfo.InvariantCulture, $"[{bound}]"))));

    internal override IEnumerable<ForgeType> Uses => [Element];

    internal override bool BindsTighter => true;
}

/// <summary>A function; it returns nothing where the result is null.</summary>
public sealed class ForgeFunction(ForgeType? result, bool isVariadic, params ForgeType[] parameters) : ForgeType
{
    public ForgeType? Result { get; } = result;

    public bool IsVariadic { get; } = isVariadic;

    public IReadOnlyList<ForgeType> Parameters { get; } = parameters;

    public override long Size => 0;

    public override string Declare(string declarator)
    {
        var list = Parameters.Select(static parameter => parameter.Declare(string.Empty)).Concat(IsVariadic ? ["..."] : []).ToArray();
        var inner = $"{declarator}({(list.Length == 0 ? "void" : string.Join(", ", list))})";
        return Result is null ? $"void {inner}" : Result.Declare(inner);
    }

    internal override IEnumerable<ForgeType> Uses => Result is null ? Parameters : [Result, .. Parameters];

    internal override bool BindsTighter => true;
}

/// <summary>Another name for a type; for none where the target is null.</summary>
public sealed class ForgeTypedef(string name, ForgeType? target) : ForgeType
{
    public string Name { get; } = name;

    public ForgeType? Target { get; } = target;

    public override long Size => Target?.Size ?? 0;

    public override string Declare(string declarator) => Join(Name, declarator);

    internal override IEnumerable<ForgeType> Uses => Target is null ? [] : [Target];
}

/// <summary>An enumeration.</summary>
public sealed class ForgeEnum(string? name, ForgeBaseType underlying, params (string Name, long Value)[] constants) : ForgeType
{
    public string? Name { get; } = name;

    public ForgeBaseType Underlying { get; } = underlying;

    public IReadOnlyList<(string Name, long Value)> Constants { get; } = constants;

    public override long Size => Underlying.Size;

    public override string Declare(string declarator) => Join($"enum {Name}", declarator);

    internal override IEnumerable<ForgeType> Uses => [Underlying];
}

/// <summary>A structure or union. Members may be added after it was used, so that it can hold pointers to itself.</summary>
public sealed class ForgeAggregate(string keyword, string? name) : ForgeType
{
    private readonly List<ForgeMember> _members = [];
    private long _bits;

    public string Keyword { get; } = keyword;

    public string? Name { get; } = name;

    /// <summary>Whether nothing is known of it but its name.</summary>
    public bool IsDeclaration { get; init; }

    public IReadOnlyList<ForgeMember> Members => _members;

    public override long Size => Align((_bits + 7) / 8, _members.Count == 0 ? 1 : _members.Max(static member => Alignment(member.Type)));

    /// <summary>Adds a member where a compiler would put it.</summary>
    public ForgeAggregate Add(string? name, ForgeType type, int? bits = null)
    {
        var alignment = Alignment(type);
        if (Keyword == "union")
        {
            _members.Add(new ForgeMember(name, type, 0, bits));
            _bits = Math.Max(_bits, type.Size * 8);
            return this;
        }

        var unit = type.Size * 8;
        var start = bits is { } width && _bits / unit == (_bits + width - 1) / unit ? _bits : Align((_bits + 7) / 8, alignment) * 8;
        _members.Add(new ForgeMember(name, type, start, bits));
        _bits = start + (bits ?? unit);
        return this;
    }

    public override string Declare(string declarator) => Join($"{Keyword} {Name}", declarator);

    internal override IEnumerable<ForgeType> Uses => _members.Select(static member => member.Type);

    private static long Alignment(ForgeType type) => type switch
    {
        ForgeAggregate aggregate => aggregate._members.Count == 0 ? 1 : aggregate._members.Max(static member => Alignment(member.Type)),
        ForgeArray array => Alignment(array.Element),
        ForgeQualified qualified => Alignment(qualified.Target),
        ForgeTypedef { Target: { } target } => Alignment(target),
        _ => Math.Max(1, type.Size),
    };

    private static long Align(long value, long alignment) => (value + alignment - 1) / alignment * alignment;
}

/// <summary>A member of a structure or union.</summary>
/// <param name="Name">Its name; null for an aggregate whose members belong to the one around it.</param>
/// <param name="Type">Its type.</param>
/// <param name="FirstBit">Bits from the beginning of the aggregate.</param>
/// <param name="Bits">Of a bit-field its width.</param>
public sealed record ForgeMember(string? Name, ForgeType Type, long FirstBit, int? Bits);
