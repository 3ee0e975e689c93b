using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Dwarf;

/// <summary>A named type that a file defines.</summary>
public sealed class DwarfType
{
    internal DwarfType(DwarfTypeKind kind, string name, long? byteSize, UInt128 hash, int unit, int offset)
    {
        Kind = kind;
        Name = name;
        ByteSize = byteSize;
        Hash = hash;
        Unit = unit;
        Offset = offset;
    }

    /// <summary>What kind of type.</summary>
    public DwarfTypeKind Kind { get; }

    /// <summary>Its name with the scopes around it.</summary>
    public string Name { get; }

    /// <summary>Bytes; null for a typedef and where they are not stated.</summary>
    public long? ByteSize { get; }

    /// <summary>A hash of all that the definition's text says, the same in every file.</summary>
    public UInt128 Hash { get; }

    /// <summary>Where the definition lies: reading many in this order reads each unit once.</summary>
    public long Place => ((long)Unit << 32) | (uint)Offset;

    internal int Unit { get; }

    internal int Offset { get; }
}

/// <summary>
/// Every named structure, union, class, enumeration and typedef that a file defines. A definition that many units repeat is there once;
/// different definitions of one name are all there. Nothing is held but names, sizes and hashes: a definition is read again when it is
/// wanted. Safe for concurrent use.
/// </summary>
public sealed class DwarfTypes
{
    /// <summary>Memory for units that others refer to, unless another amount is asked for.</summary>
    public const long DefaultCacheBytes = 32L << 20;

    private readonly Lock _gate = new();
    private readonly DwarfFile _file;
    private readonly DwarfTypeResolver _resolver;
    private readonly DwarfDefinitionBuilder _builder;

    private DwarfTypes(DwarfFile file, DwarfTypeResolver resolver, DwarfDefinitionBuilder builder, DwarfType[] types, long occurrences)
    {
        _file = file;
        _resolver = resolver;
        _builder = builder;
        All = types;
        Occurrences = occurrences;
    }

    /// <summary>The types by kind, name, size and hash.</summary>
    public IReadOnlyList<DwarfType> All { get; }

    /// <summary>Definitions of the file, with those that units repeat.</summary>
    public long Occurrences { get; }

    /// <summary>Goes through all units of a file, one at a time.</summary>
    /// <param name="file">The file.</param>
    /// <param name="cacheBytes">Memory for units that others refer to.</param>
    /// <param name="cancellationToken">Ends the work between two units.</param>
    /// <exception cref="FirmwareFormatException">The debugging information is damaged.</exception>
    /// <exception cref="OperationCanceledException">The work was ended.</exception>
    public static DwarfTypes Read(DwarfFile file, long cacheBytes = DefaultCacheBytes, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cacheBytes);
        var resolver = new DwarfTypeResolver(file, cacheBytes);
        var builder = new DwarfDefinitionBuilder(resolver);
        var hasher = new DwarfTypeHasher(resolver);
        var known = new Dictionary<UInt128, DwarfType>();
        var occurrences = 0L;
        foreach (var unit in file.Units)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var types = resolver.Scan(unit);
            for (var i = 0; i < types.Count; i++)
            {
                ref readonly var node = ref types[i];
                if (!node.IsDefinable || node.Has(DwarfNodeFlags.Declaration) || types[DwarfTypeResolver.NamedNode(types, i)].Name == 0)
                {
                    continue;
                }

                occurrences++;
                var hash = hasher.HashDefinition(types, i);
                if (known.ContainsKey(hash))
                {
                    continue;
                }

                if (known.Count == DwarfFormat.MaxDefinitions)
                {
                    throw DwarfFormat.Fault(unit.Offset, $"there are more than {DwarfFormat.MaxDefinitions} different definitions");
                }

                var kind = DwarfDefinitionBuilder.KindOf(node.Tag);
                long? size = kind == DwarfTypeKind.Typedef || node.ByteSize < 0 ? null : node.ByteSize;
                known.Add(hash, new DwarfType(kind, builder.QualifiedName(types, i)!, size, hash, unit.Index, node.Offset));
            }
        }

        DwarfType[] all = [.. known.Values];
        Array.Sort(all, Compare);
        return new DwarfTypes(file, resolver, builder, all, occurrences);
    }

    /// <summary>The definition of one of <see cref="All"/>.</summary>
    /// <exception cref="FirmwareFormatException">The definition is damaged or endless.</exception>
    public DwarfDefinition ReadDefinition(DwarfType type)
    {
        lock (_gate)
        {
            var unit = _file.Units[type.Unit];
            var types = _resolver.Load(unit);
            return types.Find(unit.Offset + type.Offset) is >= 0 and var node && types[node].IsDefinable
                ? _builder.Build(types, node)
                : throw new ArgumentException("the type is of another file", nameof(type));
        }
    }

    private static int Compare(DwarfType left, DwarfType right)
    {
        var order = left.Kind.CompareTo(right.Kind);
        order = order != 0 ? order : string.CompareOrdinal(left.Name, right.Name);
        order = order != 0 ? order : (left.ByteSize ?? -1).CompareTo(right.ByteSize ?? -1);
        return order != 0 ? order : left.Hash.CompareTo(right.Hash);
    }
}
