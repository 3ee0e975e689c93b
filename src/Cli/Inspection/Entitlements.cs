using IpswDiff.Formats.MachO.CodeSigning;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Cli.Inspection;

/// <summary>The entitlements of a signature: XML where it has them, else DER.</summary>
internal static class Entitlements
{
    public static PlistValue? Read(CodeSignature? signature)
    {
        return signature?.ReadEntitlementsXml() is { Length: > 0 } xml ? PropertyList.Parse(xml) : null;
    }
}
