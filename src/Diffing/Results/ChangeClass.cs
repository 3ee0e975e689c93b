using IpswDiff.Diffing.Binaries.Code;

namespace IpswDiff.Diffing.Results;

/// <summary>What a change amounts to, from noise to signal; an item has the highest class of all that changed in it.</summary>
public enum ChangeClass
{
    /// <summary>What a compiler or a linker counts, orders and names anew in every build.</summary>
    Residue,

    /// <summary>Built again: versions, UUIDs, signatures.</summary>
    Rebuilt,

    /// <summary>The same thing at another path or another address.</summary>
    Moved,

    /// <summary>Strings, constants, resources, settings.</summary>
    Data,

    /// <summary>Instructions, and what they call.</summary>
    Code,

    /// <summary>What others see of it: exports, libraries, Objective-C, Swift, entitlements, launch services, types; a whole binary come or gone.</summary>
    Interface,
}
