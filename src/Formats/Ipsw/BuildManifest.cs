using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.Ipsw;

/// <summary><c>BuildManifest.plist</c>: what the firmware is and, for every board and variant, which components it installs.</summary>
public sealed record BuildManifest
{
    /// <summary>For example <c>26.1</c>.</summary>
    public required string ProductVersion { get; init; }

    /// <summary>For example <c>23B85</c>.</summary>
    public required string ProductBuildVersion { get; init; }

    /// <summary>The products this firmware is for, in the manifest's order.</summary>
    public required IReadOnlyList<string> SupportedProductTypes { get; init; }

    /// <summary>All identities, in the manifest's order.</summary>
    public required IReadOnlyList<BuildIdentity> Identities { get; init; }

    /// <summary>Reads the parsed property list; what it lacks is empty here.</summary>
    public static BuildManifest Read(PlistDictionary plist) => new()
    {
        ProductVersion = plist.String("ProductVersion") ?? string.Empty,
        ProductBuildVersion = plist.String("ProductBuildVersion") ?? string.Empty,
        SupportedProductTypes = [.. plist.Strings("SupportedProductTypes")],
        Identities = [.. (plist.Array("BuildIdentities")?.Dictionaries ?? []).Select(BuildIdentity.Read)],
    };
}
