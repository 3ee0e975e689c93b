namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>
/// What a node of a demangled name is. The names are those of the public documents (swift/docs/ABI/Mangling.rst) and of the trees that
/// <c>swift-demangle -expand</c> prints.
/// </summary>
internal enum NodeKind : ushort
{
    None,

    // The name as a whole, and what the parser leaves between parts.
    Global, Suffix, Type, TypeList, TypeMangling, EmptyList, FirstElementMarker, VariadicMarker, LabelList, Index, Number, UnknownIndex,
    IsSerialized, AsyncRemoved, RepresentationChanged, Directness, ErrorType,

    // Names.
    Identifier, Module, PrivateDeclName, LocalDeclName, RelatedEntityDeclName, InfixOperator, PrefixOperator, PostfixOperator,
    TupleElementName,

    // Contexts and entities.
    Class, Structure, Enum, Protocol, TypeAlias, OtherNominalType, Extension, AnonymousContext, Function, Variable, Subscript, Static,
    Allocator, Constructor, Deallocator, Destructor, IsolatedDeallocator, IVarInitializer, IVarDestroyer, Initializer,
    DefaultArgumentInitializer, PropertyWrapperBackingInitializer, PropertyWrapperInitFromProjectedValue,
    PropertyWrappedFieldInitAccessor, ExplicitClosure, ImplicitClosure, GenericTypeParamDecl, Macro, MacroExpansionLoc,
    MacroExpansionUniqueName, FreestandingMacroExpansion, AccessorAttachedMacroExpansion, MemberAttributeAttachedMacroExpansion,
    MemberAttachedMacroExpansion, PeerAttachedMacroExpansion, ConformanceAttachedMacroExpansion, ExtensionAttachedMacroExpansion,
    PreambleAttachedMacroExpansion, BodyAttachedMacroExpansion, EnumCase,

    // Accessors.
    Getter, GlobalGetter, Setter, MaterializeForSet, WillSet, DidSet, InitAccessor, ReadAccessor, Read2Accessor, ModifyAccessor,
    Modify2Accessor, BorrowAccessor, MutateAccessor, OwningAddressor, OwningMutableAddressor, NativeOwningAddressor,
    NativeOwningMutableAddressor, NativePinningAddressor, NativePinningMutableAddressor, UnsafeAddressor, UnsafeMutableAddressor,

    // Types.
    BuiltinTypeName, BuiltinTupleType, BuiltinFixedArray, BoundGenericClass, BoundGenericStructure, BoundGenericEnum,
    BoundGenericProtocol, BoundGenericOtherNominalType, BoundGenericTypeAlias, BoundGenericFunction, Tuple, TupleElement, Metatype,
    ExistentialMetatype, MetatypeRepresentation, ProtocolList, ProtocolListWithClass, ProtocolListWithAnyObject,
    ConstrainedExistential, ConstrainedExistentialRequirementList, ConstrainedExistentialSelf, DynamicSelf, InOut, Shared, Owned,
    Isolated, Sending, NoDerivative, CompileTimeLiteral, ConstValue, Weak, Unowned, Unmanaged, SilBoxType, SilBoxTypeWithLayout,
    SilBoxLayout, SilBoxMutableField, SilBoxImmutableField, SugaredOptional, SugaredArray, SugaredDictionary, SugaredParen,
    SugaredInlineArray, Integer, NegativeInteger, Pack, SilPackDirect, SilPackIndirect, PackExpansion, PackElement, PackElementLevel,
    OpaqueType, OpaqueReturnType, OpaqueReturnTypeOf, AssociatedTypeRef, AssocTypePath, ExtendedExistentialTypeShape,
    SymbolicExtendedExistentialType, ExtendedExistentialShapeReference,

    // Functions as types.
    FunctionType, NoEscapeFunctionType, AutoClosureType, EscapingAutoClosureType, ThinFunctionType, UncurriedFunctionType,
    CFunctionPointer, ObjCBlock, EscapingObjCBlock, ClangType, ArgumentTuple, ReturnType, ThrowsAnnotation, TypedThrowsAnnotation,
    AsyncAnnotation, ConcurrentFunctionType, GlobalActorFunctionType, IsolatedAnyFunctionType, NonIsolatedCallerFunctionType,
    SendingResultFunctionType, DifferentiableFunctionType, ImplFunctionType, ImplEscaping, ImplErasedIsolation, ImplConvention,
    ImplFunctionConvention, ImplFunctionConventionName, ImplFunctionAttribute, ImplCoroutineKind, ImplSendingResult, ImplParameter,
    ImplResult, ImplYield, ImplErrorResult, ImplModifier, ImplDifferentiabilityKind, ImplPatternSubstitutions,
    ImplInvocationSubstitutions,

    // Generics.
    DependentGenericType, DependentGenericSignature, DependentPseudogenericSignature, DependentGenericParamCount,
    DependentGenericParamType, DependentGenericParamPackMarker, DependentGenericParamValueMarker, DependentMemberType,
    DependentAssociatedTypeRef, DependentGenericConformanceRequirement, DependentGenericInverseConformanceRequirement,
    DependentGenericSameTypeRequirement, DependentGenericSameShapeRequirement, DependentGenericLayoutRequirement,

    // Conformances.
    ProtocolConformance, ConcreteProtocolConformance, PackProtocolConformance, AnyProtocolConformanceList, RetroactiveConformance,
    ProtocolConformanceRefInTypeModule, ProtocolConformanceRefInProtocolModule, ProtocolConformanceRefInOtherModule,
    DependentProtocolConformanceRoot, DependentProtocolConformanceInherited, DependentProtocolConformanceAssociated,
    DependentProtocolConformanceOpaque, DependentAssociatedConformance,

