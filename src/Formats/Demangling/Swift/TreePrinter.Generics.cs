namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Generic parameters, signatures and conformances.</content>
internal sealed partial class TreePrinter
{
    private const int MaxParametersShown = 128;

    private bool VisitGeneric(Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.DependentGenericSignature or NodeKind.DependentPseudogenericSignature: Signature(node); return true;
            case NodeKind.DependentGenericParamType: ParameterName(node.Index >> 32, node.Index & uint.MaxValue); return true;
            case NodeKind.DependentGenericType:
                Visit(node[0]);
                Write(NeedsSpace(node[1]) ? " "u8 : default);
                Visit(node[1]);
                return true;
            case NodeKind.DependentAssociatedTypeRef:
                if (node[1] is { } protocol)
                {
                    Visit(protocol);
                    Write("."u8);
                }

                Visit(node[0]);
                return true;
            case NodeKind.DependentGenericInverseConformanceRequirement: Inverse(node); return true;
            case NodeKind.DependentGenericLayoutRequirement: Layout(node); return true;
            case NodeKind.ProtocolConformance: Conformance(node); return true;
            case NodeKind.ConcreteProtocolConformance:
                Write("concrete protocol conformance "u8);
                Visit(node[0]);
                Write(" to "u8);
                Visit(node[1]);
                if (node[2] is { Count: > 0 } conditions)
                {
                    Write(" with conditional requirements: "u8);
                    Visit(conditions);
                }

                return true;
            case NodeKind.DependentProtocolConformanceRoot: DependentConformance(node, "root"u8); return true;
            case NodeKind.DependentProtocolConformanceInherited: DependentConformance(node, "inherited"u8); return true;
            case NodeKind.DependentProtocolConformanceAssociated: DependentConformance(node, "associated"u8); return true;
            default: return false;
        }
    }

    private void ParameterName(long depth, long index)
    {
        Span<byte> one = stackalloc byte[1];
        do
        {
            one[0] = (byte)('A' + (index % 26));
            Write(one);
            index /= 26;
        }
        while (index > 0);
        if (depth > 0)
        {
            Write(depth);
        }
    }

    private void Signature(Node node)
    {
        var depths = 0;
        while (node[depths] is { Kind: NodeKind.DependentGenericParamCount })
        {
            depths++;
        }

        var requirements = depths;
        while (node[requirements] is
            { Kind: NodeKind.DependentGenericParamPackMarker or NodeKind.DependentGenericParamValueMarker })
        {
            requirements++;
        }

        Write("<"u8);
        for (var depth = 0; depth < depths; depth++)
        {
            Write(depth > 0 ? "><"u8 : default);
            SignatureLevel(node, depth, depths, requirements);
        }

        if (requirements < node.Count && !_isSimplified)
        {
            Write(" where "u8);
            VisitAll(node.Children[requirements..], ", "u8);
        }

        Write(">"u8);
    }

    private void SignatureLevel(Node node, int depth, int firstMarker, int requirements)
    {
        for (var index = 0; index < node[depth]!.Index && !_isInvalid; index++)
        {
            Write(index > 0 ? ", "u8 : default);
            if (index >= MaxParametersShown)
            {
                Write("..."u8);
                break;
            }

            Node? marker = null;
            for (var i = firstMarker; i < requirements && marker is null; i++)
            {
                marker = node[i]![0]?[0] is { Kind: NodeKind.DependentGenericParamType } parameter
                    && parameter.Index == (((long)depth << 32) | (uint)index) ? node[i] : null;
            }

            Write(marker?.Kind switch
            {
                NodeKind.DependentGenericParamPackMarker => "each "u8,
                NodeKind.DependentGenericParamValueMarker => "let "u8,
                _ => default,
            });
            ParameterName(depth, index);
            if (marker is { Kind: NodeKind.DependentGenericParamValueMarker })
            {
                Write(": "u8);
                Visit(marker[1]);
            }
        }
    }

    private void Inverse(Node node)
    {
        Visit(node[0]);
        Write(": ~"u8);
        switch (node[1]?.Index)
        {
            case 0: Write("Swift.Copyable"u8); break;
            case 1: Write("Swift.Escapable"u8); break;
            default:
                Write("Swift.<bit "u8);
                Visit(node[1]);
                Write(">"u8);
                break;
        }
    }

    private void Layout(Node node)
    {
        Visit(node[0]);
        Write(": "u8);
        var letter = arena.Text(node[1]!);
        Write((letter.IsEmpty ? '\0' : (char)letter[0]) switch
        {
            'U' => "_UnknownLayout"u8,
            'R' => "_RefCountedObject"u8,
            'N' => "_NativeRefCountedObject"u8,
            'C' => "AnyObject"u8,
            'D' => "_NativeClass"u8,
            'T' or 'E' or 'e' => "_Trivial"u8,
            'M' or 'm' => "_TrivialAtMost"u8,
            'B' => "_BridgeObject"u8,
            'S' => "_TrivialStride"u8,
            _ => default,
        });
        if (node.Count > 2)
        {
            Write("("u8);
            VisitAll(node.Children[2..], ", "u8);
            Write(")"u8);
        }
    }

    private void Conformance(Node node)
    {
        if (node.Count == 4)
        {
            Write("property behavior storage of "u8);
            Visit(node[2]);
            Write(" in "u8);
            Visit(node[0]);
            Write(" : "u8);
            Visit(node[1]);
            return;
        }

        Visit(node[0]);
        if (!_isSimplified)
        {
            Write(" : "u8);
            Visit(node[1]);
            Write(" in "u8);
            Visit(node[2]);
        }
    }

    private void DependentConformance(Node node, ReadOnlySpan<byte> kind)
    {
        Write("dependent "u8);
        Write(kind);
        Write(" protocol conformance "u8);
        if (node[2] is { Kind: NodeKind.Index } index)
        {
            Write("#"u8);
            Write(index.Index);
            Write(" "u8);
        }

        Visit(node[0]);
        Write(" to "u8);
        Visit(node[1]);
    }
}
