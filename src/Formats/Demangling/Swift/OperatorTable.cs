namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>What an operator takes off the stack.</summary>
internal enum Operand : byte
{
    None,
    Nothing,
    Type,
    Any,
    Entity,
    Protocol,
    Conformance,
    Context,
    AssociatedTypeName,
}

/// <summary>
/// Operators of two letters that make a node of what they take: those of metadata (<c>M</c>), witnesses (<c>W</c>) and thunks (<c>T</c>);
/// swift/docs/ABI/Mangling.rst, "Globals".
/// </summary>
internal sealed class OperatorTable
{
    private readonly (NodeKind Kind, Operand Operand)[] _entries = new (NodeKind, Operand)[128];

    private OperatorTable(params ReadOnlySpan<(char Letter, NodeKind Kind, Operand Operand)> entries)
    {
        foreach (var (letter, kind, operand) in entries)
        {
            _entries[letter] = (kind, operand);
        }
    }

    public static OperatorTable Metadata { get; } = new(
        ('a', NodeKind.TypeMetadataAccessFunction, Operand.Type),
        ('A', NodeKind.ReflectionMetadataAssocTypeDescriptor, Operand.Conformance),
        ('b', NodeKind.CanonicalSpecializedGenericTypeMetadataAccessFunction, Operand.Type),
        ('B', NodeKind.ReflectionMetadataBuiltinDescriptor, Operand.Type),
        ('c', NodeKind.ProtocolConformanceDescriptor, Operand.Conformance),
        ('D', NodeKind.TypeMetadataDemanglingCache, Operand.Type),
        ('f', NodeKind.FullTypeMetadata, Operand.Type),
        ('F', NodeKind.ReflectionMetadataFieldDescriptor, Operand.Type),
        ('g', NodeKind.OpaqueTypeDescriptorAccessor, Operand.Any),
        ('h', NodeKind.OpaqueTypeDescriptorAccessorImpl, Operand.Any),
        ('i', NodeKind.TypeMetadataInstantiationFunction, Operand.Type),
        ('I', NodeKind.TypeMetadataInstantiationCache, Operand.Type),
        ('j', NodeKind.OpaqueTypeDescriptorAccessorKey, Operand.Any),
        ('J', NodeKind.NoncanonicalSpecializedGenericTypeMetadataCache, Operand.Type),
        ('k', NodeKind.OpaqueTypeDescriptorAccessorVar, Operand.Any),
        ('K', NodeKind.MetadataInstantiationCache, Operand.Any),
        ('l', NodeKind.TypeMetadataSingletonInitializationCache, Operand.Type),
        ('L', NodeKind.TypeMetadataLazyCache, Operand.Type),
        ('m', NodeKind.Metaclass, Operand.Type),
        ('M', NodeKind.CanonicalSpecializedGenericMetaclass, Operand.Type),
        ('n', NodeKind.NominalTypeDescriptor, Operand.Type),
        ('N', NodeKind.NoncanonicalSpecializedGenericTypeMetadata, Operand.Type),
        ('o', NodeKind.ClassMetadataBaseOffset, Operand.Type),
        ('p', NodeKind.ProtocolDescriptor, Operand.Protocol),
        ('P', NodeKind.GenericTypeMetadataPattern, Operand.Type),
        ('q', NodeKind.Uniquable, Operand.Any),
        ('Q', NodeKind.OpaqueTypeDescriptor, Operand.Any),
        ('r', NodeKind.TypeMetadataCompletionFunction, Operand.Type),
        ('s', NodeKind.ObjCResilientClassStub, Operand.Type),
        ('S', NodeKind.ProtocolSelfConformanceDescriptor, Operand.Protocol),
        ('t', NodeKind.FullObjCResilientClassStub, Operand.Type),
        ('u', NodeKind.MethodLookupFunction, Operand.Type),
        ('U', NodeKind.ObjCMetadataUpdateFunction, Operand.Type),
        ('V', NodeKind.PropertyDescriptor, Operand.Entity),
        ('z', NodeKind.CanonicalPrespecializedGenericTypeCachingOnceToken, Operand.Type));

