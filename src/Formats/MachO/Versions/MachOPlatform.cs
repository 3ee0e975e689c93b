namespace IpswDiff.Formats.MachO.Versions;

/// <summary>What an image runs on (<c>PLATFORM_*</c> of <c>mach-o/loader.h</c>).</summary>
public enum MachOPlatform : uint
{
    /// <summary>macOS.</summary>
    MacOS = 1,

    /// <summary>iOS and iPadOS.</summary>
    IOS = 2,

    /// <summary>tvOS.</summary>
    TvOS = 3,

    /// <summary>watchOS.</summary>
    WatchOS = 4,

    /// <summary>bridgeOS, of the T2.</summary>
    BridgeOS = 5,

    /// <summary>Mac Catalyst.</summary>
    MacCatalyst = 6,

    /// <summary>The simulator of iOS.</summary>
    IOSSimulator = 7,

    /// <summary>The simulator of tvOS.</summary>
    TvOSSimulator = 8,

    /// <summary>The simulator of watchOS.</summary>
    WatchOSSimulator = 9,

    /// <summary>Drivers in user space.</summary>
    DriverKit = 10,

    /// <summary>visionOS.</summary>
    VisionOS = 11,

    /// <summary>The simulator of visionOS.</summary>
    VisionOSSimulator = 12,

    /// <summary>Firmware.</summary>
    Firmware = 13,

    /// <summary>The system of the Secure Enclave.</summary>
    SepOS = 14,

    /// <summary>The core of exclaves on macOS.</summary>
    MacOSExclaveCore = 15,

    /// <summary>Exclaves on macOS.</summary>
    MacOSExclaveKit = 16,

    /// <summary>The core of exclaves on iOS.</summary>
    IOSExclaveCore = 17,

    /// <summary>Exclaves on iOS.</summary>
    IOSExclaveKit = 18,

    /// <summary>The core of exclaves on tvOS.</summary>
    TvOSExclaveCore = 19,

    /// <summary>Exclaves on tvOS.</summary>
    TvOSExclaveKit = 20,

    /// <summary>The core of exclaves on watchOS.</summary>
    WatchOSExclaveCore = 21,

    /// <summary>Exclaves on watchOS.</summary>
    WatchOSExclaveKit = 22,

    /// <summary>The core of exclaves on visionOS.</summary>
    VisionOSExclaveCore = 23,

    /// <summary>Exclaves on visionOS.</summary>
    VisionOSExclaveKit = 24,
}
