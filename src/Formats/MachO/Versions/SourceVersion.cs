using System.Globalization;

namespace IpswDiff.Formats.MachO.Versions;

/// <summary>LC_SOURCE_VERSION: <c>A.B.C.D.E</c> packed into 24, 10, 10, 10 and 10 bits.</summary>
/// <param name="Value">The 64-bit field.</param>
public readonly record struct SourceVersion(ulong Value)
{
    /// <summary>Always five numbers.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Value >> 40}.{(Value >> 30) & 0x3FF}.{(Value >> 20) & 0x3FF}.{(Value >> 10) & 0x3FF}.{Value & 0x3FF}");
}
