using IpswDiff.Diffing.Storage;

namespace IpswDiff.Service;

/// <summary>What requests may call firmwares and files of reports.</summary>
internal static class ServiceNames
{
    private const int LongestName = 200;

    /// <summary>Checks the name of anything in a store.</summary>
    /// <exception cref="ServiceFaultException">It is none.</exception>
    public static void Check(string name)
    {
        try
        {
            ArtifactNames.Check(name);
        }
        catch (ArgumentException)
        {
            throw new ServiceFaultException(FaultKind.Malformed, "a name is a relative path without '.', '..', empty parts, backslashes and control characters");
        }
    }

    /// <summary>Checks the name of a firmware that is to be uploaded.</summary>
    /// <exception cref="ServiceFaultException">It is none.</exception>
    public static void CheckFirmware(string name)
    {
        Check(name);
        if (name.Length > LongestName || name[0] == '.' || name.EndsWith(".partial", StringComparison.OrdinalIgnoreCase)
            || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or ',' or '-' or '_' or '+'))
        {
            throw new ServiceFaultException(
                FaultKind.Malformed, $"a firmware's name has up to {LongestName} letters, digits and . , - _ +, and begins with no full stop");
        }
    }
}