    public static OperatorTable Witnesses { get; } = new(
        ('a', NodeKind.ProtocolWitnessTableAccessor, Operand.Conformance),
        ('C', NodeKind.EnumCase, Operand.Entity),
        ('G', NodeKind.GenericProtocolWitnessTable, Operand.Conformance),
        ('I', NodeKind.GenericProtocolWitnessTableInstantiationFunction, Operand.Conformance),
        ('p', NodeKind.ProtocolWitnessTablePattern, Operand.Conformance),
        ('P', NodeKind.ProtocolWitnessTable, Operand.Conformance),
        ('r', NodeKind.ResilientProtocolWitnessTable, Operand.Conformance),
        ('S', NodeKind.ProtocolSelfConformanceWitnessTable, Operand.Protocol),
        ('V', NodeKind.ValueWitnessTable, Operand.Type));

    public static OperatorTable Outlined { get; } = new(
        ('b', NodeKind.OutlinedInitializeWithTake, Operand.Type),
        ('B', NodeKind.OutlinedInitializeWithTake, Operand.Type),
        ('c', NodeKind.OutlinedInitializeWithCopy, Operand.Type),
        ('C', NodeKind.OutlinedInitializeWithCopy, Operand.Type),
        ('d', NodeKind.OutlinedAssignWithTake, Operand.Type),
        ('D', NodeKind.OutlinedAssignWithTake, Operand.Type),
        ('e', NodeKind.OutlinedConsume, Operand.Type),
        ('f', NodeKind.OutlinedAssignWithCopy, Operand.Type),
        ('F', NodeKind.OutlinedAssignWithCopy, Operand.Type),
        ('g', NodeKind.OutlinedEnumGetTag, Operand.Type),
        ('h', NodeKind.OutlinedDestroy, Operand.Type),
        ('H', NodeKind.OutlinedDestroy, Operand.Type),
        ('i', NodeKind.OutlinedEnumTagStore, Operand.Type),
        ('j', NodeKind.OutlinedEnumProjectDataForLoad, Operand.Type),
        ('r', NodeKind.OutlinedRetain, Operand.Type),
        ('s', NodeKind.OutlinedRelease, Operand.Type),
        ('y', NodeKind.OutlinedCopy, Operand.Type));

    public static OperatorTable Thunks { get; } = new(
        ('a', NodeKind.PartialApplyObjCForwarder, Operand.Nothing),
        ('A', NodeKind.PartialApplyForwarder, Operand.Nothing),
        ('c', NodeKind.CurryThunk, Operand.Entity),
        ('C', NodeKind.CoroutineContinuationPrototype, Operand.Type),
        ('d', NodeKind.DirectMethodReferenceAttribute, Operand.Nothing),
        ('D', NodeKind.DynamicAttribute, Operand.Nothing),
        ('E', NodeKind.DistributedThunk, Operand.Nothing),
        ('F', NodeKind.DistributedAccessor, Operand.Nothing),
        ('I', NodeKind.DynamicallyReplaceableFunctionImpl, Operand.Nothing),
        ('j', NodeKind.DispatchThunk, Operand.Entity),
        ('l', NodeKind.AssociatedTypeDescriptor, Operand.AssociatedTypeName),
        ('L', NodeKind.ProtocolRequirementsBaseDescriptor, Operand.Protocol),
        ('m', NodeKind.MergedFunction, Operand.Nothing),
        ('M', NodeKind.DefaultAssociatedTypeMetadataAccessor, Operand.AssociatedTypeName),
        ('o', NodeKind.ObjCAttribute, Operand.Nothing),
        ('O', NodeKind.NonObjCAttribute, Operand.Nothing),
        ('q', NodeKind.MethodDescriptor, Operand.Entity),
        ('S', NodeKind.ProtocolSelfConformanceWitness, Operand.Entity),
        ('u', NodeKind.AsyncFunctionPointer, Operand.Nothing),
        ('x', NodeKind.DynamicallyReplaceableFunctionKey, Operand.Nothing),
        ('X', NodeKind.DynamicallyReplaceableFunctionVar, Operand.Nothing));

    public (NodeKind Kind, Operand Operand) this[byte letter] => letter < 128 ? _entries[letter] : default;
}
