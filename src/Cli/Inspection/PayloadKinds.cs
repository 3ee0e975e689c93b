using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.DeviceTree;
using IpswDiff.Formats.Exclave;
using IpswDiff.Formats.Ftab;
using IpswDiff.Formats.IBoot;
using IpswDiff.Formats.TrustCache;

namespace IpswDiff.Cli.Inspection;

/// <summary>Recognises payloads of IM4P that are no files of their own elsewhere.</summary>
internal static class PayloadKinds
{
    // More than any of them wants to see.
    private const int HeadLength = 64;

    private const string DeviceTreeTag = "dtre";
    private const string RestoreDeviceTreeTag = "rdtr";

    /// <summary>What a payload is, in a word; null where it is not known.</summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    public static string? Recognise(string tag, ByteSource payload)
    {
        Span<byte> head = stackalloc byte[HeadLength];
        ReadOnlySpan<byte> read = head[..payload.ReadUpTo(0, head)];
        return FtabFile.Matches(read) ? "ftab"
            : ExclaveBundle.Matches(read) ? "exclave"
            : tag is DeviceTreeTag or RestoreDeviceTreeTag && DeviceTreeFile.Matches(read) ? "devicetree"
            : TrustCacheFile.IsTag(tag) ? "trustcache"
            : IBootImage.IsTag(tag) ? "iboot"
            : null;
    }
}
