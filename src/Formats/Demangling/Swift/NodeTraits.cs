namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>What a kind of node may be used as.</summary>
[Flags]
internal enum NodeTraits : ushort
{
    None = 0,

    /// <summary>A name of a declaration.</summary>
    Name = 1,

    /// <summary>A nominal type, a protocol or an alias.</summary>
    Nominal = 2,

    /// <summary>Something that declarations may stand in.</summary>
    Context = 4,

    /// <summary>A context, or a type.</summary>
    Entity = 8,

    /// <summary>A requirement of a generic signature.</summary>
    Requirement = 16,

    /// <summary>Something that was done to a function; it is mangled after the function and printed before it.</summary>
    FunctionAttribute = 32,

    /// <summary>The expansion of a macro, which may be the context of another.</summary>
    MacroExpansion = 64,

    /// <summary>A type that needs no parentheses before a suffix.</summary>
    Simple = 128,

    /// <summary>A type whose metatype is spelled <c>.Protocol</c>.</summary>
    Existential = 256,

    /// <summary>A conformance of any kind.</summary>
    AnyConformance = 512,

    /// <summary>A conformance that follows from a generic requirement.</summary>
    DependentConformance = 1024,
}

/// <summary>The traits of every kind of node.</summary>
internal static class NodeTraitTable
{
    private static readonly NodeTraits[] Table = Make();

    public static bool Is(this NodeKind kind, NodeTraits traits) => (Table[(int)kind] & traits) != 0;

    private static NodeTraits[] Make()
    {
        var table = new NodeTraits[Enum.GetValues<NodeKind>().Length];
        void Mark(NodeTraits traits, params ReadOnlySpan<NodeKind> kinds)
        {
            foreach (var kind in kinds)
            {
                table[(int)kind] |= traits;
            }
        }

        void MarkRange(NodeTraits traits, NodeKind first, NodeKind last)
        {
            for (var kind = first; kind <= last; kind++)
            {
                table[(int)kind] |= traits;
            }
        }

        Mark(
            NodeTraits.Name,
            NodeKind.Identifier, NodeKind.LocalDeclName, NodeKind.PrivateDeclName, NodeKind.RelatedEntityDeclName,
            NodeKind.InfixOperator, NodeKind.PrefixOperator, NodeKind.PostfixOperator);
        MarkRange(NodeTraits.Nominal | NodeTraits.Context, NodeKind.Class, NodeKind.OtherNominalType);
        MarkRange(NodeTraits.Context, NodeKind.Extension, NodeKind.ImplicitClosure);
        MarkRange(NodeTraits.Context, NodeKind.Getter, NodeKind.UnsafeMutableAddressor);
        Mark(
            NodeTraits.Context,
            NodeKind.Module, NodeKind.AutoDiffFunction, NodeKind.CurryThunk, NodeKind.DispatchThunk, NodeKind.OpaqueReturnTypeOf);
        for (var i = 0; i < table.Length; i++)
        {
            table[i] |= (table[i] & NodeTraits.Context) != 0 ? NodeTraits.Entity : NodeTraits.None;
        }

        Mark(NodeTraits.Entity, NodeKind.Type);
        MarkRange(
            NodeTraits.Requirement, NodeKind.DependentGenericConformanceRequirement, NodeKind.DependentGenericLayoutRequirement);
        Mark(
            NodeTraits.Requirement, NodeKind.DependentGenericParamPackMarker, NodeKind.DependentGenericParamValueMarker);
        MarkRange(NodeTraits.FunctionAttribute, NodeKind.ObjCAttribute, NodeKind.AsyncSuspendResumePartialFunction);
        MarkRange(NodeTraits.FunctionAttribute, NodeKind.GenericSpecialization, NodeKind.InlinedGenericFunction);
        MarkRange(NodeTraits.FunctionAttribute, NodeKind.OutlinedVariable, NodeKind.OutlinedBridgedMethod);
        Mark(
            NodeTraits.FunctionAttribute,
            NodeKind.FunctionSignatureSpecialization, NodeKind.VTableAttribute, NodeKind.PartialApplyForwarder,
            NodeKind.PartialApplyObjCForwarder, NodeKind.AccessibleFunctionRecord, NodeKind.BackDeploymentThunk,
            NodeKind.BackDeploymentFallback, NodeKind.HasSymbolQuery, NodeKind.CoroFunctionPointer, NodeKind.DefaultOverride);
        MarkRange(NodeTraits.MacroExpansion, NodeKind.FreestandingMacroExpansion, NodeKind.PreambleAttachedMacroExpansion);
        Mark(NodeTraits.MacroExpansion, NodeKind.MacroExpansionLoc);
        MarkRange(NodeTraits.Simple, NodeKind.Class, NodeKind.OtherNominalType);
        MarkRange(NodeTraits.Simple, NodeKind.BuiltinTypeName, NodeKind.Tuple);
        MarkRange(NodeTraits.Simple, NodeKind.SugaredOptional, NodeKind.Pack);
        Mark(
            NodeTraits.Simple,
            NodeKind.Metatype, NodeKind.ExistentialMetatype, NodeKind.MetatypeRepresentation, NodeKind.DynamicSelf,
            NodeKind.AssociatedTypeRef, NodeKind.DependentGenericType, NodeKind.DependentMemberType,
            NodeKind.DependentGenericParamType, NodeKind.ErrorType, NodeKind.LabelList, NodeKind.Module, NodeKind.ReturnType,
            NodeKind.SilBoxType, NodeKind.SilBoxTypeWithLayout, NodeKind.TupleElementName, NodeKind.TypeList);
        Mark(
            NodeTraits.Existential,
            NodeKind.ExistentialMetatype, NodeKind.ProtocolList, NodeKind.ProtocolListWithClass, NodeKind.ProtocolListWithAnyObject);
        Mark(NodeTraits.AnyConformance, NodeKind.ConcreteProtocolConformance, NodeKind.PackProtocolConformance);
        MarkRange(
            NodeTraits.AnyConformance, NodeKind.DependentProtocolConformanceRoot, NodeKind.DependentProtocolConformanceOpaque);
        MarkRange(
            NodeTraits.DependentConformance, NodeKind.DependentProtocolConformanceRoot,
            NodeKind.DependentProtocolConformanceAssociated);
        return table;
    }
}
