namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Generic arguments, parameters, signatures and requirements; associated types.</content>
internal sealed partial class SymbolParser
{
    private const int MaxSignatureDepth = 256;

    /// <summary>The arguments of a nominal type, the innermost level first, and conformances that its module does not know.</summary>
    private (List<Node> Lists, Node? Conformances)? PopBoundGenerics()
    {
        var conformances = PopRetroactiveConformances();
        var lists = _genericLists;
        lists.Clear();
        while (true)
        {
            var list = arena.Make(NodeKind.TypeList);
            while (Pop(NodeKind.Type) is { } type)
            {
                arena.Add(list, type);
            }

            list.ReverseFrom(0);
            lists.Add(list);
            if (Pop(NodeKind.EmptyList) is not null)
            {
                return (lists, conformances);
            }

            if (Pop(NodeKind.FirstElementMarker) is null)
            {
                return null;
            }
        }
    }

    private readonly List<Node> _genericLists = [];

    private Node? PopRetroactiveConformances()
    {
        Node? list = null;
        while (Pop(NodeKind.RetroactiveConformance) is { } conformance)
        {
            list ??= arena.Make(NodeKind.TypeList);
            arena.Add(list, conformance);
        }

        list?.ReverseFrom(0);
        return list;
    }

    private Node? BoundGenericType()
    {
        if (PopBoundGenerics() is not { } bound || Bind(PopNominal(), bound.Lists, 0) is not { } node)
        {
            return null;
        }

        AddIfAny(node, bound.Conformances);
        return Remembered(TypeOf(node));
    }

    // A nominal type takes one level of arguments; what is left goes to the contexts around it.
    private Node? Bind(Node? nominal, List<Node> lists, int level)
    {
        if (nominal is null || level >= lists.Count || nominal[0] is not { } context)
        {
            return null;
        }

        var takesArguments = nominal.Kind is not (NodeKind.Variable or NodeKind.Subscript or NodeKind.ImplicitClosure
            or NodeKind.ExplicitClosure or NodeKind.DefaultArgumentInitializer or NodeKind.Initializer
            or NodeKind.PropertyWrapperBackingInitializer or NodeKind.PropertyWrapperInitFromProjectedValue
            or NodeKind.PropertyWrappedFieldInitAccessor or NodeKind.Static);
        var arguments = lists[level];
        var next = takesArguments ? level + 1 : level;
        if (next < lists.Count)
        {
            Node? outer;
            if (context.Kind == NodeKind.Extension)
            {
                outer = Make(NodeKind.Extension, context[0], Bind(context[1], lists, next));
                if (context[2] is { } signature)
                {
                    outer = With(outer, signature);
                }
            }
            else
            {
                outer = Bind(context, lists, next);
            }

            if (Make(nominal.Kind, outer) is not { } rebuilt)
            {
                return null;
            }

            foreach (var child in nominal.Children[1..])
            {
                arena.Add(rebuilt, child);
            }

            nominal = rebuilt;
        }

        if (!takesArguments || arguments.Count == 0)
        {
            return nominal;
        }

        if (nominal.Kind is NodeKind.Function or NodeKind.Constructor)
        {
            return Make(NodeKind.BoundGenericFunction, nominal, arguments);
        }

        var kind = nominal.Kind switch
        {
            NodeKind.Class => NodeKind.BoundGenericClass,
            NodeKind.Structure => NodeKind.BoundGenericStructure,
            NodeKind.Enum => NodeKind.BoundGenericEnum,
            NodeKind.Protocol => NodeKind.BoundGenericProtocol,
            NodeKind.OtherNominalType => NodeKind.BoundGenericOtherNominalType,
            NodeKind.TypeAlias => NodeKind.BoundGenericTypeAlias,
            _ => NodeKind.None,
        };
        return kind == NodeKind.None ? null : Make(kind, TypeOf(nominal), arguments);
    }

    /// <summary>A generic parameter; depth and index together in one number.</summary>
    private Node GenericParameter(int depth, int index) =>
        arena.Make(NodeKind.DependentGenericParamType, ((long)depth << 32) | (uint)index);

    private Node? GenericParameterIndex()
    {
        if (Take('d'))
        {
            var depth = ReadIndex();
            var index = ReadIndex();
            return depth >= 0 && index >= 0 ? GenericParameter(depth + 1, index) : null;
        }

        if (Take('z'))
        {
            return GenericParameter(0, 0);
        }

        if (Take('s'))
        {
            return arena.Make(NodeKind.ConstrainedExistentialSelf);
        }

        var only = ReadIndex();
        return only >= 0 ? GenericParameter(0, only + 1) : null;
    }

    private Node? PopAssociatedTypeName()
    {
        var protocol = Pop(NodeKind.Type);
        if (protocol is not null && protocol[0] is not { Kind: NodeKind.Protocol })
        {
            return null;
        }

        var name = Make(NodeKind.DependentAssociatedTypeRef, Pop(NodeKind.Identifier));
        return protocol is null ? name : With(name, protocol);
    }

    private Node? PopAssociatedTypePath() =>
        PopMarkedList(arena.Make(NodeKind.AssocTypePath), static parser => parser.PopAssociatedTypeName());

