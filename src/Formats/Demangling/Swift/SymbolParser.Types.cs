namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Types.</content>
internal sealed partial class SymbolParser
{
    private const int MaxBuiltinSize = 4096;

    private Node? PopTypeChild() => Pop(NodeKind.Type) is { Count: 1 } type ? type[0] : null;

    private Node? PopNominal() => PopTypeChild() is { } child && child.Kind.Is(NodeTraits.Nominal) ? child : null;

    private Node? PopModule() => As(NodeKind.Module, Pop(NodeKind.Identifier)) ?? Pop(NodeKind.Module);

    private Node? PopContext()
    {
        if (PopModule() is { } module)
        {
            return module;
        }

        if (Pop(NodeKind.Type) is { } type)
        {
            return type is { Count: 1 } && type[0]!.Kind.Is(NodeTraits.Context) ? type[0] : null;
        }

        return Pop(NodeTraits.Context);
    }

    private Node? Nominal(NodeKind kind)
    {
        var name = Pop(NodeTraits.Name);
        return Remembered(TypeOf(kind, PopContext(), name));
    }

    private Node? ExtensionContext()
    {
        var signature = Pop(NodeKind.DependentGenericSignature);
        var module = PopModule();
        var extension = Make(NodeKind.Extension, module, PopNominal());
        return signature is null ? extension : With(extension, signature);
    }

    private Node? BuiltinType()
    {
        switch ((char)Next())
        {
            case 'A': return Builtin("Builtin.ImplicitActor"u8);
            case 'b': return Builtin("Builtin.BridgeObject"u8);
            case 'B': return Builtin("Builtin.UnsafeValueBuffer"u8);
            case 'c': return Builtin("Builtin.RawUnsafeContinuation"u8);
            case 'D': return Builtin("Builtin.DefaultActorStorage"u8);
            case 'd': return Builtin("Builtin.NonDefaultDistributedActorStorage"u8);
            case 'e': return Builtin("Builtin.Executor"u8);
            case 'I': return Builtin("Builtin.IntLiteral"u8);
            case 'j': return Builtin("Builtin.Job"u8);
            case 'O': return Builtin("Builtin.UnknownObject"u8);
            case 'o': return Builtin("Builtin.NativeObject"u8);
            case 'P': return Builtin("Builtin.PackIndex"u8);
            case 'p': return Builtin("Builtin.RawPointer"u8);
            case 't': return Builtin("Builtin.SILToken"u8);
            case 'w': return Builtin("Builtin.Word"u8);
            case 'T': return TypeOf(arena.Make(NodeKind.BuiltinTupleType));
            case 'f': return SizedBuiltin("Builtin.FPIEEE"u8);
            case 'i': return SizedBuiltin("Builtin.Int"u8);
            case 'v': return VectorBuiltin();
            case 'V':
                var element = Pop(NodeKind.Type);
                return TypeOf(NodeKind.BuiltinFixedArray, Pop(NodeKind.Type), element);
            default: return null;
        }
    }

    private Node? Builtin(ReadOnlySpan<byte> name) => TypeOf(arena.Make(NodeKind.BuiltinTypeName, name));

    private Node? SizedBuiltin(ReadOnlySpan<byte> name)
    {
        var size = ReadIndex() - 1;
        if (size is <= 0 or > MaxBuiltinSize)
        {
            return null;
        }

        var start = arena.AddText(name);
        AddNumber(size);
        return TypeOf(arena.Make(NodeKind.BuiltinTypeName, start, arena.TextLength - start));
    }

    private Node? VectorBuiltin()
    {
        var count = ReadIndex() - 1;
        var prefix = "Builtin."u8;
        if (count is <= 0 or > MaxBuiltinSize || PopTypeChild() is not { Kind: NodeKind.BuiltinTypeName } element
            || !arena.Text(element).StartsWith(prefix))
        {
            return null;
        }

        var start = arena.AddText("Builtin.Vec"u8);
        AddNumber(count);
        arena.AddText("x"u8);
        arena.AddTextAgain(element.TextStart + prefix.Length, element.TextLength - prefix.Length);
        return TypeOf(arena.Make(NodeKind.BuiltinTypeName, start, arena.TextLength - start));
    }

    private void AddNumber(int number)
    {
        Span<byte> digits = stackalloc byte[12];
        System.Buffers.Text.Utf8Formatter.TryFormat(number, digits, out var length);
        arena.AddText(digits[..length]);
    }

