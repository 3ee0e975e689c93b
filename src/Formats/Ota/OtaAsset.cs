using IpswDiff.Formats.Ipsw;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.Ota;

/// <summary>
/// What an update says of itself: <c>Info.plist</c> (its <c>MobileAssetProperties</c>), <c>AssetData/Info.plist</c> and the
/// <c>BuildManifest.plist</c> among its boot files, whichever of them it has.
/// </summary>
public sealed record OtaAsset
{
    private const string Unknown = "unknown";

    // Assets of iOS carry this before their version, so that old updaters take them for newer.
    private const string VersionPrefix = "9.9.";

    /// <summary>For example <c>26.1</c>; <c>unknown</c> where nothing says it.</summary>
    public required string Version { get; init; }

    /// <summary>For example <c>23B85</c>; <c>unknown</c> where nothing says it.</summary>
    public required string Build { get; init; }

    /// <summary>The products it is for, for example <c>iPhone16,2</c>.</summary>
    public required IReadOnlyList<string> Products { get; init; }

    /// <summary>The build that a delta starts from; null for a full update.</summary>
    public string? PrerequisiteBuild { get; init; }

    /// <summary>The version that a delta starts from, where it is said.</summary>
    public string? PrerequisiteVersion { get; init; }

    /// <summary>Whether it patches cryptexes alone.</summary>
    public bool SplatOnly { get; init; }

    /// <summary>For example <c>iOS</c>, where it is said (<c>SUProductSystemName</c>).</summary>
    public string? SystemName { get; init; }

    /// <summary>What it brings.</summary>
    public OtaKind Kind => SplatOnly ? OtaKind.RapidSecurityResponse : PrerequisiteBuild is null ? OtaKind.Full : OtaKind.Delta;

    /// <summary>Why its files cannot be compared, with what to do instead; null for a full update.</summary>
    public string? Refusal => Kind switch
    {
        OtaKind.RapidSecurityResponse =>
            $"this is a Rapid Security Response (SplatOnly) for build {PrerequisiteBuild ?? Unknown}, patches of cryptexes without the images they are made for; "
            + "patch those images (ipsw ota patch) and compare the folders of patched images",
        OtaKind.Delta =>
            $"this is a delta update from build {PrerequisiteBuild} (PrerequisiteBuild), which holds differences and no whole files; "
            + "take the full update or the IPSW, or patch the images (ipsw ota patch) and compare the folders of patched images",
        _ => null,
    };

    internal static OtaAsset Read(PlistDictionary? info, PlistDictionary? assetData, BuildManifest? manifest)
    {
        var properties = info?.Dictionary("MobileAssetProperties") ?? info ?? PlistDictionary.Empty;
        assetData ??= PlistDictionary.Empty;
        IReadOnlyList<string> devices = [.. properties.Strings("SupportedDevices")];
        return new OtaAsset
        {
            Version = FirstOf(manifest?.ProductVersion, assetData.String("ProductVersion"), WithoutPrefix(properties.String("OSVersion"))) ?? Unknown,
            Build = FirstOf(manifest?.ProductBuildVersion, assetData.String("Build"), properties.String("Build")) ?? Unknown,
            Products = manifest is { SupportedProductTypes.Count: > 0 } ? manifest.SupportedProductTypes
                : FirstOf(assetData.String("ProductType")) is { } product ? [product]
                : devices,
            PrerequisiteBuild = FirstOf(properties.String("PrerequisiteBuild"), assetData.String("PrerequisiteBuild")),
            PrerequisiteVersion = FirstOf(WithoutPrefix(properties.String("PrerequisiteOSVersion"))),
            SplatOnly = (properties.Boolean("SplatOnly") ?? assetData.Boolean("SplatOnly")) is true,
            SystemName = FirstOf(properties.String("SUProductSystemName")),
        };
    }

    private static string? WithoutPrefix(string? version) =>
        version is not null && version.StartsWith(VersionPrefix, StringComparison.Ordinal) ? version[VersionPrefix.Length..] : version;

    private static string? FirstOf(params ReadOnlySpan<string?> values)
    {
        foreach (var value in values)
        {
            if (!string.IsNullOrEmpty(value))
            {
                return value;
            }
        }

        return null;
    }
}
