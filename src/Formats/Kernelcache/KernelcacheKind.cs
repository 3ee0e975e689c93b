namespace IpswDiff.Formats.Kernelcache;

/// <summary>How a kernelcache holds its kexts.</summary>
public enum KernelcacheKind
{
    /// <summary>A Mach-O of type MH_FILESET, with a command for each image (iOS 15, macOS 11 and later).</summary>
    Fileset,

    /// <summary>A kernel with the kexts in segments of its own; a property list in <c>__PRELINK_INFO</c> says where each lies.</summary>
    Prelinked,

    /// <summary>The same, but the kexts are found by the tables <c>__kmod_info</c> and <c>__kmod_start</c> (iOS 12 to 14).</summary>
    PrelinkedModules,
}
