namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>
/// How the kinds of nodes are written that need no code; the words are those that <c>swift-demangle</c> prints, so that a name can be
/// looked for in what other tools say.
/// </summary>
internal static partial class NodeTemplates
{
    private static readonly NodeTemplate?[] Full = Make(simplified: false);

    private static readonly NodeTemplate?[] Simplified = Make(simplified: true);

    public static NodeTemplate? Find(NodeKind kind, bool isSimplified) => (isSimplified ? Simplified : Full)[(int)kind];

    private static NodeTemplate?[] Make(bool simplified)
    {
        var table = new NodeTemplate?[Enum.GetValues<NodeKind>().Length];
        foreach (var (kind, text) in Texts.Concat(GlobalTexts))
        {
            table[(int)kind] = NodeTemplate.Parse(text);
        }

        if (simplified)
        {
            foreach (var (kind, text) in ShortTexts)
            {
                table[(int)kind] = NodeTemplate.Parse(text);
            }
        }

        return table;
    }

    private static (NodeKind Kind, string Text)[] Texts =>
    [
        (NodeKind.Global, "{*}"),
        (NodeKind.Type, "{0}"),
        (NodeKind.TypeList, "{*}"),
        (NodeKind.EmptyList, " empty-list "),
        (NodeKind.FirstElementMarker, " first-element-marker "),
        (NodeKind.VariadicMarker, " variadic-marker "),
        (NodeKind.LabelList, string.Empty),
        (NodeKind.Index, "{number}"),
        (NodeKind.Number, "{number}"),
        (NodeKind.UnknownIndex, "unknown index"),
        (NodeKind.IsSerialized, "serialized"),
        (NodeKind.AsyncRemoved, "async demotion of "),
        (NodeKind.RepresentationChanged, "representation changed"),
        (NodeKind.ErrorType, "<ERROR TYPE>"),
        (NodeKind.Identifier, "{text}"),
        (NodeKind.Module, "{text}"),
        (NodeKind.LocalDeclName, "{1} #{0}"),
        (NodeKind.RelatedEntityDeclName, "related decl '{0}' for {1}"),
        (NodeKind.InfixOperator, "{text} infix"),
        (NodeKind.PrefixOperator, "{text} prefix"),
        (NodeKind.PostfixOperator, "{text} postfix"),
        (NodeKind.TupleElementName, "{text}: "),
        (NodeKind.Static, "static {0}"),
        (NodeKind.MacroExpansionLoc, "module {0} file {1} line {2} column {3}"),
        (NodeKind.EnumCase, "enum case for {0}"),
        (NodeKind.BuiltinTypeName, "{text}"),
        (NodeKind.BuiltinTupleType, "Builtin.TheTupleType"),
        (NodeKind.BuiltinFixedArray, "Builtin.FixedArray<{0}, {1}>"),
        (NodeKind.Tuple, "({*, })"),
        (NodeKind.MetatypeRepresentation, "{text}"),
        (NodeKind.ConstrainedExistential, "any {0}<{1}>"),
        (NodeKind.ConstrainedExistentialRequirementList, "{*, }"),
        (NodeKind.ConstrainedExistentialSelf, "Self"),
        (NodeKind.DynamicSelf, "Self"),
        (NodeKind.InOut, "inout {0}"),
        (NodeKind.Shared, "__shared {0}"),
        (NodeKind.Owned, "__owned {0}"),
        (NodeKind.Isolated, "isolated {0}"),
        (NodeKind.Sending, "sending {0}"),
        (NodeKind.NoDerivative, "@noDerivative {0}"),
        (NodeKind.CompileTimeLiteral, "_const {0}"),
        (NodeKind.ConstValue, "@const {0}"),
        (NodeKind.Weak, "weak {0}"),
        (NodeKind.Unowned, "unowned {0}"),
        (NodeKind.Unmanaged, "unowned(unsafe) {0}"),
        (NodeKind.SilBoxType, "@box {0}"),
        (NodeKind.SilBoxMutableField, "var {0}"),
        (NodeKind.SilBoxImmutableField, "let {0}"),
        (NodeKind.SugaredArray, "[{0}]"),
        (NodeKind.SugaredDictionary, "[{0} : {1}]"),
        (NodeKind.SugaredParen, "({0})"),
        (NodeKind.SugaredInlineArray, "[{0} of {1}]"),
        (NodeKind.Integer, "{number}"),
        (NodeKind.NegativeInteger, "-{number}"),
        (NodeKind.Pack, "Pack{{*, }}"),
        (NodeKind.SilPackDirect, "@direct Pack{{*, }}"),
        (NodeKind.SilPackIndirect, "@indirect Pack{{*, }}"),
        (NodeKind.PackExpansion, "repeat {0}"),
        (NodeKind.PackElement, "/* level: {1} */ each {0}"),
        (NodeKind.PackElementLevel, "{number}"),
        (NodeKind.OpaqueType, "{0}.{1}"),
        (NodeKind.OpaqueReturnType, "some"),
        (NodeKind.OpaqueReturnTypeOf, "<<opaque return type of {*}>>"),
        (NodeKind.AssociatedTypeRef, "{0}.{1}"),
        (NodeKind.AssocTypePath, "{*.}"),
        (NodeKind.ClangType, "{text}"),
        (NodeKind.ReturnType, "{*}"),
        (NodeKind.ThrowsAnnotation, " throws"),
        (NodeKind.TypedThrowsAnnotation, " throws({0})"),
        (NodeKind.AsyncAnnotation, " async"),
        (NodeKind.ConcurrentFunctionType, "@Sendable "),
        (NodeKind.GlobalActorFunctionType, "@{0} "),
        (NodeKind.IsolatedAnyFunctionType, "@isolated(any) "),
        (NodeKind.NonIsolatedCallerFunctionType, "nonisolated(nonsending) "),
        (NodeKind.SendingResultFunctionType, "sending "),
        (NodeKind.ImplEscaping, "@escaping"),
        (NodeKind.ImplErasedIsolation, "@isolated(any)"),
        (NodeKind.ImplConvention, "{text}"),
        (NodeKind.ImplFunctionConventionName, "{text}"),
        (NodeKind.ImplFunctionAttribute, "{text}"),
        (NodeKind.ImplCoroutineKind, "{text}"),
        (NodeKind.ImplSendingResult, "sending"),
        (NodeKind.ImplModifier, "{text}"),
        (NodeKind.ImplResult, "{* }"),
        (NodeKind.ImplYield, "@yields {* }"),
        (NodeKind.ImplErrorResult, "@error {* }"),
        (NodeKind.DependentMemberType, "{0}.{1}"),
        (NodeKind.DependentGenericConformanceRequirement, "{0}: {1}"),
        (NodeKind.DependentGenericSameTypeRequirement, "{0} == {1}"),
        (NodeKind.DependentGenericSameShapeRequirement, "{0}.shape == {1}.shape"),
        (NodeKind.DependentGenericParamPackMarker, string.Empty),
        (NodeKind.DependentGenericParamValueMarker, string.Empty),
        (NodeKind.PackProtocolConformance, "pack protocol conformance {*}"),
        (NodeKind.AnyProtocolConformanceList, "({*, })"),
        (NodeKind.RetroactiveConformance, "retroactive @ {0}{1}"),
        (NodeKind.ProtocolConformanceRefInTypeModule, "protocol conformance ref (type's module) {*}"),
        (NodeKind.ProtocolConformanceRefInProtocolModule, "protocol conformance ref (protocol's module) {*}"),
        (NodeKind.ProtocolConformanceRefInOtherModule, "protocol conformance ref (retroactive) {*}"),
        (NodeKind.DependentProtocolConformanceOpaque, "opaque result conformance {0} of {1}"),
        (NodeKind.DependentAssociatedConformance, "dependent associated conformance {*}"),
    ];

    private static (NodeKind Kind, string Text)[] ShortTexts =>
    [
        (NodeKind.Module, string.Empty),
        (NodeKind.AccessibleFunctionRecord, string.Empty),
        (NodeKind.MergedFunction, string.Empty),
        (NodeKind.DistributedThunk, string.Empty),
        (NodeKind.DistributedAccessor, string.Empty),
        (NodeKind.DynamicallyReplaceableFunctionImpl, string.Empty),
        (NodeKind.DynamicallyReplaceableFunctionKey, string.Empty),
        (NodeKind.DynamicallyReplaceableFunctionVar, string.Empty),
        (NodeKind.BackDeploymentThunk, string.Empty),
        (NodeKind.AsyncAwaitResumePartialFunction, string.Empty),
        (NodeKind.AsyncSuspendResumePartialFunction, string.Empty),
    ];
}
