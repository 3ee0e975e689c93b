namespace IpswDiff.Diffing.Binaries;

/// <summary>How much of a binary's data may be compared byte by byte.</summary>
internal enum BinaryPolicy
{
    /// <summary>A file of its own: every section without code is compared as it is.</summary>
    Standalone,

    /// <summary>
    /// An image inside a shared cache or a kernelcache: pointers and offsets change when neighbours move, so only literals that
    /// hold no addresses are compared.
    /// </summary>
    Container,
}
