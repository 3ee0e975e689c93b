namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Functions as types.</content>
internal sealed partial class TreePrinter
{
    private void FunctionType(Node? labels, Node node)
    {
        if (node.Count < 2)
        {
            _isInvalid = true;
            return;
        }

        switch (node.Kind)
        {
            case NodeKind.AutoClosureType or NodeKind.EscapingAutoClosureType: Write("@autoclosure "u8); break;
            case NodeKind.ThinFunctionType: Write("@convention(thin) "u8); break;
            case NodeKind.CFunctionPointer: Convention(node, "c"u8); break;
            case NodeKind.ObjCBlock: Convention(node, "block"u8); break;
            case NodeKind.EscapingObjCBlock:
                Write("@escaping "u8);
                Convention(node, "block"u8);
                break;
        }

        VisitIfAny(node.Find(NodeKind.IsolatedAnyFunctionType));
        VisitIfAny(node.Find(NodeKind.GlobalActorFunctionType));
        if (node.Find(NodeKind.DifferentiableFunctionType) is { } differentiable)
        {
            Differentiable(differentiable.Index);
            Write(" "u8);
        }

        VisitIfAny(node.Find(NodeKind.NonIsolatedCallerFunctionType));
        VisitIfAny(node.Find(NodeKind.ConcurrentFunctionType));
        Parameters(labels, node[node.Count - 2]!);
        if (_isSimplified)
        {
            return;
        }

        VisitIfAny(node.Find(NodeKind.AsyncAnnotation));
        VisitIfAny(node.Find(NodeKind.ThrowsAnnotation));
        VisitIfAny(node.Find(NodeKind.TypedThrowsAnnotation));
        Write(" -> "u8);
        VisitIfAny(node.Find(NodeKind.SendingResultFunctionType));
        Visit(node.Last);
    }

    private void Convention(Node node, ReadOnlySpan<byte> convention)
    {
        Write("@convention("u8);
        Write(convention);
        if (node[0] is { Kind: NodeKind.ClangType } type)
        {
            Write(", mangledCType: \""u8);
            Visit(type);
            Write("\""u8);
        }

        Write(") "u8);
    }

    private void Differentiable(long kind)
    {
        Write("@differentiable"u8);
        Write(kind switch
        {
            'f' => "(_forward)"u8,
            'l' => "(_linear)"u8,
            'r' => "(reverse)"u8,
            _ => default,
        });
    }

    private void Parameters(Node? labels, Node tuple)
    {
        if (tuple.Kind != NodeKind.ArgumentTuple || tuple[0]?[0] is not { } parameters)
        {
            _isInvalid = true;
            return;
        }

        if (parameters.Kind != NodeKind.Tuple)
        {
            if (_isSimplified)
            {
                Write("(_:)"u8);
                return;
            }

            Write("("u8);
            Visit(parameters);
            Write(")"u8);
            return;
        }

        var isLabelled = labels is { Count: > 0 };
        Write("("u8);
        for (var i = 0; i < parameters.Count && !_isInvalid; i++)
        {
            if (i > 0 && !_isSimplified)
            {
                Write(", "u8);
            }

            if (isLabelled)
            {
                Label(labels![i]);
                Write(_isSimplified ? ":"u8 : ": "u8);
            }
            else if (_isSimplified)
            {
                Write(parameters[i]!.Find(NodeKind.TupleElementName) is { } name ? arena.Text(name) : "_"u8);
                Write(":"u8);
            }

            if (!_isSimplified)
            {
                Visit(parameters[i]);
            }
        }

        Write(")"u8);
    }

    private void Label(Node? label)
    {
        _isInvalid |= label is null;
        Write(label is { Kind: NodeKind.Identifier } ? arena.Text(label) : "_"u8);
    }

    private void TupleElement(Node node)
    {
        if (node.Find(NodeKind.TupleElementName) is { } name)
        {
            Visit(name);
        }

        Visit(node.Find(NodeKind.Type));
        if (node.Find(NodeKind.VariadicMarker) is not null)
        {
            Write("..."u8);
        }
    }

    private void ImplFunctionType(Node node)
    {
        // Attributes, then parameters in parentheses, then results in parentheses.
        var stage = 0;
        foreach (var child in node.Children)
        {
            switch (child.Kind)
            {
                case NodeKind.ImplParameter:
                    stage = NextImplPart(node, stage, 1);
                    Visit(child);
                    break;
                case NodeKind.ImplResult or NodeKind.ImplYield or NodeKind.ImplErrorResult:
                    stage = NextImplPart(node, stage, 2);
                    Visit(child);
                    break;
                case NodeKind.ImplPatternSubstitutions or NodeKind.ImplInvocationSubstitutions or NodeKind.ImplSendingResult:
                    break;
                default:
                    Visit(child);
                    Write(" "u8);
                    break;
            }
        }

        NextImplPart(node, stage, 2, isEnd: true);
        Write(")"u8);
        if (node.Find(NodeKind.ImplPatternSubstitutions) is { } pattern)
        {
            SubstitutedTypes(pattern[1]);
        }

        if (node.Find(NodeKind.ImplInvocationSubstitutions) is { } invocation)
        {
            SubstitutedTypes(invocation[0]);
        }
    }

    private int NextImplPart(Node node, int stage, int wanted, bool isEnd = false)
    {
        if (stage == wanted)
        {
            Write(isEnd ? default : ", "u8);
            return wanted;
        }

        if (stage == 0)
        {
            if (node.Find(NodeKind.ImplPatternSubstitutions) is { } pattern)
            {
                Write("@substituted "u8);
                Visit(pattern[0]);
                Write(" "u8);
            }

            Write("("u8);
        }

        if (wanted == 2)
        {
            Write(") -> "u8);
            if (node.Find(NodeKind.ImplSendingResult) is { } sending)
            {
                Visit(sending);
                Write(" "u8);
            }

            Write("("u8);
        }

        return wanted;
    }

    private void SubstitutedTypes(Node? types)
    {
        Write(" for <"u8);
        VisitAll(types is null ? default : types.Children, default);
        Write(">"u8);
    }

    // One modifier is written, beside that of derivatives; where there are more, none is.
    private void ImplParameter(Node node)
    {
        var modifiers = node.Children[1..^1];
        var others = modifiers.Length;
        foreach (var modifier in modifiers)
        {
            others -= arena.Text(modifier).StartsWith("@noDerivative"u8) ? 1 : 0;
        }

        Visit(node[0]);
        Write(" "u8);
        if (others <= 1)
        {
            foreach (var modifier in modifiers)
            {
                Visit(modifier);
                Write(" "u8);
            }
        }

        Visit(node.Last);
    }

    private void ImplFunctionConvention(Node node)
    {
        Write("@convention("u8);
        Visit(node[0]);
        if (node[1] is { } type)
        {
            Write(", mangledCType: \""u8);
            Visit(type);
            Write("\""u8);
        }

        Write(")"u8);
    }
}
