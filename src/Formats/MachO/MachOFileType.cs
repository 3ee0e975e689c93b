using System.Globalization;

namespace IpswDiff.Formats.MachO;

/// <summary>What an image is: <c>filetype</c> of <c>mach-o/loader.h</c>.</summary>
public enum MachOFileType : uint
{
    /// <summary>MH_OBJECT.</summary>
    Object = 1,

    /// <summary>MH_EXECUTE.</summary>
    Execute = 2,

    /// <summary>MH_FVMLIB.</summary>
    FixedLibrary = 3,

    /// <summary>MH_CORE.</summary>
    Core = 4,

    /// <summary>MH_PRELOAD: standalone firmware.</summary>
    Preload = 5,

    /// <summary>MH_DYLIB.</summary>
    Dylib = 6,

    /// <summary>MH_DYLINKER.</summary>
    Dylinker = 7,

    /// <summary>MH_BUNDLE.</summary>
    Bundle = 8,

    /// <summary>MH_DYLIB_STUB.</summary>
    DylibStub = 9,

    /// <summary>MH_DSYM.</summary>
    Dsym = 10,

    /// <summary>MH_KEXT_BUNDLE.</summary>
    KextBundle = 11,

    /// <summary>MH_FILESET: a kernel collection.</summary>
    Fileset = 12,

    /// <summary>MH_GPU_EXECUTE.</summary>
    GpuExecute = 13,

    /// <summary>MH_GPU_DYLIB.</summary>
    GpuDylib = 14,
}

/// <summary>Text for <see cref="MachOFileType"/>.</summary>
public static class MachOFileTypes
{
    /// <summary>The type in lower case, <c>filetypeN</c> for a number that has no name.</summary>
    public static string ToText(this MachOFileType type) => type switch
    {
        MachOFileType.Object => "object",
        MachOFileType.Execute => "execute",
        MachOFileType.FixedLibrary => "fvmlib",
        MachOFileType.Core => "core",
        MachOFileType.Preload => "preload",
        MachOFileType.Dylib => "dylib",
        MachOFileType.Dylinker => "dylinker",
        MachOFileType.Bundle => "bundle",
        MachOFileType.DylibStub => "dylib_stub",
        MachOFileType.Dsym => "dsym",
        MachOFileType.KextBundle => "kext_bundle",
        MachOFileType.Fileset => "fileset",
        MachOFileType.GpuExecute => "gpu_execute",
        MachOFileType.GpuDylib => "gpu_dylib",
        _ => string.Create(CultureInfo.InvariantCulture, $"filetype{(uint)type}"),
    };
}