    private Node? Tuple()
    {
        var tuple = arena.Make(NodeKind.Tuple);
        if (Pop(NodeKind.EmptyList) is null)
        {
            bool isFirst;
            do
            {
                isFirst = Pop(NodeKind.FirstElementMarker) is not null;
                var element = arena.Make(NodeKind.TupleElement);
                AddIfAny(element, Pop(NodeKind.VariadicMarker));
                AddIfAny(element, As(NodeKind.TupleElementName, Pop(NodeKind.Identifier)));
                if (With(element, Pop(NodeKind.Type)) is null)
                {
                    return null;
                }

                arena.Add(tuple, element);
            }
            while (!isFirst);
            tuple.ReverseFrom(0);
        }

        return TypeOf(tuple);
    }

    private Node? PopTypeList() => PopList(arena.Make(NodeKind.TypeList), static parser => parser.Pop(NodeKind.Type));

    // The first element of a list is marked; an empty list has a mark of its own.
    private Node? PopList(Node list, Func<SymbolParser, Node?> pop)
    {
        if (Pop(NodeKind.EmptyList) is not null)
        {
            return list;
        }

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

    private Node? Pack(NodeKind kind) => TypeOf(PopList(arena.Make(kind), static parser => parser.Pop(NodeKind.Type)));

    private Node? ProtocolList() => Make(
        NodeKind.ProtocolList, PopList(arena.Make(NodeKind.TypeList), static parser => parser.PopProtocol()));

    private Node? SpecialType()
    {
        var c = (char)Next();
        switch (c)
        {
            case 'A': return FunctionType(NodeKind.EscapingAutoClosureType);
            case 'B': return FunctionType(NodeKind.ObjCBlock);
            case 'C': return FunctionType(NodeKind.CFunctionPointer);
            case 'E': return FunctionType(NodeKind.NoEscapeFunctionType);
            case 'f': return FunctionType(NodeKind.ThinFunctionType);
            case 'K': return FunctionType(NodeKind.AutoClosureType);
            case 'L': return FunctionType(NodeKind.EscapingObjCBlock);
            case 'U': return FunctionType(NodeKind.UncurriedFunctionType);
            case 'z':
                return (char)Next() switch
                {
                    'B' => FunctionType(NodeKind.ObjCBlock, hasClangType: true),
                    'C' => FunctionType(NodeKind.CFunctionPointer, hasClangType: true),
                    _ => null,
                };
            case 'g' or 'G': return ExistentialShape(hasSignature: c == 'G');
            case 'j': return SymbolicExistential();
            case 'b': return TypeOf(NodeKind.SilBoxType, Pop(NodeKind.Type));
            case 'D': return TypeOf(NodeKind.DynamicSelf, Pop(NodeKind.Type));
            case 'o': return TypeOf(NodeKind.Unowned, Pop(NodeKind.Type));
            case 'u': return TypeOf(NodeKind.Unmanaged, Pop(NodeKind.Type));
            case 'w': return TypeOf(NodeKind.Weak, Pop(NodeKind.Type));
            case 'M' or 'm': return MetatypeWithRepresentation(c == 'M' ? NodeKind.Metatype : NodeKind.ExistentialMetatype);
            case 'p': return TypeOf(NodeKind.ExistentialMetatype, Pop(NodeKind.Type));
            case 'P':
                var requirements = PopMarkedList(
                    arena.Make(NodeKind.ConstrainedExistentialRequirementList), static parser => parser.Pop(NodeTraits.Requirement));
                return TypeOf(NodeKind.ConstrainedExistential, Pop(NodeKind.Type), requirements);
            case 'c':
                var superclass = Pop(NodeKind.Type);
                return TypeOf(NodeKind.ProtocolListWithClass, ProtocolList(), superclass);
            case 'l': return TypeOf(NodeKind.ProtocolListWithAnyObject, ProtocolList());
            case 'X' or 'x': return SilBox(hasSignature: c == 'X');
            case 'Y': return Nominal(NodeKind.OtherNominalType);
            case 'Z':
                var types = PopTypeList();
                var name = Pop(NodeKind.Identifier);
                return Make(NodeKind.AnonymousContext, name, PopContext(), types);
            case 'e': return TypeOf(arena.Make(NodeKind.ErrorType));
            case 'S': return SugaredType();
            default: return null;
        }
    }

    private Node? SugaredType()
    {
        var c = (char)Next();
        var last = Pop(NodeKind.Type);
        return c switch
        {
            'q' => TypeOf(NodeKind.SugaredOptional, last),
            'a' => TypeOf(NodeKind.SugaredArray, last),
            'p' => TypeOf(NodeKind.SugaredParen, last),
            'D' => TypeOf(NodeKind.SugaredDictionary, Pop(NodeKind.Type), last),
            'A' => TypeOf(NodeKind.SugaredInlineArray, Pop(NodeKind.Type), last),
            _ => null,
        };
    }

    private Node? MetatypeWithRepresentation(NodeKind kind)
    {
        var representation = (char)Next() switch
        {
            't' => arena.Make(NodeKind.MetatypeRepresentation, "@thin"u8),
            'T' => arena.Make(NodeKind.MetatypeRepresentation, "@thick"u8),
            'o' => arena.Make(NodeKind.MetatypeRepresentation, "@objc_metatype"u8),
            _ => null,
        };
        return TypeOf(kind, representation, Pop(NodeKind.Type));
    }

    private Node? SilBox(bool hasSignature)
    {
        Node? signature = null;
        Node? arguments = null;
        if (hasSignature)
        {
            signature = Pop(NodeKind.DependentGenericSignature);
            arguments = PopTypeList();
            if (signature is null || arguments is null)
            {
                return null;
            }
        }

        if (PopTypeList() is not { } fields)
        {
            return null;
        }

        var layout = arena.Make(NodeKind.SilBoxLayout);
        foreach (var field in fields.Children)
        {
            var isMutable = field[0] is { Kind: NodeKind.InOut };
            var made = isMutable
                ? Make(NodeKind.SilBoxMutableField, TypeOf(field[0]![0]))
                : Make(NodeKind.SilBoxImmutableField, field);
            if (With(layout, made) is null)
            {
                return null;
            }
        }

        return hasSignature
            ? TypeOf(Make(NodeKind.SilBoxTypeWithLayout, layout, signature, arguments))
            : TypeOf(Make(NodeKind.SilBoxTypeWithLayout, layout));
    }

    private Node? ExistentialShape(bool hasSignature)
    {
        var type = Pop(NodeKind.Type);
        var signature = hasSignature ? Pop(NodeKind.DependentGenericSignature) : null;
        return signature is null
            ? Make(NodeKind.ExtendedExistentialTypeShape, type)
            : Make(NodeKind.ExtendedExistentialTypeShape, signature, type);
    }

    private Node? SymbolicExistential()
    {
        var conformances = PopRetroactiveConformances();
        var arguments = arena.Make(NodeKind.TypeList);
        while (Pop(NodeKind.Type) is { } type)
        {
            arena.Add(arguments, type);
        }

        arguments.ReverseFrom(0);
        var existential = Make(
            NodeKind.SymbolicExtendedExistentialType, Pop(NodeKind.ExtendedExistentialShapeReference), arguments);
        return TypeOf(conformances is null ? existential : With(existential, conformances));
    }

    private Node? Archetype()
    {
        switch ((char)Next())
        {
            case 'a':
                var name = Pop(NodeKind.Identifier);
                return Remembered(TypeOf(NodeKind.AssociatedTypeRef, PopTypeChild(), name));
            case 'O': return Make(NodeKind.OpaqueReturnTypeOf, PopContext());
            case 'o': return OpaqueType();
            case 'r': return TypeOf(arena.Make(NodeKind.OpaqueReturnType));
            case 'R': return TypeOf(NodeKind.OpaqueReturnType, IndexNode());
            case 'x': return Remembered(AssociatedType(PopAssociatedTypeName(), null));
            case 'X': return Remembered(CompoundAssociatedType(hasBase: false));
            case 'y': return Remembered(SimpleAssociatedType(GenericParameterIndex()));
            case 'Y': return Remembered(CompoundAssociatedType(hasBase: true));
            case 'z': return Remembered(SimpleAssociatedType(GenericParameter(0, 0)));
            case 'Z': return Remembered(CompoundOf(GenericParameter(0, 0)));
            case 'p':
                var count = PopTypeChild();
                return TypeOf(NodeKind.PackExpansion, PopTypeChild(), count);
            case 'e':
                var pack = PopTypeChild();
                return TypeOf(NodeKind.PackElement, pack, IndexNode(NodeKind.PackElementLevel));
            case 'P': return Pack(NodeKind.Pack);
            case 'S':
                return (char)Next() switch
                {
                    'd' => Pack(NodeKind.SilPackDirect),
                    'i' => Pack(NodeKind.SilPackIndirect),
                    _ => null,
                };
            default: return null;
        }
    }

    private Node? OpaqueType()
    {
        var index = IndexNode(NodeKind.Index);
        if (index is null || PopBoundGenerics() is not { } bound || Pop() is not { } name)
        {
            return null;
        }

        var lists = arena.Make(NodeKind.TypeList);
        for (var i = bound.Lists.Count - 1; i >= 0; i--)
        {
            arena.Add(lists, bound.Lists[i]);
        }

        var opaque = Make(NodeKind.OpaqueType, name, index, lists);
        return Remembered(TypeOf(bound.Conformances is null ? opaque : With(opaque, bound.Conformances)));
    }
}
