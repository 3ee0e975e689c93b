namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>What an instruction refers to.</summary>
internal enum TargetKind : byte
{
    /// <summary>Nothing that could be told from anything else.</summary>
    Unknown,

    /// <summary>Code of a function of the image.</summary>
    Function,

    /// <summary>A symbol of another image, through a stub or a pointer.</summary>
    Import,

    /// <summary>A selector of Objective-C.</summary>
    Selector,

    /// <summary>A class of Objective-C.</summary>
    Class,

    /// <summary>Text.</summary>
    String,

    /// <summary>A number in a pool of literals.</summary>
    Literal,

    /// <summary>Data with a name.</summary>
    Global,

    /// <summary>
    /// Constant data that no other image can name: part of the code that reads it, where one function alone does.
    /// </summary>
    Table,
}

/// <summary>What lies at an address.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Identity">The same for the same thing in two images; of a table that of its name, or 0.</param>
/// <param name="Function">Of a function its index.</param>
internal readonly record struct CodeTarget(TargetKind Kind, ulong Identity, int Function = -1);
