namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Thunks and witnesses that templates do not say.</content>
internal sealed partial class TreePrinter
{
    private bool VisitThunk(Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.PartialApplyForwarder: PartialApply(node, " forwarder"u8); return true;
            case NodeKind.PartialApplyObjCForwarder: PartialApply(node, " ObjC forwarder"u8); return true;
            case NodeKind.ReabstractionThunk or NodeKind.ReabstractionThunkHelper: Reabstraction(node); return true;
            case NodeKind.ReabstractionThunkHelperWithSelf: ReabstractionWithSelf(node); return true;
            case NodeKind.ValueWitness:
                Write(ValueWitnesses.Name(node[0]!.Index));
                Write(_isSimplified ? " for "u8 : " value witness for "u8);
                Visit(node[1]);
                return true;
            case NodeKind.Directness:
                Write(node.Index == 0 ? "direct "u8 : "indirect "u8);
                return true;
            case NodeKind.GlobalVariableOnceDeclList:
                Write(node.Count == 1 ? default : "("u8);
                VisitAll(node.Children, ", "u8);
                Write(node.Count == 1 ? default : ")"u8);
                return true;
            case NodeKind.ObjCAsyncCompletionHandlerImpl or NodeKind.CheckedObjCAsyncCompletionHandlerImpl
                or NodeKind.PredefinedObjCAsyncCompletionHandlerImpl:
                CompletionHandler(node);
                return true;
            case NodeKind.KeyPathGetterThunkHelper: KeyPath(node, "getter for "u8); return true;
            case NodeKind.KeyPathSetterThunkHelper: KeyPath(node, "setter for "u8); return true;
            case NodeKind.KeyPathUnappliedMethodThunkHelper: KeyPath(node, "unapplied method "u8); return true;
            case NodeKind.KeyPathAppliedMethodThunkHelper: KeyPath(node, "applied method "u8); return true;
            case NodeKind.KeyPathEqualsThunkHelper: KeyPathIndex(node, "equality"u8); return true;
            case NodeKind.KeyPathHashThunkHelper: KeyPathIndex(node, "hash"u8); return true;
            default: return VisitDerivative(node);
        }
    }

    private void PartialApply(Node node, ReadOnlySpan<byte> kind)
    {
        Write("partial apply"u8);
        Write(_isSimplified ? default : kind);
        if (node.Count > 0)
        {
            Write(" for "u8);
            VisitAll(node.Children, default);
        }
    }

    private void Reabstraction(Node node)
    {
        if (_isSimplified)
        {
            Write("thunk for "u8);
            Visit(node.Last);
            return;
        }

        Write("reabstraction thunk "u8);
        Write(node.Kind == NodeKind.ReabstractionThunkHelper ? "helper "u8 : default);
        if (node[0] is { Kind: NodeKind.DependentGenericSignature } signature)
        {
            Visit(signature);
            Write(" "u8);
        }

        Write("from "u8);
        Visit(node[node.Count - 1]);
        Write(" to "u8);
        Visit(node[node.Count - 2]);
    }

    private void ReabstractionWithSelf(Node node)
    {
        Write("reabstraction thunk "u8);
        var first = 0;
        if (node[0] is { Kind: NodeKind.DependentGenericSignature } signature)
        {
            Visit(signature);
            Write(" "u8);
            first = 1;
        }

        Write("from "u8);
        Visit(node[first + 2]);
        Write(" to "u8);
        Visit(node[first + 1]);
        Write(" self "u8);
        Visit(node[first]);
    }

    private void CompletionHandler(Node node)
    {
        Write(node.Kind switch
        {
            NodeKind.CheckedObjCAsyncCompletionHandlerImpl => "checked "u8,
            NodeKind.PredefinedObjCAsyncCompletionHandlerImpl => "predefined "u8,
            _ => default,
        });
        Write("@objc completion handler block implementation for "u8);
        VisitIfAny(node[3]);
        Visit(node[0]);
        Write(" with result type "u8);
        Visit(node[1]);
        Write(node[2]?.Index switch
        {
            0 => default,
            1 => " nonzero on error"u8,
            2 => " zero on error"u8,
            _ => " <invalid error flag>"u8,
        });
    }

    private void KeyPath(Node node, ReadOnlySpan<byte> kind)
    {
        Write("key path "u8);
        Write(kind);
        Visit(node[0]);
        Write(" : "u8);
        for (var i = 1; i < node.Count; i++)
        {
            Write(node[i]!.Kind == NodeKind.IsSerialized ? ", "u8 : default);
            Visit(node[i]);
        }
    }

    private void KeyPathIndex(Node node, ReadOnlySpan<byte> operation)
    {
        Write("key path index "u8);
        Write(operation);
        Write(" operator for "u8);
        var types = node.Children;
        if (node.Last is { Kind: NodeKind.DependentGenericSignature } signature)
        {
            Visit(signature);
            types = types[..^1];
        }

        Write("("u8);
        VisitAll(types, ", "u8);
        Write(")"u8);
    }

    private bool VisitDerivative(Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.AutoDiffFunction or NodeKind.AutoDiffDerivativeVTableThunk: DerivativeFunction(node); return true;
            case NodeKind.AutoDiffFunctionKind:
                Write(node.Index switch
                {
                    'f' => "forward-mode derivative"u8,
                    'r' => "reverse-mode derivative"u8,
                    'd' => "differential"u8,
                    _ => "pullback"u8,
                });
                return true;
            case NodeKind.AutoDiffSubsetParametersThunk: SubsetThunk(node); return true;
            case NodeKind.AutoDiffSelfReorderingReabstractionThunk: SelfReordering(node); return true;
            case NodeKind.DifferentiabilityWitness: DifferentiabilityWitness(node); return true;
            case NodeKind.IndexSubset: Subset(node); return true;
            default: return false;
        }
    }

    private static int PlaceOf(Node node, NodeKind kind)
    {
        var place = 0;
        while (node[place] is { } child && child.Kind != kind)
        {
            place++;
        }

        return place;
    }

    private void DerivativeFunction(Node node)
    {
        var place = PlaceOf(node, NodeKind.AutoDiffFunctionKind);
        Write(node.Kind == NodeKind.AutoDiffDerivativeVTableThunk ? "vtable thunk for "u8 : default);
        Visit(node[place]);
        Write(" of "u8);
        var signature = place > 0 && node[place - 1]!.Kind == NodeKind.DependentGenericSignature ? node[place - 1] : null;
        VisitAll(node.Children[..(signature is null ? place : place - 1)], default);
        if (_isSimplified)
        {
            return;
        }

        Write(" with respect to parameters "u8);
        Visit(node[place + 1]);
        Write(" and results "u8);
        Visit(node[place + 2]);
        if (signature is not null)
        {
            Write(" with "u8);
            Visit(signature);
        }
    }

    private void SubsetThunk(Node node)
    {
        var place = PlaceOf(node, NodeKind.AutoDiffFunctionKind);
        Write("autodiff subset parameters thunk for "u8);
        Visit(node[place]);
        Write(" from "u8);

        // A derivative of a function has its type behind it; a linear map is but a type.
        var type = place > 1 ? node[place - 1] : null;
        VisitAll(node.Children[..(type is null ? place : place - 1)], default);
        if (_isSimplified)
        {
            return;
        }

        Write(" with respect to parameters "u8);
        Visit(node[place + 1]);
        Write(" and results "u8);
        Visit(node[place + 2]);
        Write(" to parameters "u8);
        Visit(node[place + 3]);
        if (type is not null)
        {
            Write(" of type "u8);
            Visit(type);
        }
    }

    private void SelfReordering(Node node)
    {
        Write("autodiff self-reordering reabstraction thunk "u8);
        if (_isSimplified)
        {
            Write("for "u8);
            Visit(node[0]);
            return;
        }

        Write("for "u8);
        Visit(node.Last);
        if (node[2] is { Kind: NodeKind.DependentGenericSignature } signature)
        {
            Visit(signature);
            Write(" "u8);
        }

        Write(" from "u8);
        Visit(node[0]);
        Write(" to "u8);
        Visit(node[1]);
    }

    private void DifferentiabilityWitness(Node node)
    {
        var place = PlaceOf(node, NodeKind.Index);
        Write(node[place]?.Index switch
        {
            'f' => "forward-mode"u8,
            'r' => "reverse-mode"u8,
            'l' => "linear"u8,
            _ => "normal"u8,
        });
        Write(" differentiability witness for "u8);
        VisitAll(node.Children[..place], default);
        Write(" with respect to parameters "u8);
        Visit(node[place + 1]);
        Write(" and results "u8);
        Visit(node[place + 2]);
        if (node[place + 3] is { } signature)
        {
            Write(" with "u8);
            Visit(signature);
        }
    }

    private void Subset(Node node)
    {
        Write("{"u8);
        var isFirst = true;
        for (var i = 0; i < node.TextLength; i++)
        {
            if (arena.Text(node)[i] == 'S')
            {
                Write(isFirst ? default : ", "u8);
                Write(i);
                isFirst = false;
            }
        }

        Write("}"u8);
    }
}
