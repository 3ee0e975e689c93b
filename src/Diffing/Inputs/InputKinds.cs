namespace IpswDiff.Diffing.Inputs;

/// <summary>What an input can be, as reports call it.</summary>
public static class InputKinds
{
    /// <summary>An IPSW.</summary>
    public const string Ipsw = "ipsw";

    /// <summary>A folder with an unpacked firmware, or with shared caches.</summary>
    public const string Folder = "folder";

    /// <summary>An over-the-air update, packed or unpacked.</summary>
    public const string Update = "ota";

    /// <summary>A disk image, a RAM disk in an IM4P among them.</summary>
    public const string DiskImage = "dmg";

    /// <summary>An Apple Archive that is no update.</summary>
    public const string AppleArchive = "aa";

    /// <summary>A static library.</summary>
    public const string StaticLibrary = "archive";

    /// <summary>A Mach-O file.</summary>
    public const string MachO = "macho";

    /// <summary>A dyld shared cache.</summary>
    public const string SharedCache = "dyld_shared_cache";

    /// <summary>A kernelcache, packed or not.</summary>
    public const string Kernelcache = "kernelcache";

    /// <summary>An Image4 payload that is neither a kernelcache nor a disk.</summary>
    public const string Payload = "im4p";

    /// <summary>Whether it is a whole firmware, in one file or unpacked.</summary>
    public static bool IsFirmware(string kind) => kind is Ipsw or Folder or Update;

    /// <summary>The kind that inputs of this one are compared with: an unpacked firmware is one nevertheless.</summary>
    internal static string Comparable(string kind) => kind == Folder ? Ipsw : kind;
}
