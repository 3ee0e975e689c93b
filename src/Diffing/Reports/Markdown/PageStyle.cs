namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>What a page does for its readers beyond listing the facts. No style leaves a line out.</summary>
[Flags]
internal enum PageStyle
{
    /// <summary>The bare grammar of the field.</summary>
    Plain = 0,

    /// <summary>Compiler residue stands in a folded block of its own, under a count.</summary>
    FoldResidue = 1,

    /// <summary>A folded list gives the readable form of mangled names, above the names as they are.</summary>
    DemangleNames = 2,

    /// <summary>Everything that helps.</summary>
    Readable = FoldResidue | DemangleNames,
}
