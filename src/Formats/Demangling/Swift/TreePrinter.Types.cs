namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Types other than functions.</content>
internal sealed partial class TreePrinter
{
    private bool VisitType(Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.TypeMangling:
                if (node[0] is { Kind: NodeKind.LabelList } labels && node[1]?[0] is { } function)
                {
                    FunctionType(labels, function);
                }
                else
                {
                    Visit(node[0]);
                }

                return true;
            case NodeKind.PrivateDeclName: PrivateName(node); return true;
            case NodeKind.Suffix: Suffix(node); return true;
            case NodeKind.ArgumentTuple: Parameters(null, node); return true;
            case NodeKind.TupleElement: TupleElement(node); return true;
            case NodeKind.ImplFunctionType: ImplFunctionType(node); return true;
            case NodeKind.ImplParameter when node.Count > 1: ImplParameter(node); return true;
            case NodeKind.ImplFunctionConvention: ImplFunctionConvention(node); return true;
            case NodeKind.ImplDifferentiabilityKind: Differentiable(node.Index); return true;
            case NodeKind.DifferentiableFunctionType: Differentiable(node.Index); return true;
            case NodeKind.Metatype: Metatype(node); return true;
            case NodeKind.ExistentialMetatype:
                VisitAll(node.Children, " "u8);
                Write(".Type"u8);
                return true;
            case NodeKind.SugaredOptional:
                InParentheses(node[0]);
                Write("?"u8);
                return true;
            case NodeKind.ProtocolList:
                Protocols(node, isAnyIfEmpty: true);
                return true;
            case NodeKind.ProtocolListWithClass:
                Visit(node[1]);
                Write(" & "u8);
                Protocols(node[0], isAnyIfEmpty: false);
                return true;
            case NodeKind.ProtocolListWithAnyObject:
                if (node[0]?[0] is { Count: > 0 })
                {
                    Protocols(node[0], isAnyIfEmpty: false);
                    Write(" & "u8);
                }

                Write("Swift.AnyObject"u8);
                return true;
            case NodeKind.SilBoxLayout: BoxLayout(node); return true;
            case NodeKind.SilBoxTypeWithLayout: Box(node); return true;
            case NodeKind.ExtendedExistentialTypeShape:
                ExistentialShape(node);
                return true;
            default:
                return false;
        }
    }

    // The witness takes its children from one place too far; its words are kept, for they are what other tools say.
    private void ExistentialShape(Node node)
    {
        Write("existential shape for "u8);
        if (node.Count == 2)
        {
            Visit(node[1]);
            Write(" "u8);
        }

        Write("any <null node pointer>"u8);
    }

    private void PrivateName(Node node)
    {
        if (_isSimplified)
        {
            VisitIfAny(node[1]);
            return;
        }

        Write("("u8);
        if (node[1] is { } name)
        {
            Visit(name);
            Write(" "u8);
        }

        Write("in "u8);
        WriteText(node[0]);
        Write(")"u8);
    }

    private void Suffix(Node node)
    {
        if (_isSimplified)
        {
            return;
        }

        Write(" with unmangled suffix \""u8);
        Span<byte> one = stackalloc byte[1];
        var text = arena.Text(node);
        foreach (var c in text)
        {
            one[0] = c;
            switch (c)
            {
                case (byte)'\\': Write("\\\\"u8); break;
                case (byte)'"': Write("\\\""u8); break;
                case (byte)'\t': Write("\\t"u8); break;
                case (byte)'\n': Write("\\n"u8); break;
                case (byte)'\r': Write("\\r"u8); break;
                case 0: Write("\\0"u8); break;
                case < 0x20 or 0x7F:
                    Write("\\x"u8);
                    Write(System.Text.Encoding.ASCII.GetBytes(c.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)));
                    break;
                default: Write(one); break;
            }
        }

        Write("\""u8);
    }

    private void Metatype(Node node)
    {
        if (node.Count == 2)
        {
            Visit(node[0]);
            Write(" "u8);
        }

        var type = node.Last?[0];
        InParentheses(type);
        Write(type is not null && type.Kind.Is(NodeTraits.Existential) ? ".Protocol"u8 : ".Type"u8);
    }

    // Parentheses around what a suffix would otherwise split.
    private void InParentheses(Node? type)
    {
        var isSimple = IsSimple(type);
        Write(isSimple ? default : "("u8);
        Visit(type);
        Write(isSimple ? default : ")"u8);
    }

    private static bool IsSimple(Node? type)
    {
        while (type is { Kind: NodeKind.Type })
        {
            type = type[0];
        }

        return type switch
        {
            null => false,
            { Kind: NodeKind.ProtocolList } => type[0] is { Count: <= 1 },
            { Kind: NodeKind.ProtocolListWithAnyObject } => type[0]?[0] is { Count: 0 },
            _ => type.Kind.Is(NodeTraits.Simple),
        };
    }

    private void Protocols(Node? list, bool isAnyIfEmpty)
    {
        if (list?[0] is not { } types)
        {
            _isInvalid = true;
            return;
        }

        if (isAnyIfEmpty && types.Count == 0)
        {
            Write("Any"u8);
        }

        VisitAll(types.Children, " & "u8);
    }

    private void BoxLayout(Node node)
    {
        Write("{"u8);
        for (var i = 0; i < node.Count; i++)
        {
            Write(i > 0 ? ", "u8 : " "u8);
            Visit(node[i]);
        }

        Write(" }"u8);
    }

    private void Box(Node node)
    {
        if (node[1] is { } signature)
        {
            Visit(signature);
            Write(" "u8);
        }

        Visit(node[0]);
        if (node[2] is { } arguments)
        {
            Write(" <"u8);
            VisitAll(arguments.Children, ", "u8);
            Write(">"u8);
        }
    }

    private void BoundGeneric(Node node)
    {
        if (node[1] is not { } arguments)
        {
            _isInvalid = true;
            return;
        }

        if (_hasSugar && node.Kind == NodeKind.BoundGenericProtocol && node.Count == 2)
        {
            VisitAll(arguments.Children, default);
            Write(" as "u8);
            Visit(node[0]);
            return;
        }

        if (_hasSugar && node.Count == 2 && Sugar(node.Kind, node[0]?[0], arguments))
        {
            return;
        }

        Visit(node[0]);
        Write("<"u8);
        VisitAll(arguments.Children, ", "u8);
        Write(">"u8);
    }

    private bool Sugar(NodeKind kind, Node? nominal, Node arguments)
    {
        if (nominal is null || nominal.Count < 2 || nominal[1]!.Kind != NodeKind.Identifier
            || nominal[0]!.Kind != NodeKind.Module || !arena.Text(nominal[0]!).SequenceEqual("Swift"u8))
        {
            return false;
        }

        var name = arena.Text(nominal[1]!);
        switch (kind)
        {
            case NodeKind.BoundGenericEnum when arguments.Count == 1 && name.SequenceEqual("Optional"u8):
                InParentheses(arguments[0]);
                Write("?"u8);
                return true;
            case NodeKind.BoundGenericEnum when arguments.Count == 1 && name.SequenceEqual("ImplicitlyUnwrappedOptional"u8):
                InParentheses(arguments[0]);
                Write("!"u8);
                return true;
            case NodeKind.BoundGenericStructure when arguments.Count == 1 && name.SequenceEqual("Array"u8):
                Write("["u8);
                Visit(arguments[0]);
                Write("]"u8);
                return true;
            case NodeKind.BoundGenericStructure when arguments.Count == 2 && name.SequenceEqual("Dictionary"u8):
                Write("["u8);
                VisitAll(arguments.Children, " : "u8);
                Write("]"u8);
                return true;
            default:
                return false;
        }
    }
}
