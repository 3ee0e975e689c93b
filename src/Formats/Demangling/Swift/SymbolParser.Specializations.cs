namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Specialisations of generic functions and of signatures.</content>
internal sealed partial class SymbolParser
{
    private Node? Specialization(byte c) => (char)c switch
    {
        'g' => GenericSpecialization(NodeKind.GenericSpecialization, null),
        'G' => GenericSpecialization(NodeKind.GenericSpecializationNotReAbstracted, null),
        'B' => GenericSpecialization(NodeKind.GenericSpecializationInResilienceDomain, null),
        's' => GenericSpecialization(NodeKind.GenericSpecializationPrespecialized, null),
        'i' => GenericSpecialization(NodeKind.InlinedGenericFunction, null),
        't' => SpecializationWithoutArguments(),
        'p' => PartialSpecialization(NodeKind.GenericPartialSpecialization),
        'P' => PartialSpecialization(NodeKind.GenericPartialSpecializationNotReAbstracted),
        'f' => FunctionSpecialization(),
        _ => null,
    };

    private Node? SpecializationBegin(NodeKind kind, bool hasUniqueId = false)
    {
        var isSerialized = Take('q');
        var isAsyncRemoved = Take('a');
        var isRepresentationChanged = Take('r');
        var pass = Next();
        if (!IsDigit(pass))
        {
            return null;
        }

        var node = arena.Make(kind, hasUniqueId ? Natural() : -1);
        AddIfAny(node, isSerialized ? arena.Make(NodeKind.IsSerialized) : null);
        AddIfAny(node, isAsyncRemoved ? arena.Make(NodeKind.AsyncRemoved) : null);
        AddIfAny(node, isRepresentationChanged ? arena.Make(NodeKind.RepresentationChanged) : null);
        arena.Add(node, arena.Make(NodeKind.SpecializationPassID, pass - '0'));
        return node;
    }

    private Node? GenericSpecialization(NodeKind kind, Node? dropped)
    {
        if (SpecializationBegin(kind) is not { } node || PopTypeList() is not { } types)
        {
            return null;
        }

        if (dropped is not null)
        {
            foreach (var argument in dropped.Children)
            {
                arena.Add(node, argument);
            }
        }

        foreach (var type in types.Children)
        {
            arena.Add(node, Make(NodeKind.GenericSpecializationParam, type)!);
        }

        return node;
    }

    private Node? SpecializationWithoutArguments()
    {
        var dropped = arena.Make(NodeKind.TypeList);
        do
        {
            arena.Add(dropped, arena.Make(NodeKind.DroppedArgument, Natural() + 1));
        }
        while (Take('t'));
        return (char)Next() switch
        {
            'g' => GenericSpecialization(NodeKind.GenericSpecialization, dropped),
            'G' => GenericSpecialization(NodeKind.GenericSpecializationNotReAbstracted, dropped),
            'B' => GenericSpecialization(NodeKind.GenericSpecializationInResilienceDomain, dropped),
            _ => null,
        };
    }

    private Node? PartialSpecialization(NodeKind kind)
    {
        var node = SpecializationBegin(kind);
        return With(node, Make(NodeKind.GenericSpecializationParam, Pop(NodeKind.Type)));
    }

    private Node? FunctionSpecialization()
    {
        if (SpecializationBegin(NodeKind.FunctionSignatureSpecialization, hasUniqueId: true) is not { } node)
        {
            return null;
        }

        if (node[0]!.Kind == NodeKind.RepresentationChanged)
        {
            return node;
        }

        while (!Take('_'))
        {
            if (With(node, SpecializedParameter(NodeKind.FunctionSignatureSpecializationParam)) is null)
            {
                return null;
            }
        }

        if (!Take('n') && With(node, SpecializedParameter(NodeKind.FunctionSignatureSpecializationReturn)) is null)
        {
            return null;
        }

        for (var i = node.Count - 1; i >= 0; i--)
        {
            if (node[i]!.Kind == NodeKind.FunctionSignatureSpecializationParam && !AddPayloads(node[i]!))
            {
                return null;
            }
        }

        return node;
    }

