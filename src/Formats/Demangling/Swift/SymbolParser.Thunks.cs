namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Thunks, forwarders and parts of functions.</content>
internal sealed partial class SymbolParser
{
    private Node? ThunkOrSpecialization()
    {
        var c = Next();
        switch ((char)c)
        {
            case 'T':
                return (char)Next() switch
                {
                    'I' => Make(NodeKind.SilThunkIdentity, Pop(NodeTraits.Entity)),
                    'H' => Make(NodeKind.SilThunkHopToMainActorIfNeeded, Pop(NodeTraits.Entity)),
                    _ => null,
                };
            case 'Y': return Make(NodeKind.AsyncSuspendResumePartialFunction, IndexNode());
            case 'Q': return Make(NodeKind.AsyncAwaitResumePartialFunction, IndexNode());
            case 'z': return CompletionHandler(NodeKind.ObjCAsyncCompletionHandlerImpl);
            case 'Z': return CompletionHandler(NodeKind.CheckedObjCAsyncCompletionHandlerImpl);
            case 'V':
                var overridden = Pop(NodeTraits.Entity);
                return Make(NodeKind.VTableThunk, Pop(NodeTraits.Entity), overridden);
            case 'W':
                var requirement = Pop(NodeTraits.Entity);
                return Make(NodeKind.ProtocolWitness, PopConformance(), requirement);
            case 'R': return Reabstraction(NodeKind.ReabstractionThunkHelper);
            case 'r': return Reabstraction(NodeKind.ReabstractionThunk);
            case 'y': return Reabstraction(NodeKind.ReabstractionThunkHelperWithSelf);
            case 'U':
                var actor = Pop(NodeKind.Type);
                return Make(NodeKind.ReabstractionThunkHelperWithGlobalActor, Pop(), actor);
            case 'n': return AssociatedConformance(NodeKind.AssociatedConformanceDescriptor);
            case 'N': return AssociatedConformance(NodeKind.DefaultAssociatedConformanceAccessor);
            case 'b':
                var inherited = PopProtocol();
                return Make(NodeKind.BaseConformanceDescriptor, Pop(NodeKind.Type), inherited);
            case 'K': return KeyPathAccessor(NodeKind.KeyPathGetterThunkHelper);
            case 'k': return KeyPathAccessor(NodeKind.KeyPathSetterThunkHelper);
            case 'H': return KeyPathComparison(NodeKind.KeyPathEqualsThunkHelper);
            case 'h': return KeyPathComparison(NodeKind.KeyPathHashThunkHelper);
            case 'v':
                var index = ReadIndex();
                return index < 0 ? null : arena.Make(Take('r') ? NodeKind.OutlinedReadOnlyObject : NodeKind.OutlinedVariable, index);
            case 'e': return BridgedMethod();
            case 'J': return DerivativeThunk();
            case 'w':
                return (char)Next() switch
                {
                    'b' => arena.Make(NodeKind.BackDeploymentThunk),
                    'B' => arena.Make(NodeKind.BackDeploymentFallback),
                    'c' => arena.Make(NodeKind.CoroFunctionPointer),
                    'd' => arena.Make(NodeKind.DefaultOverride),
                    'S' => arena.Make(NodeKind.HasSymbolQuery),
                    _ => null,
                };
            default:
                return OperatorTable.Thunks[c] is { Kind: not NodeKind.None } entry ? Apply(entry) : Specialization(c);
        }
    }

    private Node? CompletionHandler(NodeKind kind)
    {
        var flag = IndexNode();
        var signature = Pop(NodeKind.DependentGenericSignature);
        var result = Pop(NodeKind.Type);
        var handler = Make(kind, Pop(NodeKind.Type), result, flag);
        return signature is null ? handler : With(handler, signature);
    }

    private Node? Reabstraction(NodeKind kind)
    {
        var thunk = arena.Make(kind);
        AddIfAny(thunk, Pop(NodeKind.DependentGenericSignature));
        if (kind == NodeKind.ReabstractionThunkHelperWithSelf && With(thunk, Pop(NodeKind.Type)) is null)
        {
            return null;
        }

        return With(With(thunk, Pop(NodeKind.Type)), Pop(NodeKind.Type));
    }

    private Node? AssociatedConformance(NodeKind kind)
    {
        var requirement = PopProtocol();
        var path = PopAssociatedTypePath();
        return Make(kind, Pop(NodeKind.Type), path, requirement);
    }

    private Node? KeyPathAccessor(NodeKind kind)
    {
        if (Look() == 'm' && Look(1) == 'u')
        {
            (kind, _position) = (NodeKind.KeyPathUnappliedMethodThunkHelper, _position + 2);
        }
        else if (Look() == 'M' && Look(1) == 'A')
        {
            (kind, _position) = (NodeKind.KeyPathAppliedMethodThunkHelper, _position + 2);
        }

        var isSerialized = Take('q');
        var types = arena.Make(NodeKind.TypeList);
        while (Pop(NodeKind.Type) is { } type)
        {
            arena.Add(types, type);
        }

        types.ReverseFrom(0);
        var signature = Pop(NodeKind.DependentGenericSignature);
        if (Make(kind, Pop()) is not { } thunk)
        {
            return null;
        }

        AddIfAny(thunk, signature);
        foreach (var type in types.Children)
        {
            arena.Add(thunk, type);
        }

        AddIfAny(thunk, isSerialized ? arena.Make(NodeKind.IsSerialized) : null);
        return thunk;
    }

    private Node? KeyPathComparison(NodeKind kind)
    {
        var isSerialized = Take('q');
        var signature = Pop(NodeKind.DependentGenericSignature);
        var thunk = arena.Make(kind);
        while (Pop(NodeKind.Type) is { } type)
        {
            arena.Add(thunk, type);
        }

        if (_stackSize > 0 || (thunk.Count == 0 && signature is null))
        {
            return null;
        }

        thunk.ReverseFrom(0);
        AddIfAny(thunk, signature);
        AddIfAny(thunk, isSerialized ? arena.Make(NodeKind.IsSerialized) : null);
        return thunk;
    }

    // What is bridged: the method's kind, then how self and the arguments are.
    private Node? BridgedMethod()
    {
        var start = _position;
        if (Take('_'))
        {
            return null;
        }

        if (Next() is not ((byte)'o' or (byte)'p' or (byte)'a' or (byte)'m'))
        {
            return null;
        }

        while (Look() is (byte)'n' or (byte)'b' or (byte)'g')
        {
            _position++;
        }

        var length = _position - start;
        return Take('_') ? arena.Make(NodeKind.OutlinedBridgedMethod, start, length) : null;
    }

    private Node? DerivativeThunk()
    {
        if (Take('S'))
        {
            return Derivative(NodeKind.AutoDiffSubsetParametersThunk, "prP");
        }

        if (Take('V'))
        {
            return Derivative(NodeKind.AutoDiffDerivativeVTableThunk, "pr");
        }

        if (!Take('O'))
        {
            return Derivative(NodeKind.AutoDiffFunction, "pr");
        }

        var signature = Pop(NodeKind.DependentGenericSignature);
        var to = Pop(NodeKind.Type);
        var thunk = Make(NodeKind.AutoDiffSelfReorderingReabstractionThunk, Pop(NodeKind.Type), to);
        if (signature is not null)
        {
            thunk = With(thunk, signature);
        }

        return With(thunk, DerivativeKind());
    }
}
