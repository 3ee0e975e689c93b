namespace IpswDiff.Formats.Demangling.Swift;

/// <content>What the compiler emits, specialisations, and declarations.</content>
internal sealed partial class OldSymbolParser
{
    private Node? Global()
    {
        if (!Enter())
        {
            return null;
        }

        return Leave((char)Look() switch
        {
            'M' => Metadata(),
            'P' when Take("PA") => PartialApply(),
            't' when Take('t') => Make(NodeKind.TypeMangling, Type()),
            'w' when Take('w') => ValueWitness(),
            'W' when Take('W') => Witness(),
            'T' when Take("TW") => ProtocolWitness(),
            'T' when Take("TR") => Reabstraction(NodeKind.ReabstractionThunkHelper),
            'T' when Take("Tr") => Reabstraction(NodeKind.ReabstractionThunk),
            _ => Entity(),
        });
    }

    private Node? Metadata()
    {
        _position++;
        var kind = (char)Look() switch
        {
            'P' => NodeKind.GenericTypeMetadataPattern,
            'a' => NodeKind.TypeMetadataAccessFunction,
            'L' => NodeKind.TypeMetadataLazyCache,
            'm' => NodeKind.Metaclass,
            'n' => NodeKind.NominalTypeDescriptor,
            'f' => NodeKind.FullTypeMetadata,
            'p' => NodeKind.ProtocolDescriptor,
            _ => NodeKind.None,
        };
        if (kind == NodeKind.None)
        {
            return Make(NodeKind.TypeMetadata, Type());
        }

        _position++;
        return Make(kind, kind == NodeKind.ProtocolDescriptor ? ProtocolName() : Type());
    }

    private Node? PartialApply()
    {
        var kind = Take('o') ? NodeKind.PartialApplyObjCForwarder : NodeKind.PartialApplyForwarder;
        return Take("__T") ? Make(kind, Global()) : arena.Make(kind);
    }

    private Node? ProtocolWitness()
    {
        var conformance = ProtocolConformance();
        return Make(NodeKind.ProtocolWitness, conformance, Entity());
    }

    private Node? Reabstraction(NodeKind kind)
    {
        var thunk = arena.Make(kind);
        if (Take('G') && With(thunk, GenericSignature(isPseudo: false)) is null)
        {
            return null;
        }

        return With(With(thunk, Type()), Type());
    }

    private Node? ValueWitness()
    {
        var first = Next();
        var kind = ValueWitnesses.Find(first, Next());
        return kind < 0 ? null : Make(NodeKind.ValueWitness, arena.Make(NodeKind.Index, kind), Type());
    }

    private Node? Witness()
    {
        switch ((char)Next())
        {
            case 'V': return Make(NodeKind.ValueWitnessTable, Type());
            case 'v':
                var directness = (char)Next();
                return directness is 'd' or 'i'
                    ? Make(NodeKind.FieldOffset, arena.Make(NodeKind.Directness, directness == 'd' ? 0 : 1), Entity())
                    : null;
            case 'P': return Make(NodeKind.ProtocolWitnessTable, ProtocolConformance());
            case 'G': return Make(NodeKind.GenericProtocolWitnessTable, ProtocolConformance());
            case 'I': return Make(NodeKind.GenericProtocolWitnessTableInstantiationFunction, ProtocolConformance());
            case 'a': return Make(NodeKind.ProtocolWitnessTableAccessor, ProtocolConformance());
            case 'l':
                var accessed = Type();
                return Make(NodeKind.LazyProtocolWitnessTableAccessor, accessed, ProtocolConformance());
            case 'L':
                var cached = Type();
                return Make(NodeKind.LazyProtocolWitnessTableCacheVariable, cached, ProtocolConformance());
            case 't':
                var conformance = ProtocolConformance();
                return Make(NodeKind.AssociatedTypeMetadataAccessor, conformance, DeclarationName());
            case 'T':
                var conforming = ProtocolConformance();
                var accessor = Make(NodeKind.AssociatedTypeWitnessTableAccessor, conforming, DeclarationName());
                return With(accessor, ProtocolName());
            default: return null;
        }
    }

