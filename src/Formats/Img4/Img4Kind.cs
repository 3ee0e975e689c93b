namespace IpswDiff.Formats.Img4;

/// <summary>What an Image4 file, or its forerunner, is by the four characters it begins with.</summary>
public enum Img4Kind
{
    /// <summary>A payload.</summary>
    Im4p,

    /// <summary>A manifest: what Apple signed for a device.</summary>
    Im4m,

    /// <summary>Restore information: a nonce.</summary>
    Im4r,

    /// <summary>A payload together with its manifest.</summary>
    Img4,

    /// <summary>The container before Image4, with a payload.</summary>
    Img3,
}
