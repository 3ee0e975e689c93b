namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>How much a readable name says.</summary>
public enum NameStyle
{
    /// <summary>All that the mangled name says.</summary>
    Full,

    /// <summary>Without modules, types of arguments and results, and constraints.</summary>
    Simplified,
}
