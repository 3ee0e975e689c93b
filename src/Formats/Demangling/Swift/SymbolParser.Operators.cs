namespace IpswDiff.Formats.Demangling.Swift;

/// <content>The operators of one letter, and what they lead to.</content>
internal sealed partial class SymbolParser
{
    private Node? Operator()
    {
        var c = Next();
        while (c == 0xFF && _position < _end)
        {
            // Padding, so that a symbolic reference lies at a multiple of its size.
            c = Next();
        }

        switch ((char)c)
        {
            case 'A': return Substitution();
            case 'B': return BuiltinType();
            case 'C': return Nominal(NodeKind.Class);
            case 'D': return TypeMangling();
            case 'E': return ExtensionContext();
            case 'F': return PlainFunction();
            case 'G': return BoundGenericType();
            case 'H': return ConformanceOrRecord();
            case 'I': return ImplFunctionType();
            case 'K': return arena.Make(NodeKind.ThrowsAnnotation);
            case 'L': return LocalIdentifier();
            case 'M': return MetadataOperator();
            case 'N': return Make(NodeKind.TypeMetadata, Pop(NodeKind.Type));
            case 'O': return Nominal(NodeKind.Enum);
            case 'P': return Nominal(NodeKind.Protocol);
            case 'Q': return Archetype();
            case 'R': return Requirement();
            case 'S': return StandardSubstitution();
            case 'T': return ThunkOrSpecialization();
            case 'V': return Nominal(NodeKind.Structure);
            case 'W': return Witness();
            case 'X': return SpecialType();
            case 'Y': return Annotation();
            case 'Z': return Make(NodeKind.Static, Pop(NodeTraits.Entity));
            case 'a': return Nominal(NodeKind.TypeAlias);
            case 'c': return FunctionType(NodeKind.FunctionType);
            case 'd': return arena.Make(NodeKind.VariadicMarker);
            case 'f': return FunctionEntity();
            case 'g': return RetroactiveConformance();
            case 'h': return TypeOf(NodeKind.Shared, PopTypeChild());
            case 'i': return Subscript();
            case 'l': return GenericSignature(hasCounts: false);
            case 'm': return TypeOf(NodeKind.Metatype, Pop(NodeKind.Type));
            case 'n': return TypeOf(NodeKind.Owned, PopTypeChild());
            case 'o': return OperatorIdentifier();
            case 'p': return TypeOf(ProtocolList());
            case 'q': return TypeOf(GenericParameterIndex());
            case 'r': return GenericSignature(hasCounts: true);
            case 's': return arena.Make(NodeKind.Module, "Swift"u8);
            case 't': return Tuple();
            case 'u': return GenericType();
            case 'v': return Variable();
            case 'w': return ValueWitness();
            case 'x': return TypeOf(GenericParameter(0, 0));
            case 'y': return arena.Make(NodeKind.EmptyList);
            case 'z': return TypeOf(NodeKind.InOut, PopTypeChild());
            case '_': return arena.Make(NodeKind.FirstElementMarker);
            case '$': return IntegerType();
            case '.': return Suffix();
            case >= '\x01' and <= '\x1F': return SymbolicReference(c);
            default:
                _position--;
                return Identifier();
        }
    }

    // What the optimizer appends to tell copies apart is no mangling.
    private Node Suffix()
    {
        var start = _position - 1;
        _position = _end;
        return arena.Make(NodeKind.Suffix, start, _end - start);
    }

    private Node? Annotation() => (char)Next() switch
    {
        'a' => arena.Make(NodeKind.AsyncAnnotation),
        'A' => arena.Make(NodeKind.IsolatedAnyFunctionType),
        'b' => arena.Make(NodeKind.ConcurrentFunctionType),
        'c' => Make(NodeKind.GlobalActorFunctionType, PopTypeChild()),
        'C' => arena.Make(NodeKind.NonIsolatedCallerFunctionType),
        'g' => TypeOf(NodeKind.ConstValue, PopTypeChild()),
        'i' => TypeOf(NodeKind.Isolated, PopTypeChild()),
        'j' => Differentiability(NodeKind.DifferentiableFunctionType),
        'k' => TypeOf(NodeKind.NoDerivative, PopTypeChild()),
        'K' => Make(NodeKind.TypedThrowsAnnotation, PopTypeChild()),
        't' => TypeOf(NodeKind.CompileTimeLiteral, PopTypeChild()),
        'T' => arena.Make(NodeKind.SendingResultFunctionType),
        'u' => TypeOf(NodeKind.Sending, PopTypeChild()),
        _ => null,
    };

    private Node? Differentiability(NodeKind kind)
    {
        var c = Next();
        return c is (byte)'d' or (byte)'f' or (byte)'l' or (byte)'r' ? arena.Make(kind, c) : null;
    }

    private Node? ConformanceOrRecord()
    {
        switch ((char)Next())
        {
            case 'A': return DependentConformanceAssociated();
            case 'C': return ConcreteConformance();
            case 'D': return DependentConformanceRoot();
            case 'I': return DependentConformanceInherited();
            case 'O': return DependentConformanceOpaque();
            case 'P': return Make(NodeKind.ProtocolConformanceRefInTypeModule, PopProtocol());
            case 'p': return Make(NodeKind.ProtocolConformanceRefInProtocolModule, PopProtocol());
            case 'X': return Make(NodeKind.PackProtocolConformance, PopConformanceList());
            case 'c': return Make(NodeKind.ProtocolConformanceDescriptorRecord, PopConformance());
            case 'n': return Make(NodeKind.NominalTypeDescriptorRecord, Pop(NodeKind.Type));
            case 'o': return Make(NodeKind.OpaqueTypeDescriptorRecord, Pop());
            case 'r': return Make(NodeKind.ProtocolDescriptorRecord, PopProtocol());
            case 'F': return arena.Make(NodeKind.AccessibleFunctionRecord);
            default: return null;
        }
    }

    private Node? IntegerType() => Take('n') ? TypeOf(IndexNode(NodeKind.NegativeInteger)) : TypeOf(IndexNode(NodeKind.Integer));

    private Node? TypeMangling()
    {
        var type = Pop(NodeKind.Type);
        var labels = PopLabels(type);
        return labels is null ? Make(NodeKind.TypeMangling, type) : Make(NodeKind.TypeMangling, labels, type);
    }

    private Node? SymbolicReference(byte kind)
    {
        var width = kind <= 0x17 ? sizeof(int) : sizeof(long);
        if (References is null || _end - _position < width)
        {
            return null;
        }

        var offset = _position;
        _position += width;
        var resolved = References.Resolve(arena, kind, offset);
        if (resolved is { Kind: NodeKind.Type })
        {
            Remember(resolved);
        }

        return resolved;
    }
}
