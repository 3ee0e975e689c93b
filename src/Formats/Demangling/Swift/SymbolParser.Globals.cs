namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Metadata, witnesses and descriptors.</content>
internal sealed partial class SymbolParser
{
    private Node? Apply((NodeKind Kind, Operand Operand) entry) => entry.Operand switch
    {
        Operand.Nothing => arena.Make(entry.Kind),
        Operand.Type => Make(entry.Kind, Pop(NodeKind.Type)),
        Operand.Any => Make(entry.Kind, Pop()),
        Operand.Entity => Make(entry.Kind, Pop(NodeTraits.Entity)),
        Operand.Protocol => Make(entry.Kind, PopProtocol()),
        Operand.Conformance => Make(entry.Kind, PopConformance()),
        Operand.Context => Make(entry.Kind, PopContext()),
        Operand.AssociatedTypeName => Make(entry.Kind, PopAssociatedTypeName()),
        _ => null,
    };

    private Node? MetadataOperator()
    {
        var c = Next();
        switch ((char)c)
        {
            case 'C':
                var child = Pop(NodeKind.Type)?[0];
                return child is not null && child.Kind.Is(NodeTraits.Nominal)
                    ? Make(NodeKind.ReflectionMetadataSuperclassDescriptor, child)
                    : null;
            case 'X':
                return PrivateContext();
            default:
                return Apply(OperatorTable.Metadata[c]);
        }
    }

    private Node? PrivateContext()
    {
        switch ((char)Next())
        {
            case 'E': return Make(NodeKind.ExtensionDescriptor, PopContext());
            case 'M': return Make(NodeKind.ModuleDescriptor, PopModule());
            case 'X': return Make(NodeKind.AnonymousDescriptor, PopContext());
            case 'Y':
                var discriminator = Pop();
                return Make(NodeKind.AnonymousDescriptor, PopContext(), discriminator);
            case 'A':
                var path = PopAssociatedTypePath();
                return Make(NodeKind.AssociatedTypeGenericParamRef, Pop(NodeKind.Type), path);
            default: return null;
        }
    }

    private Node? Witness()
    {
        var c = Next();
        switch ((char)c)
        {
            case 'v':
                var directness = (char)Next();
                return directness is 'd' or 'i'
                    ? Make(
                        NodeKind.FieldOffset, arena.Make(NodeKind.Directness, directness == 'd' ? 0 : 1), Pop(NodeTraits.Entity))
                    : null;
            case 'l' or 'L':
                var lazy = PopConformance();
                return Make(
                    c == 'l' ? NodeKind.LazyProtocolWitnessTableAccessor : NodeKind.LazyProtocolWitnessTableCacheVariable,
                    Pop(NodeKind.Type), lazy);
            case 't':
                var name = Pop(NodeTraits.Name);
                return Make(NodeKind.AssociatedTypeMetadataAccessor, PopConformance(), name);
            case 'T':
                var protocol = Pop(NodeKind.Type);
                var path = PopAssociatedTypePath();
                return Make(NodeKind.AssociatedTypeWitnessTableAccessor, PopConformance(), path, protocol);
            case 'b':
                var inherited = Pop(NodeKind.Type);
                return Make(NodeKind.BaseWitnessTableAccessor, PopConformance(), inherited);
            case 'O': return Outlined();
            case 'Z' or 'z': return OnceInitializer(c == 'Z' ? NodeKind.GlobalVariableOnceFunction : NodeKind.GlobalVariableOnceToken);
            case 'J': return DifferentiabilityWitness();
            default: return Apply(OperatorTable.Witnesses[c]);
        }
    }

    private Node? Outlined()
    {
        var signature = Pop(NodeKind.DependentGenericSignature);
        var c = Next();
        var outlined = Apply(OperatorTable.Outlined[c]);
        if (signature is not null)
        {
            outlined = With(outlined, signature);
        }

        return c is (byte)'i' or (byte)'j' ? With(outlined, IndexNode()) : outlined;
    }

    private Node? OnceInitializer(NodeKind kind)
    {
        var names = arena.Make(NodeKind.GlobalVariableOnceDeclList);
        while (Pop(NodeKind.FirstElementMarker) is not null)
        {
            if (With(names, Pop(NodeTraits.Name)) is null)
            {
                return null;
            }
        }

        names.ReverseFrom(0);
        return Make(kind, PopContext(), names);
    }

    private Node? ValueWitness()
    {
        var first = Next();
        var kind = ValueWitnesses.Find(first, Next());
        return kind < 0 ? null : Make(NodeKind.ValueWitness, arena.Make(NodeKind.Index, kind), Pop(NodeKind.Type));
    }

    private Node? DifferentiabilityWitness()
    {
        var signature = Pop(NodeKind.DependentGenericSignature);
        var witness = PopEverything(NodeKind.DifferentiabilityWitness);
        if (With(witness, Differentiability(NodeKind.Index)) is null || !AddSubsets(witness, "pr"))
        {
            return null;
        }

        AddIfAny(witness, signature);
        return witness;
    }

    private Node PopEverything(NodeKind kind)
    {
        var node = arena.Make(kind);
        while (Pop() is { } child)
        {
            arena.Add(node, child);
        }

        node.ReverseFrom(0);
        return node;
    }

    private bool AddSubsets(Node node, string ends)
    {
        foreach (var end in ends)
        {
            var start = _position;
            while (Look() is (byte)'S' or (byte)'U')
            {
                _position++;
            }

            if (_position == start)
            {
                return false;
            }

            arena.Add(node, arena.Make(NodeKind.IndexSubset, start, _position - start));
            if (!Take(end))
            {
                return false;
            }
        }

        return true;
    }

    private Node? Derivative(NodeKind kind, string ends)
    {
        var node = PopEverything(kind);
        return With(node, DerivativeKind()) is not null && AddSubsets(node, ends) ? node : null;
    }

    private Node? DerivativeKind()
    {
        var c = Next();
        return c is (byte)'f' or (byte)'r' or (byte)'d' or (byte)'p' ? arena.Make(NodeKind.AutoDiffFunctionKind, c) : null;
    }
}
