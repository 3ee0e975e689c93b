using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.CodeSigning;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Diffing.Handlers.Entitlements;

/// <summary>What a signature grants and asks, as one dictionary: entitlements by their own keys, the rest under keys that say what it is.</summary>
internal static class SignedRights
{
    /// <summary>The key of the entitlements of the XML blob, where they are not those of the DER blob, which systems go by.</summary>
    public const string DisagreeingXml = "Entitlements (XML)";

    private static readonly (CodeSlot Slot, string Key)[] Constraints =
    [
        (CodeSlot.LaunchConstraintSelf, "Launch Constraints (Self)"),
        (CodeSlot.LaunchConstraintParent, "Launch Constraints (Parent)"),
        (CodeSlot.LaunchConstraintResponsible, "Launch Constraints (Responsible)"),
        (CodeSlot.LibraryConstraint, "Library Constraints"),
    ];

    /// <summary>Reads one slice; null where it is not signed or its signature says nothing of this.</summary>
    /// <exception cref="FirmwareFormatException">The signature or one of its blobs is damaged.</exception>
    public static PlistDictionary? Read(MachOImage image)
    {
        if (image.ReadCodeSignature() is not { } signature)
        {
            return null;
        }

        var values = new List<KeyValuePair<string, PlistValue>>();
        var der = signature.ReadEntitlementsDer() is { Length: > 0 } blob ? DerEntitlements.Decode(blob) : null;
        var xml = signature.ReadEntitlementsXml().AsMemory().TrimEnd("\0\n\r\t "u8) is { IsEmpty: false } text ? PropertyList.ParseDictionary(text) : null;
        values.AddRange(der ?? xml ?? PlistDictionary.Empty);
        if (der is not null && xml is not null && !der.Equals(xml))
        {
            values.Add(new(DisagreeingXml, xml));
        }

        foreach (var (slot, key) in Constraints)
        {
            if (signature.ReadLaunchConstraint(slot) is { Length: > 0 } constraint)
            {
                values.Add(new(key, DerEntitlements.Decode(constraint)));
            }
        }

        return values.Count == 0 ? null : new PlistDictionary(values);
    }
}
