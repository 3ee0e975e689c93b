namespace IpswDiff.Formats.Plist;

/// <summary>How a property list is written down.</summary>
public enum PlistFormat
{
    /// <summary>The binary form, <c>bplist00</c>.</summary>
    Binary,

    /// <summary>The XML form, with or without a <c>plist</c> element around it.</summary>
    Xml,

    /// <summary>The old text form of NeXTSTEP, which <c>.strings</c> files still use.</summary>
    OpenStep,
}
