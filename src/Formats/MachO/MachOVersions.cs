using System.Globalization;

namespace IpswDiff.Formats.MachO;

/// <summary>A version in one word: 16 bits, 8 bits, 8 bits (<c>X.Y.Z</c> of <c>mach-o/loader.h</c>).</summary>
/// <param name="Value">The word.</param>
public readonly record struct PackedVersion(uint Value)
{
    /// <summary>The first number, 0 to 65535.</summary>
    public int Major => (int)(Value >> 16);

    /// <summary>The second number, 0 to 255.</summary>
    public int Minor => (int)(Value >> 8) & 0xFF;

    /// <summary>The third number, 0 to 255.</summary>
    public int Patch => (int)Value & 0xFF;

    /// <summary><c>X.Y</c>, or <c>X.Y.Z</c> when Z is not zero.</summary>
    public override string ToString() => Patch == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}")
        : string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}");
}

/// <summary>LC_SOURCE_VERSION: <c>A.B.C.D.E</c> packed into 24, 10, 10, 10 and 10 bits.</summary>
/// <param name="Value">The 64-bit field.</param>
public readonly record struct SourceVersion(ulong Value)
{
    /// <summary>Always five numbers.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Value >> 40}.{(Value >> 30) & 0x3FF}.{(Value >> 20) & 0x3FF}.{(Value >> 10) & 0x3FF}.{Value & 0x3FF}");
}

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