    private Node? SpecializedAttribute()
    {
        var c = (char)Next();
        var kind = c switch
        {
            'r' => NodeKind.GenericSpecializationNotReAbstracted,
            'g' => NodeKind.GenericSpecialization,
            'f' => NodeKind.FunctionSignatureSpecialization,
            _ => NodeKind.None,
        };
        if (kind == NodeKind.None)
        {
            return null;
        }

        var node = arena.Make(kind);
        AddIfAny(node, Take('q') ? arena.Make(NodeKind.IsSerialized) : null);
        if (Next() is not (>= (byte)'0' and <= (byte)'9'))
        {
            return null;
        }

        arena.Add(node, arena.Make(NodeKind.SpecializationPassID, 0));
        while (!Take('_'))
        {
            if (With(node, c == 'f' ? SignatureParameter() : GenericParameter()) is null)
            {
                return null;
            }
        }

        return node;
    }

    private Node? GenericParameter()
    {
        var parameter = Make(NodeKind.GenericSpecializationParam, Type());
        while (parameter is not null && !Take('_'))
        {
            parameter = With(parameter, ProtocolConformance());
        }

        return parameter;
    }

    private Node? SignatureParameter()
    {
        var parameter = arena.Make(NodeKind.FunctionSignatureSpecializationParam);
        if (Take("n_"))
        {
            return parameter;
        }

        if (Take("cp"))
        {
            return Constant(parameter);
        }

        if (Take("cl"))
        {
            AddArgument(parameter, SpecializedArgument.ClosurePropagated);
            var name = Identifier();
            var closure = name is null
                ? null
                : With(
                    parameter,
                    arena.Make(NodeKind.FunctionSignatureSpecializationParamPayload, name.TextStart, name.TextLength));
            while (closure is not null && !Take('_'))
            {
                closure = With(closure, Type());
            }

            return closure;
        }

        if (Take("i_"))
        {
            return AddArgument(parameter, SpecializedArgument.BoxToValue);
        }

        if (Take("k_"))
        {
            return AddArgument(parameter, SpecializedArgument.BoxToStack);
        }

        var options = (Take('d') ? SpecializedArgument.Dead : 0)
            | (Take('g') ? SpecializedArgument.OwnedToGuaranteed : 0)
            | (Take('o') ? SpecializedArgument.GuaranteedToOwned : 0)
            | (Take('s') ? SpecializedArgument.Exploded : 0);
        return options != 0 && Take('_') ? AddArgument(parameter, options) : null;
    }

    private Node AddArgument(Node parameter, SpecializedArgument argument)
    {
        arena.Add(parameter, arena.Make(NodeKind.FunctionSignatureSpecializationParamKind, (long)argument));
        return parameter;
    }

    private Node? Constant(Node parameter)
    {
        if (Take("fr"))
        {
            AddArgument(parameter, SpecializedArgument.ConstantFunction);
            return Take('_', With(parameter, Identifier()));
        }

        if (Take('g'))
        {
            AddArgument(parameter, SpecializedArgument.ConstantGlobal);
            return Take('_', With(parameter, Identifier()));
        }

        if (Take("fl"))
        {
            AddArgument(parameter, SpecializedArgument.ConstantFloat);
            return With(parameter, Until('_'));
        }

        if (Take('i'))
        {
            AddArgument(parameter, SpecializedArgument.ConstantInteger);
            return With(parameter, Until('_'));
        }

        var isUtf8 = Take("se0v");
        if (!isUtf8 && !Take("se1v"))
        {
            return null;
        }

        AddArgument(parameter, SpecializedArgument.ConstantString);
        arena.Add(
            parameter,
            arena.Make(NodeKind.FunctionSignatureSpecializationParamPayload, isUtf8 ? "u8"u8 : "u16"u8));
        return Take('_', With(parameter, Identifier()));
    }

    private Node? Take(char c, Node? node) => node is not null && Take(c) ? node : null;

    private Node? Until(char end)
    {
        var start = _position;
        while (Look() != end)
        {
            if (_position++ >= _end)
            {
                return null;
            }
        }

        var length = _position++ - start;
        return arena.Make(NodeKind.FunctionSignatureSpecializationParamPayload, start, length);
    }

