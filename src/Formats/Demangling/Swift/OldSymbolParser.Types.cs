namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Types.</content>
internal sealed partial class OldSymbolParser
{
    private const int MaxSignatureDepth = 256;

    private Node? Type()
    {
        if (!Enter())
        {
            return null;
        }

        return Leave(Make(NodeKind.Type, BareType()));
    }

    private Node? BareType()
    {
        var c = (char)Next();
        switch (c)
        {
            case 'B': return Builtin();
            case 'a': return Nominal(NodeKind.TypeAlias);
            case 'b': return FunctionType(NodeKind.ObjCBlock);
            case 'c': return FunctionType(NodeKind.CFunctionPointer);
            case 'D': return Make(NodeKind.DynamicSelf, Type());
            case 'E': return Take("RR") ? arena.Make(NodeKind.ErrorType) : null;
            case 'F': return FunctionType(NodeKind.FunctionType);
            case 'f': return FunctionType(NodeKind.UncurriedFunctionType);
            case 'G': return BoundGenericType();
            case 'K': return FunctionType(NodeKind.AutoClosureType);
            case 'M': return Make(NodeKind.Metatype, Type());
            case 'P': return Take('M') ? Make(NodeKind.ExistentialMetatype, Type()) : ProtocolList();
            case 'Q': return Archetype();
            case 'q':
                return Look() is (byte)'d' or (byte)'_' or (>= (byte)'0' and <= (byte)'9')
                    ? GenericParameterIndex()
                    : MemberType(Type());
            case 'x': return Parameter(0, 0);
            case 'w': return SimpleAssociatedType();
            case 'W': return CompoundAssociatedType();
            case 'R': return Make(NodeKind.InOut, Type()?[0]);
            case 'S': return Substitution();
            case 'T': return Tuple(isVariadic: false);
            case 't': return Tuple(isVariadic: true);
            case 'u':
                var signature = GenericSignature(isPseudo: false);
                return Make(NodeKind.DependentGenericType, signature, Type());
            case 'X': return SpecialType();
            case 'C': return Nominal(NodeKind.Class);
            case 'V': return Nominal(NodeKind.Structure);
            case 'O': return Nominal(NodeKind.Enum);
            default: return null;
        }
    }

    private Node? Builtin()
    {
        var start = arena.TextLength;
        switch ((char)Next())
        {
            case 'b': return arena.Make(NodeKind.BuiltinTypeName, "Builtin.BridgeObject"u8);
            case 'B': return arena.Make(NodeKind.BuiltinTypeName, "Builtin.UnsafeValueBuffer"u8);
            case 'O': return arena.Make(NodeKind.BuiltinTypeName, "Builtin.UnknownObject"u8);
            case 'o': return arena.Make(NodeKind.BuiltinTypeName, "Builtin.NativeObject"u8);
            case 'p': return arena.Make(NodeKind.BuiltinTypeName, "Builtin.RawPointer"u8);
            case 't': return arena.Make(NodeKind.BuiltinTypeName, "Builtin.SILToken"u8);
            case 'w': return arena.Make(NodeKind.BuiltinTypeName, "Builtin.Word"u8);
            case 'f':
                arena.AddText("Builtin.FPIEEE"u8);
                return AddDigits() && Take('_') ? BuiltinSince(start) : null;
            case 'i':
                arena.AddText("Builtin.Int"u8);
                return AddDigits() && Take('_') ? BuiltinSince(start) : null;
            case 'v':
                arena.AddText("Builtin.Vec"u8);
                if (!AddDigits() || !Take('B'))
                {
                    return null;
                }

                if (Take('p'))
                {
                    arena.AddText("xRawPointer"u8);
                    return BuiltinSince(start);
                }

                var isInteger = Take('i');
                if (!isInteger && !Take('f'))
                {
                    return null;
                }

                arena.AddText(isInteger ? "xInt"u8 : "xFPIEEE"u8);
                return AddDigits() && Take('_') ? BuiltinSince(start) : null;
            default: return null;
        }
    }