    // As a list, but never empty: an empty list before it is not its own.
    private Node? PopMarkedList(Node list, Func<SymbolParser, Node?> pop)
    {
        bool isFirst;
        do
        {
            isFirst = Pop(NodeKind.FirstElementMarker) is not null;
            if (With(list, pop(this)) is null)
            {
                return null;
            }
        }
        while (!isFirst);
        list.ReverseFrom(0);
        return list;
    }

    private Node? AssociatedType(Node? name, Node? parameter) =>
        TypeOf(NodeKind.DependentMemberType, parameter is null ? Pop(NodeKind.Type) : TypeOf(parameter), name);

    private Node? SimpleAssociatedType(Node? parameter) =>
        parameter is null ? null : AssociatedType(PopAssociatedTypeName(), parameter);

    private Node? CompoundAssociatedType(bool hasBase)
    {
        var parameter = hasBase ? GenericParameterIndex() : null;
        return hasBase && parameter is null ? null : CompoundOf(parameter);
    }

    private Node? CompoundOf(Node? parameter)
    {
        if (PopAssociatedTypePath() is not { } path)
        {
            return null;
        }

        var type = parameter is null ? Pop(NodeKind.Type) : TypeOf(parameter);
        foreach (var name in path.Children)
        {
            type = TypeOf(NodeKind.DependentMemberType, type, name);
        }

        return type;
    }

    private Node? GenericType()
    {
        var signature = Pop(NodeKind.DependentGenericSignature);
        return TypeOf(NodeKind.DependentGenericType, signature, Pop(NodeKind.Type));
    }

    private Node? GenericSignature(bool hasCounts)
    {
        var signature = arena.Make(NodeKind.DependentGenericSignature);
        if (!hasCounts)
        {
            arena.Add(signature, arena.Make(NodeKind.DependentGenericParamCount, 1));
        }

        while (hasCounts && !Take('l'))
        {
            var count = 0;
            if (!Take('z'))
            {
                count = ReadIndex() + 1;
                if (count <= 0)
                {
                    return null;
                }
            }

            if (signature.Count >= MaxSignatureDepth)
            {
                return null;
            }

            arena.Add(signature, arena.Make(NodeKind.DependentGenericParamCount, count));
        }

        var first = signature.Count;
        while (Pop(NodeTraits.Requirement) is { } requirement)
        {
            arena.Add(signature, requirement);
        }

        signature.ReverseFrom(first);
        return signature;
    }

    private Node? Requirement()
    {
        var c = (char)Next();
        switch (c)
        {
            case 'V': return ValueMarker();
            case 'v': return Make(NodeKind.DependentGenericParamPackMarker, TypeOf(GenericParameterIndex()));
            case 'h':
                var shaped = TypeOf(GenericParameterIndex());
                return Make(NodeKind.DependentGenericSameShapeRequirement, shaped, Pop(NodeKind.Type));
            case 'i' or 'I':
                var inverse = IndexNode();
                var subject = c == 'i' ? TypeOf(GenericParameterIndex()) : Pop(NodeKind.Type);
                return Make(NodeKind.DependentGenericInverseConformanceRequirement, subject, inverse);
            case 'b' or 'c' or 'C' or 'B':
                var derived = Constrained(c, "bcCB");
                return Make(NodeKind.DependentGenericConformanceRequirement, derived, Pop(NodeKind.Type));
            case 's' or 't' or 'T' or 'S':
                var same = Constrained(c, "stTS");
                return Make(NodeKind.DependentGenericSameTypeRequirement, same, Pop(NodeKind.Type));
            case 'l' or 'm' or 'M' or 'L':
                return Layout(Constrained(c, "lmML"));
            case 'p' or 'P' or 'Q':
                var conforming = Constrained(c, " pPQ");
                return Make(NodeKind.DependentGenericConformanceRequirement, conforming, PopProtocol());
            default:
                _position -= c == 0 ? 0 : 1;
                var parameter = TypeOf(GenericParameterIndex());
                return Make(NodeKind.DependentGenericConformanceRequirement, parameter, PopProtocol());
        }
    }

    private Node? ValueMarker()
    {
        var parameter = TypeOf(GenericParameterIndex());
        return Make(NodeKind.DependentGenericParamValueMarker, parameter, Pop(NodeKind.Type));
    }

    // What is constrained: a parameter, a type in it, one further down, or a type that was said before.
    private Node? Constrained(char c, string letters) => letters.IndexOf(c, StringComparison.Ordinal) switch
    {
        0 => TypeOf(GenericParameterIndex()),
        1 => Remembered(SimpleAssociatedType(GenericParameterIndex())),
        2 => Remembered(CompoundAssociatedType(hasBase: true)),
        _ => Pop(NodeKind.Type),
    };

    private Node? Layout(Node? constrained)
    {
        var c = Next();
        var name = arena.Make(NodeKind.Identifier, _position - 1, 1);
        switch ((char)c)
        {
            case 'U' or 'R' or 'N' or 'C' or 'D' or 'T' or 'B':
                return Make(NodeKind.DependentGenericLayoutRequirement, constrained, name);
            case 'e' or 'm' or 'S':
                return Make(NodeKind.DependentGenericLayoutRequirement, constrained, name, IndexNode());
            case 'E' or 'M':
                var size = IndexNode();
                return Make(NodeKind.DependentGenericLayoutRequirement, constrained, name, size, IndexNode());
            default:
                return null;
        }
    }
}