    private Node? Entity()
    {
        if (!Enter())
        {
            return null;
        }

        var isStatic = Take('Z');
        var entity = (char)Look() switch
        {
            'F' => Declaration(NodeKind.Function),
            'v' => Declaration(NodeKind.Variable),
            'I' => Declaration(NodeKind.Initializer),
            'i' => Declaration(NodeKind.Subscript),
            _ => NominalType(),
        };
        return Leave(isStatic ? Make(NodeKind.Static, entity) : entity);
    }

    private Node? Declaration(NodeKind basic)
    {
        _position++;
        if (Context() is not { } context)
        {
            return null;
        }

        switch ((char)Look())
        {
            case 'D': _position++; return Make(NodeKind.Deallocator, context);
            case 'd': _position++; return Make(NodeKind.Destructor, context);
            case 'Z': _position++; return Make(NodeKind.IsolatedDeallocator, context);
            case 'e': _position++; return Make(NodeKind.IVarInitializer, context);
            case 'E': _position++; return Make(NodeKind.IVarDestroyer, context);
            case 'C': _position++; return Make(NodeKind.Allocator, context, Type());
            case 'c': _position++; return Make(NodeKind.Constructor, context, Type());
            case 'A' when basic == NodeKind.Initializer:
                _position++;
                return Make(NodeKind.DefaultArgumentInitializer, context, IndexNode());
            case 'i' when basic == NodeKind.Initializer: _position++; return Make(NodeKind.Initializer, context);
            case 'U': _position++; return Closure(NodeKind.ExplicitClosure, context);
            case 'u': _position++; return Closure(NodeKind.ImplicitClosure, context);
        }

        if (basic == NodeKind.Initializer)
        {
            return null;
        }

        var accessor = Accessor();
        if (accessor != NodeKind.None)
        {
            return Storage(accessor, context);
        }

        if (basic == NodeKind.Subscript)
        {
            return DeclarationName() is null ? null : Make(NodeKind.Subscript, context, Type());
        }

        var name = DeclarationName();
        return With(Make(basic, context, name), Type());
    }

    private Node? Closure(NodeKind kind, Node context)
    {
        var index = IndexNode();
        return With(Make(kind, context, index), Type());
    }

    private NodeKind Accessor()
    {
        var (kind, length) = ((char)Look(), (char)Look(1)) switch
        {
            ('a', 'O') => (NodeKind.OwningMutableAddressor, 2),
            ('a', 'o') => (NodeKind.NativeOwningMutableAddressor, 2),
            ('a', 'p') => (NodeKind.NativePinningMutableAddressor, 2),
            ('a', 'u') => (NodeKind.UnsafeMutableAddressor, 2),
            ('l', 'O') => (NodeKind.OwningAddressor, 2),
            ('l', 'o') => (NodeKind.NativeOwningAddressor, 2),
            ('l', 'p') => (NodeKind.NativePinningAddressor, 2),
            ('l', 'u') => (NodeKind.UnsafeAddressor, 2),
            ('g', _) => (NodeKind.Getter, 1),
            ('G', _) => (NodeKind.GlobalGetter, 1),
            ('s', _) => (NodeKind.Setter, 1),
            ('m', _) => (NodeKind.MaterializeForSet, 1),
            ('w', _) => (NodeKind.WillSet, 1),
            ('W', _) => (NodeKind.DidSet, 1),
            _ => (NodeKind.None, 0),
        };
        _position += length;
        return kind;
    }

    // Accessors name what they are of: a variable, or a subscript by that very word.
    private Node? Storage(NodeKind accessor, Node context)
    {
        if (DeclarationName() is not { } name)
        {
            return null;
        }

        var word = name.Kind == NodeKind.PrivateDeclName ? name[1]! : name;
        var isSubscript = word.Kind == NodeKind.Identifier && arena.Text(word).SequenceEqual("subscript"u8);
        var storage = isSubscript ? Make(NodeKind.Subscript, context, Type()) : With(Make(NodeKind.Variable, context, name), Type());
        if (isSubscript && name.Kind == NodeKind.PrivateDeclName)
        {
            storage = With(storage, Make(NodeKind.PrivateDeclName, name[0]));
        }

        return Make(accessor, storage);
    }
}
