using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>What code finds in a section that it refers to.</summary>
internal enum SectionRole : byte
{
    /// <summary>Data that may be written.</summary>
    Data,

    /// <summary>Instructions.</summary>
    Code,

    /// <summary>Jumps to imports.</summary>
    Stubs,

    /// <summary>Calls of <c>objc_msgSend</c> with a selector each.</summary>
    SelectorStubs,

    /// <summary>Pointers to imports, and to what is reached as if it were one.</summary>
    Pointers,

    /// <summary>Pointers to selectors.</summary>
    SelectorReferences,

    /// <summary>Pointers to classes.</summary>
    ClassReferences,

    /// <summary>Constant objects that hold strings.</summary>
    ConstantStrings,

    /// <summary>NUL-terminated text.</summary>
    Strings,

    /// <summary>Numbers of one width.</summary>
    Literals,

    /// <summary>Other constant data.</summary>
    Constants,
}

/// <summary>
/// Tells the role of a section by its type and its name. Facts: Apple's <c>mach-o/loader.h</c>, and the names that
/// ld gives.
/// </summary>
internal static class SectionRoles
{
    /// <summary>The role of a section.</summary>
    public static SectionRole Of(MachOSection section) => section.Type switch
    {
        SectionType.SymbolStubs => SectionRole.Stubs,
        SectionType.CStringLiterals => SectionRole.Strings,
        SectionType.FourByteLiterals or SectionType.EightByteLiterals or SectionType.SixteenByteLiterals =>
            SectionRole.Literals,
        _ => section.Name switch
        {
            "__objc_stubs" => SectionRole.SelectorStubs,
            "__objc_selrefs" => SectionRole.SelectorReferences,
            "__objc_classrefs" or "__objc_superrefs" => SectionRole.ClassReferences,
            "__cfstring" => SectionRole.ConstantStrings,
            "__oslogstring" or "__os_log" => SectionRole.Strings,
            "__got" or "__auth_got" or "__auth_ptr" or "__weak_got" => SectionRole.Pointers,
            _ when section.Type is SectionType.NonLazySymbolPointers or SectionType.LazySymbolPointers =>
                SectionRole.Pointers,
            _ when section.IsCode => SectionRole.Code,
            "__const" or "__ustring" or "__literals" => SectionRole.Constants,
            _ => SectionRole.Data,
        },
    };

    /// <summary>Bytes of one literal of a section of literals, else 0.</summary>
    public static int LiteralWidth(MachOSection section) => section.Type switch
    {
        SectionType.FourByteLiterals => 4,
        SectionType.EightByteLiterals => 8,
        SectionType.SixteenByteLiterals => 16,
        _ => 0,
    };
}
