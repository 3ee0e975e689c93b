using IpswDiff.Formats.MachO.Versions;

namespace IpswDiff.Formats.MachO;

/// <summary>How an image depends on a library.</summary>
public enum DylibKind
{
    /// <summary>Needed (LC_LOAD_DYLIB).</summary>
    Load,

    /// <summary>May be missing (LC_LOAD_WEAK_DYLIB).</summary>
    Weak,

    /// <summary>Its symbols are offered as the image's own (LC_REEXPORT_DYLIB).</summary>
    Reexport,

    /// <summary>Depends on this image in turn (LC_LOAD_UPWARD_DYLIB).</summary>
    Upward,

    /// <summary>Loaded at first use (LC_LAZY_LOAD_DYLIB).</summary>
    Lazy,

    /// <summary>Loaded with the image, initialised at first use (<c>dylib_use_command</c> with DYLIB_USE_DELAYED_INIT).</summary>
    DelayInit,
}

/// <summary>A library an image depends on (<c>dylib_command</c>).</summary>
/// <param name="Name">Install name or path.</param>
/// <param name="Kind">How it depends on it.</param>
/// <param name="CurrentVersion">Version of the library at link time.</param>
/// <param name="CompatibilityVersion">Least version that will do.</param>
public sealed record MachODylib(string Name, DylibKind Kind, PackedVersion CurrentVersion, PackedVersion CompatibilityVersion)
{
    /// <summary>The kind as reports print it: <c>load, weak, reexport, upward, lazy, delay-init</c>.</summary>
    public string KindText => Kind switch
    {
        DylibKind.Load => "load",
        DylibKind.Weak => "weak",
        DylibKind.Reexport => "reexport",
        DylibKind.Upward => "upward",
        DylibKind.Lazy => "lazy",
        _ => "delay-init",
    };
}
