using System.Globalization;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.Ipsw;

/// <summary>One way to install one device: a board, a variant, and the components that go with them.</summary>
public sealed record BuildIdentity
{
    /// <summary>The board, for example <c>d83ap</c> (<c>Info.DeviceClass</c>); empty when the manifest does not say.</summary>
    public required string DeviceClass { get; init; }

    /// <summary>For example <c>Customer Erase Install (IPSW)</c>; empty when the manifest does not say.</summary>
    public required string Variant { get; init; }

    /// <summary><c>Erase</c> or <c>Update</c>; empty when the manifest does not say.</summary>
    public required string RestoreBehavior { get; init; }

    /// <summary>The product, for example <c>iPhone16,2</c>, where the manifest says it (<c>Ap,ProductType</c>).</summary>
    public string? ProductType { get; init; }

    /// <summary>The board's number (<c>ApBoardID</c>).</summary>
    public long? BoardId { get; init; }

    /// <summary>The chip's number (<c>ApChipID</c>).</summary>
    public long? ChipId { get; init; }

    /// <summary>The components, in the manifest's order.</summary>
    public required IReadOnlyList<ManifestEntry> Entries { get; init; }

    /// <summary>Whether this installs a recovery system, whose <c>OS</c> is not the system that the firmware brings.</summary>
    public bool IsRecovery => Variant.Contains("Recovery", StringComparison.OrdinalIgnoreCase);

    /// <summary>The component with this key, or null.</summary>
    public ManifestEntry? Find(string key) => Entries.FirstOrDefault(entry => entry.Key == key);

    internal static BuildIdentity Read(PlistDictionary identity)
    {
        var info = identity.Dictionary("Info") ?? PlistDictionary.Empty;
        var manifest = identity.Dictionary("Manifest") ?? PlistDictionary.Empty;
        return new BuildIdentity
        {
            DeviceClass = info.String("DeviceClass") ?? string.Empty,
            Variant = info.String("Variant") ?? string.Empty,
            RestoreBehavior = info.String("RestoreBehavior") ?? string.Empty,
            ProductType = identity.String("Ap,ProductType") ?? identity.String("ApProductType"),
            BoardId = Number(identity, "ApBoardID"),
            ChipId = Number(identity, "ApChipID"),
            Entries = [.. manifest.Where(static entry => entry.Value is PlistDictionary).Select(static entry => ReadEntry(entry.Key, (PlistDictionary)entry.Value))],
        };
    }

    private static ManifestEntry ReadEntry(string key, PlistDictionary entry)
    {
        var path = entry.Dictionary("Info")?.String("Path");
        var digest = entry.Data("Digest");
        return new ManifestEntry(
            key,
            string.IsNullOrEmpty(path) ? null : path,
            digest is { IsEmpty: false } bytes ? Convert.ToHexStringLower(bytes.Span) : null);
    }

    // Apple writes these as text, "0x8130"; some rewritten manifests as integers.
    private static long? Number(PlistDictionary identity, string key)
    {
        var text = identity.String(key);
        return text is null ? identity.Integer(key)
            : text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
                && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) ? hex
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : null;
    }
}
