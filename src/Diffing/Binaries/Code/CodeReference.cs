namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>How an instruction refers to a place.</summary>
internal enum ReferenceForm : byte
{
    /// <summary>It goes there: a call, a jump, a branch.</summary>
    Branch,

    /// <summary>It takes the address.</summary>
    Address,

    /// <summary>It reads what stands there.</summary>
    Load,

    /// <summary>It writes what stands there.</summary>
    Store,
}

/// <summary>A place outside of a function, or an address, that an instruction refers to.</summary>
/// <param name="Target">The address; <see cref="PageLabels.Unknown"/> where registers come from different
/// pages.</param>
/// <param name="Form">How it is referred to.</param>
/// <param name="Width">Bytes that are read or written there; 0 where this does not apply or is not known.</param>
/// <param name="Offset">Where in the function the instruction stands.</param>
internal readonly record struct CodeReference(ulong Target, ReferenceForm Form, int Width, ulong Offset);

/// <summary>Receives the tokens of a function.</summary>
internal interface ITokenSink
{
    /// <summary>Whether <see cref="Refer"/> is wanted, so that what is not is not worked out.</summary>
    static virtual bool WantsReferences => false;

    /// <summary>One token, in order.</summary>
    void Add(uint token);

    /// <summary>
    /// What the token before or after stands for, where an address was masked in it: functions with the same tokens
    /// have as many.
    /// </summary>
    void Refer(CodeReference reference)
    {
    }
}