    private bool AddDigits()
    {
        var start = _position;
        if (Natural() < 0)
        {
            return false;
        }

        arena.AddTextAgain(start, _position - start);
        return true;
    }

    private Node BuiltinSince(int start) => arena.Make(NodeKind.BuiltinTypeName, start, arena.TextLength - start);

    private Node? FunctionType(NodeKind kind)
    {
        var function = arena.Make(kind);
        var isThrowing = Take('z');
        var isConcurrent = Take('y');
        var isAsync = Take('Z');
        Node? differentiable = null;
        if (Take('D'))
        {
            var c = Next();
            if (c is not ((byte)'d' or (byte)'f' or (byte)'l' or (byte)'r'))
            {
                return null;
            }

            differentiable = arena.Make(NodeKind.DifferentiableFunctionType, c);
        }

        if (Take('Y') && With(function, Make(NodeKind.GlobalActorFunctionType, Type())) is null)
        {
            return null;
        }

        AddIfAny(function, differentiable);
        AddIfAny(function, isThrowing ? arena.Make(NodeKind.ThrowsAnnotation) : null);
        AddIfAny(function, isConcurrent ? arena.Make(NodeKind.ConcurrentFunctionType) : null);
        AddIfAny(function, isAsync ? arena.Make(NodeKind.AsyncAnnotation) : null);
        var parameters = Make(NodeKind.ArgumentTuple, Type());
        return With(With(function, parameters), Make(NodeKind.ReturnType, Type()));
    }

    private Node? Tuple(bool isVariadic)
    {
        var tuple = arena.Make(NodeKind.Tuple);
        while (!Take('_'))
        {
            var element = arena.Make(NodeKind.TupleElement);
            // X begins types as well as labels in punycode: a label has its length next.
            var isLabel = Look() is >= (byte)'0' and <= (byte)'9' || (Look() == 'X' && Look(1) is >= (byte)'0' and <= (byte)'9');
            if (isLabel && With(element, Identifier(NodeKind.TupleElementName)) is null)
            {
                return null;
            }

            if (With(tuple, With(element, Type())) is null)
            {
                return null;
            }
        }

        if (isVariadic && tuple.Last is { } last)
        {
            arena.Add(last, arena.Make(NodeKind.VariadicMarker));
        }

        return tuple;
    }

    private Node? ProtocolList()
    {
        var types = arena.Make(NodeKind.TypeList);
        while (!Take('_'))
        {
            if (With(types, ProtocolName()) is null)
            {
                return null;
            }
        }

        return Make(NodeKind.ProtocolList, types);
    }

    private Node? BoundGenericType() => Bind(NominalType());

    // Arguments of the outermost type come first.
    private Node? Bind(Node? nominal)
    {
        if (nominal?[0] is not { } context || !Enter())
        {
            return null;
        }

        if (context.Kind is not (NodeKind.Module or NodeKind.Function or NodeKind.Extension))
        {
            nominal = Make(nominal.Kind, Bind(context), nominal[1]);
        }

        var arguments = arena.Make(NodeKind.TypeList);
        while (!Take('_'))
        {
            if (With(arguments, Type()) is null)
            {
                return null;
            }
        }

        if (arguments.Count == 0)
        {
            return Leave(nominal);
        }

        var kind = nominal?.Kind switch
        {
            NodeKind.Class => NodeKind.BoundGenericClass,
            NodeKind.Structure => NodeKind.BoundGenericStructure,
            NodeKind.Enum => NodeKind.BoundGenericEnum,
            _ => NodeKind.None,
        };
        return kind == NodeKind.None ? null : Leave(Make(kind, Make(NodeKind.Type, nominal), arguments));
    }

    private Node? SpecialType()
    {
        switch ((char)Next())
        {
            case 'b': return Make(NodeKind.SilBoxType, Type());
            case 'B': return Box();
            case 'f': return FunctionType(NodeKind.ThinFunctionType);
            case 'F': return ImplFunctionType();
            case 'o': return Make(NodeKind.Unowned, Type());
            case 'u': return Make(NodeKind.Unmanaged, Type());
            case 'w': return Make(NodeKind.Weak, Type());
            case 'M': return Metatype(NodeKind.Metatype);
            case 'P': return Take('M') ? Metatype(NodeKind.ExistentialMetatype) : null;
            default: return null;
        }
    }

