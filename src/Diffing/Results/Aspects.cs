namespace IpswDiff.Diffing.Results;

/// <summary>What of a binary can differ, as <see cref="ReportItem.What"/> names it, where more than one place asks.</summary>
internal static class Aspects
{
    /// <summary>LC_UUID, which is new whenever a binary is linked.</summary>
    public const string Uuid = "uuid";

    /// <summary>The code signature, which holds a hash of everything else.</summary>
    public const string Signature = "signature";

    /// <summary>Whether it is new with every build, whatever else is.</summary>
    public static bool IsIdentity(string aspect) => aspect is Uuid or Signature;
}
