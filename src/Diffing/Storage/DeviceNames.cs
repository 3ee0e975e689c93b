namespace IpswDiff.Diffing.Storage;

/// <summary>
/// Names that Windows keeps for devices, whatever their case and whatever follows the first full stop (Microsoft,
/// Naming Files, Paths, and Namespaces).
/// </summary>
internal static class DeviceNames
{
    private static readonly string[] Whole = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

    /// <summary>
    /// A part of a path that is no device, the same where it was none: <c>aux.txt</c> becomes <c>aux_.txt</c>.
    /// </summary>
    public static string Avoid(string part)
    {
        var dot = part.IndexOf('.', StringComparison.Ordinal);
        var stem = dot < 0 ? part : part[..dot];
        return IsDevice(stem) ? $"{stem}_{part[stem.Length..]}" : part;
    }

    // The superscript digits count as digits there.
    private static bool IsDevice(string stem) =>
        Whole.Contains(stem, StringComparer.OrdinalIgnoreCase)
        || (stem.Length == 4 && (char.IsAsciiDigit(stem[3]) || stem[3] is '¹' or '²' or '³')
            && (stem.StartsWith("COM", StringComparison.OrdinalIgnoreCase)
                || stem.StartsWith("LPT", StringComparison.OrdinalIgnoreCase)));
}
