namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Functions as types, their labels, and the entities that have them.</content>
internal sealed partial class SymbolParser
{
    private Node? FunctionType(NodeKind kind, bool hasClangType = false)
    {
        var function = arena.Make(kind);
        if (hasClangType && With(function, ClangType()) is null)
        {
            return null;
        }

        AddIfAny(function, Pop(NodeKind.SendingResultFunctionType));
        AddIfAny(
            function,
            Pop(NodeKind.GlobalActorFunctionType) ?? Pop(NodeKind.IsolatedAnyFunctionType) ?? Pop(NodeKind.NonIsolatedCallerFunctionType));
        AddIfAny(function, Pop(NodeKind.DifferentiableFunctionType));
        AddIfAny(function, Pop(NodeKind.ThrowsAnnotation) ?? Pop(NodeKind.TypedThrowsAnnotation));
        AddIfAny(function, Pop(NodeKind.ConcurrentFunctionType));
        AddIfAny(function, Pop(NodeKind.AsyncAnnotation));
        return With(function, PopParameters(NodeKind.ArgumentTuple)) is not null
            ? TypeOf(With(function, PopParameters(NodeKind.ReturnType)))
            : null;
    }

    private Node? PopParameters(NodeKind kind) =>
        Make(kind, Pop(NodeKind.EmptyList) is not null ? TypeOf(arena.Make(NodeKind.Tuple)) : Pop(NodeKind.Type));

    private Node? ClangType()
    {
        var length = Natural();
        if (length <= 0 || length > _end - _position)
        {
            return null;
        }

        _position += length;
        return arena.Make(NodeKind.ClangType, _position - length, length);
    }

    // Labels stand before the type, one for each parameter; none at all are an empty list.
    private Node? PopLabels(Node? type)
    {
        if (!_isOldFunctionMangling && Pop(NodeKind.EmptyList) is not null)
        {
            return arena.Make(NodeKind.LabelList);
        }

        var function = type?[0];
        if (function is { Kind: NodeKind.DependentGenericType })
        {
            function = function[1]?[0];
        }

        if (function is not { Kind: NodeKind.FunctionType or NodeKind.NoEscapeFunctionType }
            || function.Find(NodeKind.ArgumentTuple)?[0]?[0] is not { } parameters)
        {
            return null;
        }

        var count = parameters.Kind == NodeKind.Tuple ? parameters.Count : 1;
        if (count == 0)
        {
            return null;
        }

        return _isOldFunctionMangling ? LabelsOfTuple(parameters) : PopLabels(count);
    }

    private Node? PopLabels(int count)
    {
        var labels = arena.Make(NodeKind.LabelList);
        var isLabelled = false;
        for (var i = 0; i < count; i++)
        {
            if (Pop() is not { Kind: NodeKind.Identifier or NodeKind.FirstElementMarker } label)
            {
                return null;
            }

            arena.Add(labels, label);
            isLabelled |= label.Kind == NodeKind.Identifier;
        }

        labels.ReverseFrom(0);
        return isLabelled ? labels : arena.Make(NodeKind.LabelList);
    }

    private Node LabelsOfTuple(Node parameters)
    {
        var labels = arena.Make(NodeKind.LabelList);
        if (parameters.Kind != NodeKind.Tuple)
        {
            return labels;
        }

        var isLabelled = false;
        foreach (var parameter in parameters.Children)
        {
            var label = parameter.Find(NodeKind.TupleElementName);
            isLabelled |= label is not null;
            if (label is not null)
            {
                parameter.RemoveAt(parameter.Children.IndexOf(label));
            }

            arena.Add(labels, As(NodeKind.Identifier, label) ?? arena.Make(NodeKind.FirstElementMarker));
        }

        return isLabelled ? labels : arena.Make(NodeKind.LabelList);
    }

    private Node? PlainFunction()
    {
        var signature = Pop(NodeKind.DependentGenericSignature);
        var type = FunctionType(NodeKind.FunctionType);
        var labels = PopLabels(type);
        if (signature is not null)
        {
            type = TypeOf(NodeKind.DependentGenericType, signature, type);
        }

        var name = Pop(NodeTraits.Name);
        var context = PopContext();
        return labels is null
            ? Make(NodeKind.Function, context, name, type)
            : Make(NodeKind.Function, context, name, labels, type);
    }

    private Node? NamedEntity(NodeKind kind)
    {
        var type = Pop(NodeKind.Type);
        var labels = PopLabels(type);
        var name = Pop(NodeTraits.Name);
        var context = PopContext();
        return labels is null ? Make(kind, context, name, type) : Make(kind, context, name, labels, type);
    }

    private Node? Variable() => Accessor(NamedEntity(NodeKind.Variable));

    private Node? Subscript()
    {
        var privateName = Pop(NodeKind.PrivateDeclName);
        var type = Pop(NodeKind.Type);
        var labels = PopLabels(type);
        var subscript = Make(NodeKind.Subscript, PopContext());
        if (labels is not null)
        {
            subscript = With(subscript, labels);
        }

        subscript = With(subscript, type);
        return Accessor(privateName is null ? subscript : With(subscript, privateName));
    }

