using System.Globalization;

namespace IpswDiff.Formats.MachO.Versions;

/// <summary>What an image was built for: LC_BUILD_VERSION, or the LC_VERSION_MIN_* of older ones.</summary>
/// <param name="PlatformNumber">Platform (<c>PLATFORM_*</c>).</param>
/// <param name="MinOs">Least version of the system.</param>
/// <param name="Sdk">Version of the SDK; zero when it was not recorded.</param>
public readonly record struct BuildVersion(uint PlatformNumber, PackedVersion MinOs, PackedVersion Sdk)
{
    /// <summary>The platform's name in lower case, <c>platformN</c> for a number that has none.</summary>
    public string Platform => PlatformNumber switch
    {
        1 => "macos",
        2 => "ios",
        3 => "tvos",
        4 => "watchos",
        5 => "bridgeos",
        6 => "maccatalyst",
        7 => "iossimulator",
        8 => "tvossimulator",
        9 => "watchossimulator",
        10 => "driverkit",
        11 => "visionos",
        12 => "visionossimulator",
        13 => "firmware",
        14 => "sepos",
        15 => "macosexclavecore",
        16 => "macosexclavekit",
        17 => "iosexclavecore",
        18 => "iosexclavekit",
        19 => "tvosexclavecore",
        20 => "tvosexclavekit",
        21 => "watchosexclavecore",
        22 => "watchosexclavekit",
        23 => "visionosexclavecore",
        24 => "visionosexclavekit",
        _ => string.Create(CultureInfo.InvariantCulture, $"platform{PlatformNumber}"),
    };
}
