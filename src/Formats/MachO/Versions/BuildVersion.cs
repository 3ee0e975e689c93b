using System.Globalization;

namespace IpswDiff.Formats.MachO.Versions;

/// <summary>What an image was built for: LC_BUILD_VERSION, or the LC_VERSION_MIN_* of older ones.</summary>
/// <param name="PlatformNumber">Platform (<c>PLATFORM_*</c>); may be one that has no name here.</param>
/// <param name="MinOs">Least version of the system.</param>
/// <param name="Sdk">Version of the SDK; zero when it was not recorded.</param>
public readonly record struct BuildVersion(MachOPlatform PlatformNumber, PackedVersion MinOs, PackedVersion Sdk)
{
    /// <summary>The platform's name in lower case, <c>platformN</c> for a number that has none.</summary>
    public string Platform => PlatformNumber switch
    {
        MachOPlatform.MacOS => "macos",
        MachOPlatform.IOS => "ios",
        MachOPlatform.TvOS => "tvos",
        MachOPlatform.WatchOS => "watchos",
        MachOPlatform.BridgeOS => "bridgeos",
        MachOPlatform.MacCatalyst => "maccatalyst",
        MachOPlatform.IOSSimulator => "iossimulator",
        MachOPlatform.TvOSSimulator => "tvossimulator",
        MachOPlatform.WatchOSSimulator => "watchossimulator",
        MachOPlatform.DriverKit => "driverkit",
        MachOPlatform.VisionOS => "visionos",
        MachOPlatform.VisionOSSimulator => "visionossimulator",
        MachOPlatform.Firmware => "firmware",
        MachOPlatform.SepOS => "sepos",
        MachOPlatform.MacOSExclaveCore => "macosexclavecore",
        MachOPlatform.MacOSExclaveKit => "macosexclavekit",
        MachOPlatform.IOSExclaveCore => "iosexclavecore",
        MachOPlatform.IOSExclaveKit => "iosexclavekit",
        MachOPlatform.TvOSExclaveCore => "tvosexclavecore",
        MachOPlatform.TvOSExclaveKit => "tvosexclavekit",
        MachOPlatform.WatchOSExclaveCore => "watchosexclavecore",
        MachOPlatform.WatchOSExclaveKit => "watchosexclavekit",
        MachOPlatform.VisionOSExclaveCore => "visionosexclavecore",
        MachOPlatform.VisionOSExclaveKit => "visionosexclavekit",
        _ => string.Create(CultureInfo.InvariantCulture, $"platform{(uint)PlatformNumber}"),
    };
}
