namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Generic parameters, signatures and their requirements.</content>
internal sealed partial class OldSymbolParser
{
    private Node? Archetype()
    {
        if (Take('u'))
        {
            return arena.Make(NodeKind.OpaqueReturnType);
        }

        if (Take('U'))
        {
            return Make(NodeKind.OpaqueReturnType, IndexNode());
        }

        if (!Enter())
        {
            return null;
        }

        var root = (char)Next() switch
        {
            'Q' => Archetype(),
            'S' => Substitution(),
            's' => arena.Make(NodeKind.Module, "Swift"u8),
            _ => null,
        };
        return Leave(Remembered(Make(NodeKind.AssociatedTypeRef, root, Identifier())));
    }

    private Node Parameter(int depth, int index) =>
        arena.Make(NodeKind.DependentGenericParamType, ((long)depth << 32) | (uint)index);

    private Node? GenericParameterIndex()
    {
        if (Take('d'))
        {
            var depth = ReadIndex();
            var index = ReadIndex();
            return depth >= 0 && index >= 0 ? Parameter(depth + 1, index) : null;
        }

        if (Take('x'))
        {
            return Parameter(0, 0);
        }

        var only = ReadIndex();
        return only >= 0 ? Parameter(0, only + 1) : null;
    }

    private Node? SimpleAssociatedType() => MemberType(Make(NodeKind.Type, GenericParameterIndex()));

    private Node? CompoundAssociatedType()
    {
        var type = GenericParameterIndex();
        while (type is not null && !Take('_'))
        {
            type = MemberType(Make(NodeKind.Type, type));
        }

        return type;
    }

    private Node? MemberType(Node? type)
    {
        if (Take('S'))
        {
            return Make(NodeKind.DependentMemberType, type, Substitution());
        }

        var protocol = Take('P') ? ProtocolName() : null;
        var name = Make(NodeKind.DependentAssociatedTypeRef, Identifier());
        if (name is not null && protocol is not null)
        {
            arena.Add(name, protocol);
        }

        return Make(NodeKind.DependentMemberType, type, Remembered(name));
    }

    private Node? GenericSignature(bool isPseudo)
    {
        var signature = arena.Make(isPseudo ? NodeKind.DependentPseudogenericSignature : NodeKind.DependentGenericSignature);
        while (Look() is not ((byte)'R' or (byte)'r'))
        {
            var isNone = Take('z');
            var count = isNone ? 0 : ReadIndex() + 1;
            if ((count == 0 && !isNone) || signature.Count >= MaxSignatureDepth)
            {
                return null;
            }

            arena.Add(signature, arena.Make(NodeKind.DependentGenericParamCount, count));
        }

        if (signature.Count == 0)
        {
            arena.Add(signature, arena.Make(NodeKind.DependentGenericParamCount, 1));
        }

        if (Take('r'))
        {
            return signature;
        }

        _position++;
        while (!Take('r'))
        {
            if (With(signature, Requirement()) is null)
            {
                return null;
            }
        }

        return signature;
    }

    private Node? Requirement()
    {
        var constrained = Make(
            NodeKind.Type, Take('w') ? SimpleAssociatedType() : Take('W') ? CompoundAssociatedType() : GenericParameterIndex());
        if (Take('z'))
        {
            return Make(NodeKind.DependentGenericSameTypeRequirement, constrained, Type());
        }

        if (Take('l'))
        {
            return Layout(constrained);
        }

        if (Look() == 'C')
        {
            return Make(NodeKind.DependentGenericConformanceRequirement, constrained, Type());
        }

        if (!Take('S'))
        {
            return Make(NodeKind.DependentGenericConformanceRequirement, constrained, ProtocolName());
        }

        var said = Substitution();
        if (said is { Kind: NodeKind.Module })
        {
            said = Remembered(Make(NodeKind.Protocol, said, DeclarationName()));
        }

        return said is { Kind: NodeKind.Protocol or NodeKind.Class }
            ? Make(NodeKind.DependentGenericConformanceRequirement, constrained, Make(NodeKind.Type, said))
            : null;
    }

    private Node? Layout(Node? constrained)
    {
        var c = (char)Next();
        if (c is not ('U' or 'R' or 'N' or 'T' or 'E' or 'e' or 'M' or 'm'))
        {
            return null;
        }

        var layout = Make(
            NodeKind.DependentGenericLayoutRequirement, constrained, arena.Make(NodeKind.Identifier, _position - 1, 1));
        if (c is 'E' or 'e' or 'M' or 'm')
        {
            layout = With(layout, Size());
        }

        return c is 'E' or 'M' ? (Take('_') ? With(layout, Size()) : null) : layout;
    }

    private Node? Size()
    {
        var size = Natural();
        return size < 0 ? null : arena.Make(NodeKind.Number, size);
    }
}
