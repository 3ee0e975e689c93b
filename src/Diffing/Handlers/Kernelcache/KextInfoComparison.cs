using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Values;
using IpswDiff.Formats.Kernelcache;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Diffing.Handlers.Kernelcache;

/// <summary>Two Info.plists of a kext, key by key; what the cache's builder added is left out.</summary>
internal static class KextInfoComparison
{
    public static IReadOnlyList<ValueChange> Compare(KextInfo? old, KextInfo? @new) =>
        ReferenceEquals(old, @new) ? [] : PlistComparison.Compare(Own(old), Own(@new), entersOneSided: false);

    // A side without an Info.plist says nothing, key by key.
    private static PlistDictionary Own(KextInfo? info) => info is null
        ? PlistDictionary.Empty
        : new PlistDictionary(info.Properties.Where(property => !KextInfo.IsBuilderKey(property.Key)));
}
