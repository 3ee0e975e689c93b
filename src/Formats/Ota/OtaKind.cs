namespace IpswDiff.Formats.Ota;

/// <summary>What an update brings.</summary>
public enum OtaKind
{
    /// <summary>Everything: it installs over any build.</summary>
    Full,

    /// <summary>The differences from one build (<c>PrerequisiteBuild</c>).</summary>
    Delta,

    /// <summary>A Rapid Security Response: patches of cryptexes alone (<c>SplatOnly</c>).</summary>
    RapidSecurityResponse,
}