    private Node? Metatype(NodeKind kind)
    {
        var representation = (char)Next() switch
        {
            't' => arena.Make(NodeKind.MetatypeRepresentation, "@thin"u8),
            'T' => arena.Make(NodeKind.MetatypeRepresentation, "@thick"u8),
            'o' => arena.Make(NodeKind.MetatypeRepresentation, "@objc_metatype"u8),
            _ => null,
        };
        return Make(kind, representation, Type());
    }

    private Node? Box()
    {
        Node? signature = null;
        if (Take('G'))
        {
            signature = GenericSignature(isPseudo: false);
            if (signature is null)
            {
                return null;
            }
        }

        var layout = arena.Make(NodeKind.SilBoxLayout);
        while (!Take('_'))
        {
            var kind = Take('m') ? NodeKind.SilBoxMutableField : Take('i') ? NodeKind.SilBoxImmutableField : NodeKind.None;
            if (kind == NodeKind.None || With(layout, Make(kind, Type())) is null)
            {
                return null;
            }
        }

        var box = Make(NodeKind.SilBoxTypeWithLayout, layout)!;
        if (signature is null)
        {
            return box;
        }

        var arguments = arena.Make(NodeKind.TypeList);
        while (!Take('_'))
        {
            if (With(arguments, Type()) is null)
            {
                return null;
            }
        }

        return With(With(box, signature), arguments);
    }

    private Node? ImplFunctionType()
    {
        var function = arena.Make(NodeKind.ImplFunctionType);
        var callee = (char)Next() switch
        {
            'd' => "@callee_unowned"u8,
            'g' => "@callee_guaranteed"u8,
            'o' => "@callee_owned"u8,
            't' => "@convention(thin)"u8,
            _ => default,
        };
        if (callee.IsEmpty)
        {
            return null;
        }

        arena.Add(function, arena.Make(NodeKind.ImplConvention, callee));
        if (Take('C'))
        {
            var convention = (char)Next() switch
            {
                'b' => "@convention(block)"u8,
                'c' => "@convention(c)"u8,
                'm' => "@convention(method)"u8,
                'O' => "@convention(objc_method)"u8,
                'w' => "@convention(witness_method)"u8,
                _ => default,
            };
            if (convention.IsEmpty)
            {
                return null;
            }

            arena.Add(function, arena.Make(NodeKind.ImplFunctionAttribute, convention));
        }

        var isPseudo = Look() == 'g';
        if ((Take('G') || Take('g')) && With(function, GenericSignature(isPseudo)) is null)
        {
            return null;
        }

        return Take('_') && AddImplTypes(function, NodeKind.ImplParameter) && AddImplTypes(function, NodeKind.ImplResult)
            ? function
            : null;
    }

    private bool AddImplTypes(Node function, NodeKind kind)
    {
        while (!Take('_'))
        {
            var isError = Take('z');
            if (isError && kind == NodeKind.ImplParameter)
            {
                return false;
            }

            var convention = (kind, (char)Next()) switch
            {
                (NodeKind.ImplResult, 'a') => "@autoreleased"u8,
                (_, 'd') => "@unowned"u8,
                (NodeKind.ImplResult, 'D') => "@unowned_inner_pointer"u8,
                (NodeKind.ImplParameter, 'g') => "@guaranteed"u8,
                (NodeKind.ImplParameter, 'e') => "@deallocating"u8,
                (NodeKind.ImplParameter, 'i') => "@in"u8,
                (NodeKind.ImplResult, 'i') => "@out"u8,
                (NodeKind.ImplParameter, 'l') => "@inout"u8,
                (_, 'o') => "@owned"u8,
                _ => default,
            };
            if (convention.IsEmpty)
            {
                return false;
            }

            var value = Make(isError ? NodeKind.ImplErrorResult : kind, arena.Make(NodeKind.ImplConvention, convention), Type());
            if (With(function, value) is null)
            {
                return false;
            }
        }

        return true;
    }
}
