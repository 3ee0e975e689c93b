namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Specialisations.</content>
internal sealed partial class TreePrinter
{
    private void Specialization(Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.GenericSpecialization or NodeKind.GenericSpecializationInResilienceDomain:
                SpecializationPrefix(node, "generic specialization"u8);
                break;
            case NodeKind.GenericSpecializationPrespecialized:
                SpecializationPrefix(node, "generic pre-specialization"u8);
                break;
            case NodeKind.GenericSpecializationNotReAbstracted:
                SpecializationPrefix(node, "generic not re-abstracted specialization"u8);
                break;
            case NodeKind.GenericPartialSpecialization:
                SpecializationPrefix(node, "generic partial specialization"u8, "Signature = "u8);
                break;
            case NodeKind.GenericPartialSpecializationNotReAbstracted:
                SpecializationPrefix(node, "generic not-reabstracted partial specialization"u8, "Signature = "u8);
                break;
            case NodeKind.InlinedGenericFunction:
                SpecializationPrefix(node, "inlined generic function"u8);
                break;
            case NodeKind.FunctionSignatureSpecialization:
                SpecializationPrefix(node, "function signature specialization"u8);
                break;
            case NodeKind.GenericSpecializationParam:
                Visit(node[0]);
                for (var i = 1; i < node.Count; i++)
                {
                    Write(i == 1 ? " with "u8 : " and "u8);
                    Visit(node[i]);
                }

                break;
            case NodeKind.FunctionSignatureSpecializationParam or NodeKind.FunctionSignatureSpecializationReturn:
                SpecializedParameter(node);
                break;
            case NodeKind.FunctionSignatureSpecializationParamKind:
                SpecializedArgumentKind((SpecializedArgument)node.Index);
                break;
            case NodeKind.FunctionSignatureSpecializationParamPayload:
                Payload(node);
                break;
            default:
                _isInvalid = true;
                break;
        }
    }

    private void SpecializationPrefix(Node node, ReadOnlySpan<byte> what, ReadOnlySpan<byte> before = default)
    {
        if (_isSimplified)
        {
            if (!_isSpecializationPrinted)
            {
                Write(node[0] is { Kind: NodeKind.RepresentationChanged } ? "representation changed of "u8 : "specialized "u8);
                _isSpecializationPrinted = true;
            }

            return;
        }

        Write(what);
        Write(" <"u8);
        var isFirst = true;
        var argument = 0;
        foreach (var child in node.Children)
        {
            switch (child.Kind)
            {
                case NodeKind.SpecializationPassID or NodeKind.DroppedArgument or NodeKind.RepresentationChanged:
                    break;
                case NodeKind.IsSerialized:
                    Write(isFirst ? default : ", "u8);
                    isFirst = false;
                    Visit(child);
                    break;
                default:
                    if (child.Count > 0)
                    {
                        Write(isFirst ? default : ", "u8);
                        isFirst = false;
                        Write(before);
                        SpecializationArgument(child, argument);
                    }

                    argument++;
                    break;
            }
        }

        Write("> of "u8);
    }

    private void SpecializationArgument(Node child, int argument)
    {
        if (child.Kind == NodeKind.FunctionSignatureSpecializationParam)
        {
            Write("Arg["u8);
            Write(argument);
            Write("] = "u8);
        }
        else if (child.Kind == NodeKind.FunctionSignatureSpecializationReturn)
        {
            Write("Return = "u8);
        }

        Visit(child);
    }

    private void SpecializedParameter(Node node)
    {
        var payload = 0;
        for (var place = 0; place < node.Count && !_isInvalid; place++)
        {
            var child = node[place]!;
            if (child.Kind != NodeKind.FunctionSignatureSpecializationParamKind)
            {
                break;
            }

            var kind = (SpecializedArgument)child.Index;
            switch (kind)
            {
                case SpecializedArgument.ConstantFunction or SpecializedArgument.ConstantGlobal:
                    BeginPayload(child, " : "u8);
                    Payload(NextPayload(node, ref payload));
                    Write("]"u8);
                    break;
                case SpecializedArgument.ConstantInteger or SpecializedArgument.ConstantFloat:
                    BeginPayload(child, " : "u8);
                    Visit(node[++place]);
                    Write("]"u8);
                    break;
                case SpecializedArgument.ConstantString:
                    BeginPayload(child, " : "u8);
                    Visit(node[++place]);
                    Write("'"u8);
                    StringPayload(NextPayload(node, ref payload));
                    Write("']"u8);
                    break;
                case SpecializedArgument.ConstantKeyPath:
                    BeginPayload(child, " : "u8);
                    Visit(NextPayload(node, ref payload));
                    Write("<"u8);
                    Visit(NextPayload(node, ref payload));
                    Write(","u8);
                    Visit(NextPayload(node, ref payload));
                    Write(">]"u8);
                    break;
                case SpecializedArgument.ConstantStruct:
                    BeginPayload(child, " : "u8);
                    Visit(NextPayload(node, ref payload));
                    Write("]"u8);
                    break;
                case SpecializedArgument.ClosurePropagated:
                    BeginPayload(child, " : "u8);
                    if (node[place + 1] is { Kind: NodeKind.FunctionSignatureSpecializationParamPayload } old)
                    {
                        // The mangling of Swift 3 has the closure, and what it takes, right behind.
                        Payload(old);
                        payload = Math.Max(payload, place + 2);
                    }
                    else
                    {
                        Visit(NextPayload(node, ref payload));
                    }

                    Write(", Argument Types : ["u8);
                    ClosureTypes(node, ref payload);
                    Write("]"u8);
                    break;
                case SpecializedArgument.SameAsArgument:
                    BeginPayload(child, " "u8);
                    Visit(node[++place]);
                    Write("]"u8);
                    break;
                default:
                    Visit(child);
                    break;
            }
        }
    }

    private void BeginPayload(Node kind, ReadOnlySpan<byte> separator)
    {
        Write("["u8);
        Visit(kind);
        Write(separator);
    }

    // Payloads stand behind all kinds and numbers, in the order of the kinds.
    private static Node? NextPayload(Node node, ref int place)
    {
        while (node[place] is
            {
                Kind: NodeKind.FunctionSignatureSpecializationParamKind
            or NodeKind.FunctionSignatureSpecializationParamPayload
            })
        {
            place++;
        }

        return node[place++];
    }

    // The witness separates only what has text, as types have none.
    private void ClosureTypes(Node node, ref int place)
    {
        while (node[place] is { Kind: NodeKind.Type } type)
        {
            Visit(type);
            place++;
            Write(node[place] is { HasText: true } ? ", "u8 : default);
        }
    }

    private void StringPayload(Node? node)
    {
        // An underscore is put before strings that begin with a digit or an underscore.
        var text = node is null ? default : arena.Text(node);
        Write(text is [(byte)'_', .. var rest] ? rest : text);
    }

    private void Payload(Node? node)
    {
        if (node is null)
        {
            _isInvalid = true;
            return;
        }

        if (!node.HasText)
        {
            Write(node.Index);
            return;
        }

        var text = arena.Text(node).ToArray();
        Write(DemangleNested?.Invoke(text) ?? text);
    }

    private void SpecializedArgumentKind(SpecializedArgument argument)
    {
        if (argument < SpecializedArgument.Dead)
        {
            Write(argument switch
            {
                SpecializedArgument.ConstantFunction => "Constant Propagated Function"u8,
                SpecializedArgument.ConstantGlobal => "Constant Propagated Global"u8,
                SpecializedArgument.ConstantInteger => "Constant Propagated Integer"u8,
                SpecializedArgument.ConstantFloat => "Constant Propagated Float"u8,
                SpecializedArgument.ConstantString => "Constant Propagated String"u8,
                SpecializedArgument.ConstantKeyPath => "Constant Propagated KeyPath"u8,
                SpecializedArgument.ConstantStruct => "Constant Propagated Struct"u8,
                SpecializedArgument.ClosurePropagated => "Closure Propagated"u8,
                SpecializedArgument.BoxToValue => "Value Promoted from Box"u8,
                SpecializedArgument.BoxToStack => "Stack Promoted from Box"u8,
                SpecializedArgument.InOutToOut => "InOut Converted to Out"u8,
                _ => "Same As Argument"u8,
            });
            return;
        }

        var isFirst = true;
        Option(argument, SpecializedArgument.ExistentialToGeneric, "Existential To Protocol Constrained Generic"u8, ref isFirst);
        Option(argument, SpecializedArgument.Dead, "Dead"u8, ref isFirst);
        Option(argument, SpecializedArgument.OwnedToGuaranteed, "Owned To Guaranteed"u8, ref isFirst);
        Option(argument, SpecializedArgument.GuaranteedToOwned, "Guaranteed To Owned"u8, ref isFirst);
        Option(argument, SpecializedArgument.Exploded, "Exploded"u8, ref isFirst);
    }

    private void Option(SpecializedArgument argument, SpecializedArgument option, ReadOnlySpan<byte> text, ref bool isFirst)
    {
        if ((argument & option) != 0)
        {
            Write(isFirst ? default : " and "u8);
            Write(text);
            isFirst = false;
        }
    }
}
