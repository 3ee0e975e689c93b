using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.Ipsw;

/// <summary><c>Restore.plist</c>: the older description, all there is in the oldest firmwares.</summary>
public sealed record RestorePlist
{
    /// <summary>For example <c>26.1</c>.</summary>
    public required string ProductVersion { get; init; }

    /// <summary>For example <c>23B85</c>.</summary>
    public required string ProductBuildVersion { get; init; }

    /// <summary>The products this firmware is for; old files name one only.</summary>
    public required IReadOnlyList<string> SupportedProductTypes { get; init; }

    /// <summary>The boards of <c>DeviceMap</c>.</summary>
    public required IReadOnlyList<string> Boards { get; init; }

    /// <summary>The image that a user's restore installs (<c>SystemRestoreImages.User</c>), or null.</summary>
    public string? UserImage { get; init; }

    /// <summary>Reads the parsed property list; what it lacks is empty here.</summary>
    public static RestorePlist Read(PlistDictionary plist)
    {
        IReadOnlyList<string> products = [.. plist.Strings("SupportedProductTypes")];
        var single = plist.String("ProductType");
        return new RestorePlist
        {
            ProductVersion = plist.String("ProductVersion") ?? string.Empty,
            ProductBuildVersion = plist.String("ProductBuildVersion") ?? string.Empty,
            SupportedProductTypes = products.Count == 0 && single is not null ? [single] : products,
            Boards = [.. (plist.Array("DeviceMap")?.Dictionaries ?? []).Select(static device => device.String("BoardConfig")).OfType<string>()],
            UserImage = plist.Dictionary("SystemRestoreImages")?.String("User"),
        };
    }
}
