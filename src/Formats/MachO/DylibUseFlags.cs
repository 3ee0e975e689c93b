namespace IpswDiff.Formats.MachO;

/// <summary>How a library is used: the flags of <c>dylib_use_command</c> (<c>DYLIB_USE_*</c> of <c>mach-o/loader.h</c>).</summary>
[Flags]
public enum DylibUseFlags : uint
{
    /// <summary>As usual.</summary>
    None = 0,

    /// <summary>It may be missing.</summary>
    WeakLink = 1,

    /// <summary>Its symbols are offered as the image's own.</summary>
    Reexport = 2,

    /// <summary>It depends on this image in turn.</summary>
    Upward = 4,

    /// <summary>Its initialisers run at first use.</summary>
    DelayedInit = 8,
}