    // Metadata.
    TypeMetadata, FullTypeMetadata, TypeMetadataAccessFunction, TypeMetadataDemanglingCache,
    TypeMetadataInstantiationFunction, TypeMetadataInstantiationCache, TypeMetadataSingletonInitializationCache, TypeMetadataLazyCache,
    TypeMetadataCompletionFunction, CanonicalSpecializedGenericTypeMetadataAccessFunction, CanonicalSpecializedGenericMetaclass,
    CanonicalPrespecializedGenericTypeCachingOnceToken, NoncanonicalSpecializedGenericTypeMetadata,
    NoncanonicalSpecializedGenericTypeMetadataCache, GenericTypeMetadataPattern, MetadataInstantiationCache, Metaclass,
    ClassMetadataBaseOffset, MethodLookupFunction, ObjCMetadataUpdateFunction, ObjCResilientClassStub, FullObjCResilientClassStub,
    NominalTypeDescriptor, NominalTypeDescriptorRecord, ProtocolDescriptor, ProtocolDescriptorRecord, ProtocolConformanceDescriptor,
    ProtocolConformanceDescriptorRecord, ProtocolSelfConformanceDescriptor, OpaqueTypeDescriptor, OpaqueTypeDescriptorRecord,
    OpaqueTypeDescriptorAccessor, OpaqueTypeDescriptorAccessorImpl, OpaqueTypeDescriptorAccessorKey, OpaqueTypeDescriptorAccessorVar,
    PropertyDescriptor, ModuleDescriptor, ExtensionDescriptor, AnonymousDescriptor, AssociatedTypeGenericParamRef, Uniquable,
    ReflectionMetadataAssocTypeDescriptor, ReflectionMetadataBuiltinDescriptor, ReflectionMetadataFieldDescriptor,
    ReflectionMetadataSuperclassDescriptor, AccessibleFunctionRecord, AssociatedTypeDescriptor, AssociatedConformanceDescriptor,
    BaseConformanceDescriptor, ProtocolRequirementsBaseDescriptor, DefaultAssociatedTypeMetadataAccessor,
    DefaultAssociatedConformanceAccessor, MethodDescriptor,

    // Witnesses.
    ValueWitness, ValueWitnessTable, FieldOffset, ProtocolWitness, ProtocolWitnessTable, ProtocolWitnessTablePattern,
    ProtocolWitnessTableAccessor, ResilientProtocolWitnessTable, GenericProtocolWitnessTable,
    GenericProtocolWitnessTableInstantiationFunction, LazyProtocolWitnessTableAccessor, LazyProtocolWitnessTableCacheVariable,
    AssociatedTypeMetadataAccessor, AssociatedTypeWitnessTableAccessor, BaseWitnessTableAccessor, ProtocolSelfConformanceWitness,
    ProtocolSelfConformanceWitnessTable, OutlinedCopy, OutlinedConsume, OutlinedRetain, OutlinedRelease, OutlinedInitializeWithTake,
    OutlinedInitializeWithCopy, OutlinedAssignWithTake, OutlinedAssignWithCopy, OutlinedDestroy, OutlinedEnumGetTag,
    OutlinedEnumTagStore, OutlinedEnumProjectDataForLoad, OutlinedVariable, OutlinedReadOnlyObject, OutlinedBridgedMethod,
    GlobalVariableOnceFunction, GlobalVariableOnceToken, GlobalVariableOnceDeclList,

    // Thunks and specialisations.
    CurryThunk, DispatchThunk, SilThunkIdentity, SilThunkHopToMainActorIfNeeded, VTableThunk, VTableAttribute, PartialApplyForwarder,
    PartialApplyObjCForwarder, ReabstractionThunk, ReabstractionThunkHelper, ReabstractionThunkHelperWithSelf,
    ReabstractionThunkHelperWithGlobalActor, ObjCAttribute, NonObjCAttribute, DynamicAttribute, DirectMethodReferenceAttribute,
    MergedFunction, DistributedThunk, DistributedAccessor, DynamicallyReplaceableFunctionImpl, DynamicallyReplaceableFunctionKey,
    DynamicallyReplaceableFunctionVar, AsyncFunctionPointer, AsyncAwaitResumePartialFunction, AsyncSuspendResumePartialFunction,
    CoroFunctionPointer, CoroutineContinuationPrototype, DefaultOverride, BackDeploymentThunk, BackDeploymentFallback, HasSymbolQuery,
    ObjCAsyncCompletionHandlerImpl, CheckedObjCAsyncCompletionHandlerImpl, PredefinedObjCAsyncCompletionHandlerImpl,
    KeyPathGetterThunkHelper, KeyPathSetterThunkHelper, KeyPathEqualsThunkHelper, KeyPathHashThunkHelper,
    KeyPathUnappliedMethodThunkHelper, KeyPathAppliedMethodThunkHelper, GenericSpecialization, GenericSpecializationPrespecialized,
    GenericSpecializationNotReAbstracted, GenericSpecializationInResilienceDomain, GenericPartialSpecialization,
    GenericPartialSpecializationNotReAbstracted, InlinedGenericFunction, GenericSpecializationParam, SpecializationPassID,
    DroppedArgument, FunctionSignatureSpecialization, FunctionSignatureSpecializationParam, FunctionSignatureSpecializationReturn,
    FunctionSignatureSpecializationParamKind, FunctionSignatureSpecializationParamPayload,

    // Differentiation.
    AutoDiffFunction, AutoDiffDerivativeVTableThunk, AutoDiffFunctionKind, AutoDiffSelfReorderingReabstractionThunk,
    AutoDiffSubsetParametersThunk, DifferentiabilityWitness, IndexSubset,
}
