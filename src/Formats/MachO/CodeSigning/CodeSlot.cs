using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO.CodeSigning;

/// <summary>What a blob of a signature is for: <c>CSSLOT_*</c> of XNU's <c>cs_blobs.h</c>. A number that is not listed is kept.</summary>
public enum CodeSlot : uint
{
    /// <summary>The first code directory.</summary>
    CodeDirectory = 0,

    /// <summary>Info.plist of the bundle; a hash only.</summary>
    Info = 1,

    /// <summary>Requirements.</summary>
    Requirements = 2,

    /// <summary>The bundle's sealed resources; a hash only.</summary>
    ResourceDirectory = 3,

    /// <summary>Application specific.</summary>
    Application = 4,

    /// <summary>Entitlements as an XML property list.</summary>
    Entitlements = 5,

    /// <summary>Disk-image data; a hash only.</summary>
    Representation = 6,

    /// <summary>Entitlements in DER.</summary>
    DerEntitlements = 7,

    /// <summary>Launch constraint on the process itself, DER.</summary>
    LaunchConstraintSelf = 8,

    /// <summary>Launch constraint on the parent, DER.</summary>
    LaunchConstraintParent = 9,

    /// <summary>Launch constraint on the responsible process, DER.</summary>
    LaunchConstraintResponsible = 10,

    /// <summary>Constraint on libraries, DER.</summary>
    LibraryConstraint = 11,

    /// <summary>The first of further code directories, one for each hash type.</summary>
    AlternateCodeDirectories = 0x1000,

    /// <summary>The CMS signature; empty for an ad-hoc one.</summary>
    Cms = 0x10000,

    /// <summary>Identification data.</summary>
    Identification = 0x10001,

    /// <summary>Notarisation ticket.</summary>
    Ticket = 0x10002,
}

/// <summary>Hash types of a code directory: <c>CS_HASHTYPE_*</c> of XNU's <c>cs_blobs.h</c>.</summary>
public enum CodeHashType : byte
{
    /// <summary>SHA-1, 20 bytes.</summary>
    Sha1 = 1,

    /// <summary>SHA-256, 32 bytes.</summary>
    Sha256 = 2,

    /// <summary>SHA-256 cut to 20 bytes.</summary>
    Sha256Truncated = 3,

    /// <summary>SHA-384, 48 bytes.</summary>
    Sha384 = 4,
}

/// <summary>One blob of a signature.</summary>
/// <param name="Slot">What it is for.</param>
/// <param name="Magic">What it is, <c>CSMAGIC_*</c>.</param>
/// <param name="Offset">Where it begins in the signature.</param>
/// <param name="Length">Bytes, the eight of its header included.</param>
public readonly record struct SignatureBlob(CodeSlot Slot, uint Magic, long Offset, long Length);

/// <summary>Numbers of <c>cs_blobs.h</c>.</summary>
internal static class CodeSignatureFormat
{
    internal const string Name = "code signature";

    internal const uint MagicRequirements = 0xFADE0C01;
    internal const uint MagicCodeDirectory = 0xFADE0C02;
    internal const uint MagicEmbeddedSignature = 0xFADE0CC0;
    internal const uint MagicEntitlements = 0xFADE7171;
    internal const uint MagicDerEntitlements = 0xFADE7172;
    internal const uint MagicLaunchConstraint = 0xFADE8181;
    internal const uint MagicBlobWrapper = 0xFADE0B01;

    internal const int MaxAlternateCodeDirectories = 5;

    internal static FirmwareFormatException Fault(long offset, string reason) => new(Name, offset, reason);
}
