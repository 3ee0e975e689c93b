namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Protocols and conformances.</content>
internal sealed partial class SymbolParser
{
    private Node? PopProtocol()
    {
        if (Pop(NodeKind.Type) is { } type)
        {
            return type[0] is { Kind: NodeKind.Protocol } ? type : null;
        }

        var name = Pop(NodeTraits.Name);
        return TypeOf(NodeKind.Protocol, PopContext(), name);
    }

    private Node? PopConformance()
    {
        var signature = Pop(NodeKind.DependentGenericSignature);
        var module = PopModule();
        var protocol = PopProtocol();
        var type = Pop(NodeKind.Type);
        Node? name = null;
        if (type is null)
        {
            // Storage of a property behaviour, which is no more.
            name = Pop(NodeKind.Identifier);
            type = Pop(NodeKind.Type);
        }

        if (signature is not null)
        {
            type = TypeOf(NodeKind.DependentGenericType, signature, type);
        }

        var conformance = Make(NodeKind.ProtocolConformance, type, protocol, module);
        return name is null ? conformance : With(conformance, name);
    }

    private Node? PopConformanceList() => PopList(
        arena.Make(NodeKind.AnyProtocolConformanceList), static parser => parser.Pop(NodeTraits.AnyConformance));

    private Node? ConcreteConformance()
    {
        var conditions = PopConformanceList();
        var reference = Pop(NodeKind.ProtocolConformanceRefInTypeModule) ?? Pop(NodeKind.ProtocolConformanceRefInProtocolModule);
        if (reference is null)
        {
            var module = PopModule();
            reference = Make(NodeKind.ProtocolConformanceRefInOtherModule, PopProtocol(), module);
        }

        return Make(NodeKind.ConcreteProtocolConformance, Pop(NodeKind.Type), reference, conditions);
    }

    private Node? DependentConformanceRoot()
    {
        var index = ConformanceIndex();
        var protocol = PopProtocol();
        return Make(NodeKind.DependentProtocolConformanceRoot, Pop(NodeKind.Type), protocol, index);
    }

    private Node? DependentConformanceInherited()
    {
        var index = ConformanceIndex();
        var protocol = PopProtocol();
        return Make(
            NodeKind.DependentProtocolConformanceInherited, Pop(NodeTraits.DependentConformance), protocol, index);
    }

    private Node? DependentConformanceAssociated()
    {
        var index = ConformanceIndex();
        var protocol = PopProtocol();
        var associated = Make(NodeKind.DependentAssociatedConformance, Pop(NodeKind.Type), protocol);
        return Make(
            NodeKind.DependentProtocolConformanceAssociated, Pop(NodeTraits.DependentConformance), associated, index);
    }

    private Node? DependentConformanceOpaque()
    {
        var type = Pop(NodeKind.Type);
        return Make(NodeKind.DependentProtocolConformanceOpaque, Pop(NodeTraits.DependentConformance), type);
    }

    // 0 was never written on purpose, 1 says that the index is not known.
    private Node? ConformanceIndex()
    {
        var index = ReadIndex();
        return index switch
        {
            <= 0 => null,
            1 => arena.Make(NodeKind.UnknownIndex),
            _ => arena.Make(NodeKind.Index, index - 2),
        };
    }

    private Node? RetroactiveConformance()
    {
        var index = IndexNode();
        return Make(NodeKind.RetroactiveConformance, index, Pop(NodeTraits.AnyConformance));
    }
}
