namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>What a specialisation of a signature did with an argument; those from <see cref="Dead"/> on may come together.</summary>
[Flags]
internal enum SpecializedArgument
{
    ConstantFunction = 0,
    ConstantGlobal = 1,
    ConstantInteger = 2,
    ConstantFloat = 3,
    ConstantString = 4,
    ClosurePropagated = 5,
    BoxToValue = 6,
    BoxToStack = 7,
    InOutToOut = 8,
    ConstantKeyPath = 9,
    ConstantStruct = 10,
    SameAsArgument = 11,
    Dead = 1 << 6,
    OwnedToGuaranteed = 1 << 7,
    Exploded = 1 << 8,
    GuaranteedToOwned = 1 << 9,
    ExistentialToGeneric = 1 << 10,
}
