using System.Globalization;

namespace IpswDiff.Formats.MachO.Versions;

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
