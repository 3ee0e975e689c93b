using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.Kernelcache;

/// <summary>The Info.plist of a kext, as the kernelcache holds it; kexts without code have one too.</summary>
public sealed class KextInfo
{
    internal KextInfo(string id, PlistDictionary properties)
    {
        Id = id;
        Properties = properties;
    }

    /// <summary>Bundle identifier (<c>CFBundleIdentifier</c>).</summary>
    public string Id { get; }

    /// <summary>Version (<c>CFBundleVersion</c>), or null.</summary>
    public string? Version => Properties.String(KernelcacheFormat.BundleVersionKey);

    /// <summary>Everything in the Info.plist, the keys <c>_Prelink…</c> of the cache's builder included.</summary>
    public PlistDictionary Properties { get; }

    /// <summary>What the kext matches devices by (<c>IOKitPersonalities</c>); empty for kexts that match none.</summary>
    public PlistDictionary Personalities => Properties.Dictionary("IOKitPersonalities") ?? PlistDictionary.Empty;

    /// <summary>Whether <paramref name="key"/> was added by the cache's builder: addresses and sizes, which change whenever a neighbour does.</summary>
    public static bool IsBuilderKey(string key) => key.StartsWith("_Prelink", StringComparison.Ordinal) || key == "ModuleIndex";
}
