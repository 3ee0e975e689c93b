namespace IpswDiff.Formats.Plist;

/// <summary>What a property-list value is.</summary>
public enum PlistKind
{
    /// <summary>Keys with values, in the order of the file.</summary>
    Dictionary,

    /// <summary>Values in order.</summary>
    Array,

    /// <summary>Text.</summary>
    String,

    /// <summary>A whole number of up to 128 bits.</summary>
    Integer,

    /// <summary>A floating-point number.</summary>
    Real,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A point in time.</summary>
    Date,

    /// <summary>Bytes.</summary>
    Data,

    /// <summary>A reference to an object of a keyed archive.</summary>
    Uid,
}