    // What a constant or a closure is stands on the stack, that of the last parameter on top.
    private bool AddPayloads(Node parameter)
    {
        var count = parameter.Count;
        for (var i = count - 1; i >= 0; i--)
        {
            var child = parameter[i]!;
            if (child.Kind != NodeKind.FunctionSignatureSpecializationParamKind)
            {
                continue;
            }

            switch ((SpecializedArgument)child.Index)
            {
                case SpecializedArgument.ClosurePropagated:
                    while (Pop(NodeKind.Type) is { } type)
                    {
                        arena.Add(parameter, type);
                    }

                    break;
                case SpecializedArgument.ConstantKeyPath:
                    AddIfAny(parameter, Pop(NodeKind.Type));
                    AddIfAny(parameter, Pop(NodeKind.Type));
                    break;
                case SpecializedArgument.ConstantStruct:
                    AddIfAny(parameter, Pop(NodeKind.Type));
                    continue;
                case SpecializedArgument.ConstantFunction or SpecializedArgument.ConstantGlobal or SpecializedArgument.ConstantString:
                    break;
                default:
                    continue;
            }

            if (With(parameter, Pop(NodeKind.Identifier)) is null)
            {
                return false;
            }
        }

        parameter.ReverseFrom(count);
        return true;
    }

    private Node? SpecializedParameter(NodeKind kind)
    {
        var parameter = arena.Make(kind);
        switch ((char)Next())
        {
            case 'n': return parameter;
            case 'c': return WithArgument(parameter, SpecializedArgument.ClosurePropagated);
            case 'C':
                WithArgument(parameter, SpecializedArgument.SameAsArgument);
                var number = Natural();
                return number < 0
                    ? null
                    : With(parameter, arena.Make(NodeKind.FunctionSignatureSpecializationParamPayload, number));
            case 'p': return Constants(parameter);
            case 'e': return WithOptions(parameter, SpecializedArgument.ExistentialToGeneric, "DGOX");
            case 'd': return WithOptions(parameter, SpecializedArgument.Dead, "GOX");
            case 'g': return WithOptions(parameter, SpecializedArgument.OwnedToGuaranteed, "X");
            case 'o': return WithOptions(parameter, SpecializedArgument.GuaranteedToOwned, "X");
            case 'x': return WithArgument(parameter, SpecializedArgument.Exploded);
            case 'i': return WithArgument(parameter, SpecializedArgument.BoxToValue);
            case 's': return WithArgument(parameter, SpecializedArgument.BoxToStack);
            case 'r': return WithArgument(parameter, SpecializedArgument.InOutToOut);
            default: return null;
        }
    }

    private Node WithArgument(Node parameter, SpecializedArgument argument)
    {
        arena.Add(parameter, arena.Make(NodeKind.FunctionSignatureSpecializationParamKind, (long)argument));
        return parameter;
    }

    private Node WithOptions(Node parameter, SpecializedArgument argument, string options)
    {
        foreach (var option in options)
        {
            if (Take(option))
            {
                argument |= option switch
                {
                    'D' => SpecializedArgument.Dead,
                    'G' => SpecializedArgument.OwnedToGuaranteed,
                    'O' => SpecializedArgument.GuaranteedToOwned,
                    _ => SpecializedArgument.Exploded,
                };
            }
        }

        return WithArgument(parameter, argument);
    }

    private Node? Constants(Node parameter)
    {
        while (true)
        {
            switch ((char)Look())
            {
                case 'S': _position++; WithArgument(parameter, SpecializedArgument.ConstantStruct); break;
                case 'f': _position++; WithArgument(parameter, SpecializedArgument.ConstantFunction); break;
                case 'g': _position++; WithArgument(parameter, SpecializedArgument.ConstantGlobal); break;
                case 'k': _position++; WithArgument(parameter, SpecializedArgument.ConstantKeyPath); break;
                case 'i' or 'd':
                    var isInteger = Next() == 'i';
                    WithArgument(parameter, isInteger ? SpecializedArgument.ConstantInteger : SpecializedArgument.ConstantFloat);
                    var start = _position;
                    while (IsDigit(Look()))
                    {
                        _position++;
                    }

                    if (_position == start)
                    {
                        return null;
                    }

                    arena.Add(
                        parameter,
                        arena.Make(NodeKind.FunctionSignatureSpecializationParamPayload, start, _position - start));
                    break;
                case 's':
                    _position++;
                    var encoding = (char)Next() switch
                    {
                        'b' => "u8"u8,
                        'w' => "u16"u8,
                        'c' => "objc"u8,
                        _ => default,
                    };
                    if (encoding.IsEmpty)
                    {
                        return null;
                    }

                    WithArgument(parameter, SpecializedArgument.ConstantString);
                    arena.Add(parameter, arena.Make(NodeKind.FunctionSignatureSpecializationParamPayload, encoding));
                    break;
                default:
                    return parameter;
            }
        }
    }
}
