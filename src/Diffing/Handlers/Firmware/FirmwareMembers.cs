using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.IBoot;

namespace IpswDiff.Diffing.Handlers.Firmware;

/// <summary>Which members of an archive are firmware, and which of those belong to the handlers of kernelcaches and boot stages.</summary>
internal static class FirmwareMembers
{
    private static readonly string[] Extensions = [".bbfw", ".bin", ".dfu", ".fw", ".img3", ".sefw", ".trustcache"];
    private static readonly string[] BootStageNames = ["iBoot.", "iBSS.", "iBEC.", "LLB.", "iBootData.", "iBootTest."];

    /// <summary>
    /// Whether a pair is firmware that <paramref name="device"/> (null: any) uses: an IM4P, or what lies below <c>Firmware</c> under the
    /// extensions that firmware has.
    /// </summary>
    public static bool IsFirmware(MemberPair pair, string? device)
    {
        var member = (pair.New ?? pair.Old)!;
        return (!member.IsListed || HasExtension(member.Name)) && (device is null || IsFor(pair.Old, device) || IsFor(pair.New, device));
    }

    /// <summary>
    /// Whether a pair is a stage of the boot chain: by the tag of its IM4P, or by its name where that cannot be read or need not be.
    /// </summary>
    public static bool IsBootStage(MemberPair pair, bool byName) =>
        byName ? HasStageName(pair.Name) : TagOf(pair) is { } tag ? IBootImage.IsTag(tag) : HasStageName(pair.Name);

    /// <summary>Whether a pair is a kernelcache.</summary>
    public static bool IsKernelcache(MemberPair pair, bool byName) =>
        BaseName(pair.Name).StartsWith("kernelcache.", StringComparison.OrdinalIgnoreCase) || (!byName && TagOf(pair) is "krnl" or "rkrn");

    private static bool HasExtension(string name) =>
        name.EndsWith(".im4p", StringComparison.OrdinalIgnoreCase)
        || (name.Contains("Firmware/", StringComparison.OrdinalIgnoreCase)
            && Extensions.Any(extension => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase)));

    // What no identity names is for any board.
    private static bool IsFor(InputMember? member, string device) =>
        member is not null && (member.Boards.Count == 0 || member.Boards.Contains(device, StringComparer.OrdinalIgnoreCase));

    private static bool HasStageName(string name) =>
        BootStageNames.Any(stage => BaseName(name).StartsWith(stage, StringComparison.OrdinalIgnoreCase));

    private static string BaseName(string name) => name[(name.LastIndexOf('/') + 1)..];

    private static string? TagOf(MemberPair pair)
    {
        foreach (var side in new[] { pair.NewSide, pair.OldSide })
        {
            try
            {
                if (side?.Payload() is { } payload)
                {
                    return payload.Tag;
                }
            }
            catch (FirmwareFormatException)
            {
                // The other side may know; whoever compares the pair says what is wrong with this one.
            }
        }

        return null;
    }
}