    private Node? Accessor(Node? storage)
    {
        var kind = (char)Next() switch
        {
            'p' => NodeKind.Variable,
            'g' => NodeKind.Getter,
            'G' => NodeKind.GlobalGetter,
            's' => NodeKind.Setter,
            'm' => NodeKind.MaterializeForSet,
            'w' => NodeKind.WillSet,
            'W' => NodeKind.DidSet,
            'i' => NodeKind.InitAccessor,
            'r' => NodeKind.ReadAccessor,
            'y' => NodeKind.Read2Accessor,
            'M' => NodeKind.ModifyAccessor,
            'x' => NodeKind.Modify2Accessor,
            'b' => NodeKind.BorrowAccessor,
            'z' => NodeKind.MutateAccessor,
            'a' => (char)Next() switch
            {
                'O' => NodeKind.OwningMutableAddressor,
                'o' => NodeKind.NativeOwningMutableAddressor,
                'P' => NodeKind.NativePinningMutableAddressor,
                'u' => NodeKind.UnsafeMutableAddressor,
                _ => NodeKind.None,
            },
            'l' => (char)Next() switch
            {
                'O' => NodeKind.OwningAddressor,
                'o' => NodeKind.NativeOwningAddressor,
                'p' => NodeKind.NativePinningAddressor,
                'u' => NodeKind.UnsafeAddressor,
                _ => NodeKind.None,
            },
            _ => NodeKind.None,
        };
        return kind switch
        {
            NodeKind.None => null,
            NodeKind.Variable => storage,
            _ => Make(kind, storage),
        };
    }

    private Node? FunctionEntity()
    {
        var c = (char)Next();
        switch (c)
        {
            case 'D': return Make(NodeKind.Deallocator, PopContext());
            case 'd': return Make(NodeKind.Destructor, PopContext());
            case 'Z': return Make(NodeKind.IsolatedDeallocator, PopContext());
            case 'E': return Make(NodeKind.IVarDestroyer, PopContext());
            case 'e': return Make(NodeKind.IVarInitializer, PopContext());
            case 'i': return Make(NodeKind.Initializer, PopContext());
            case 'P': return Make(NodeKind.PropertyWrapperBackingInitializer, PopContext());
            case 'W': return Make(NodeKind.PropertyWrapperInitFromProjectedValue, PopContext());
            case 'F': return Make(NodeKind.PropertyWrappedFieldInitAccessor, PopContext());
            case 'A':
                var argument = IndexNode();
                return Make(NodeKind.DefaultArgumentInitializer, PopContext(), argument);
            case 'U' or 'u':
                var index = IndexNode();
                var type = Pop(NodeKind.Type);
                return Make(c == 'U' ? NodeKind.ExplicitClosure : NodeKind.ImplicitClosure, PopContext(), index, type);
            case 'C': return Initializer(NodeKind.Allocator);
            case 'c': return Initializer(NodeKind.Constructor);
            case 'm': return NamedEntity(NodeKind.Macro);
            case 'M': return MacroExpansion();
            case 'p': return NamedEntity(NodeKind.GenericTypeParamDecl);
            default: return null;
        }
    }

    private Node? Initializer(NodeKind kind)
    {
        var privateName = Pop(NodeKind.PrivateDeclName);
        var type = Pop(NodeKind.Type);
        var labels = PopLabels(type);
        var context = PopContext();
        var initializer = labels is null ? Make(kind, context, type) : Make(kind, context, labels, type);
        return privateName is null ? initializer : With(initializer, privateName);
    }

    private Node? MacroExpansion()
    {
        var kind = (char)Next() switch
        {
            'a' => NodeKind.AccessorAttachedMacroExpansion,
            'r' => NodeKind.MemberAttributeAttachedMacroExpansion,
            'm' => NodeKind.MemberAttachedMacroExpansion,
            'p' => NodeKind.PeerAttachedMacroExpansion,
            'c' => NodeKind.ConformanceAttachedMacroExpansion,
            'e' => NodeKind.ExtensionAttachedMacroExpansion,
            'q' => NodeKind.PreambleAttachedMacroExpansion,
            'b' => NodeKind.BodyAttachedMacroExpansion,
            'f' => NodeKind.FreestandingMacroExpansion,
            'u' => NodeKind.MacroExpansionUniqueName,
            'X' => NodeKind.MacroExpansionLoc,
            _ => NodeKind.None,
        };
        switch (kind)
        {
            case NodeKind.None:
                return null;
            case NodeKind.MacroExpansionLoc:
                var line = IndexNode(NodeKind.Index);
                var column = IndexNode(NodeKind.Index);
                var buffer = Pop(NodeKind.Identifier);
                return Make(kind, Pop(NodeKind.Identifier), buffer, line, column);
        }

        var isAttached = kind is not (NodeKind.FreestandingMacroExpansion or NodeKind.MacroExpansionUniqueName);
        var macro = Pop(NodeKind.Identifier);
        var privateName = kind == NodeKind.FreestandingMacroExpansion ? Pop(NodeKind.PrivateDeclName) : null;
        var attached = isAttached ? Pop(NodeTraits.Name) : null;
        var context = Pop(NodeTraits.MacroExpansion) ?? PopContext();
        var index = IndexNode();
        var expansion = attached is null ? Make(kind, context, macro, index) : Make(kind, context, attached, macro, index);
        return privateName is null ? expansion : With(expansion, privateName);
    }
}
