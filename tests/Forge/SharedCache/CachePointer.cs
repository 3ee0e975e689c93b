namespace IpswDiff.Forge.SharedCache;

/// <summary>A pointer in a data segment, which moves with the cache.</summary>
/// <param name="Offset">Bytes from the start of the segment.</param>
/// <param name="Target">The address it points to, without slide.</param>
/// <param name="Signature">How it is signed; the default for a plain pointer.</param>
public readonly record struct CachePointer(int Offset, ulong Target, PointerSignature Signature = default);

/// <summary>How pointer authentication signs a pointer.</summary>
/// <param name="IsSigned">Whether it is signed at all.</param>
/// <param name="Diversity">Discriminator.</param>
/// <param name="HasAddressDiversity">Whether the pointer's own address is mixed in.</param>
/// <param name="IsDataKey">DA instead of IA.</param>
public readonly record struct PointerSignature(bool IsSigned, ushort Diversity, bool HasAddressDiversity, bool IsDataKey)
{
    public static PointerSignature Function { get; } = new(true, 0, false, false);

    /// <summary>An entry of __auth_got.</summary>
    public static PointerSignature GotEntry { get; } = new(true, 0, true, false);

    /// <summary>The isa of an object: <c>ptrauth_string_discriminator("isa")</c>.</summary>
    public static PointerSignature Isa { get; } = new(true, 0x6AE1, true, true);
}

/// <summary>Where a segment goes: one mapping per region and group of images.</summary>
public enum CacheRegion
{
    Text,
    DataConst,
    AuthConst,
    Auth,
    Data,
    DirtyData,
    ObjCConst,
}
