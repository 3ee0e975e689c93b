using System.Text.RegularExpressions;

namespace IpswDiff.Diffing.Signal;

/// <summary>What a rule of residue looks at.</summary>
[Flags]
internal enum ResidueKinds
{
    /// <summary>Names of symbols and functions.</summary>
    Names = 1,

    /// <summary>C-strings.</summary>
    Strings = 2,
}

/// <summary>One way to tell what a build makes anew from what somebody wrote.</summary>
/// <param name="Name">The rule's name.</param>
/// <param name="What">What it folds, in the plural, as a reader is told.</param>
/// <param name="Kinds">What it looks at.</param>
/// <param name="Pattern">What it matches.</param>
internal sealed record ResidueRule(string Name, string What, ResidueKinds Kinds, Regex Pattern);
