namespace IpswDiff.Formats.MachO;

/// <summary>One load command, known or not.</summary>
/// <param name="Kind">Its number (<c>cmd</c>).</param>
/// <param name="Offset">Where it begins within <see cref="MachOImage.HeaderBytes"/>.</param>
/// <param name="Size">Its length in bytes, the eight of <c>cmd</c> and <c>cmdsize</c> included.</param>
public readonly record struct LoadCommand(LoadCommandKind Kind, int Offset, int Size)
{
    /// <summary>
    /// The least length of each known command: its fixed structure in <c>mach-o/loader.h</c>. Eight, the two words each begins with, for a command that is not known.
    /// </summary>
    internal int MinimumSize => Kind switch
    {
        LoadCommandKind.Segment => 56,
        LoadCommandKind.Segment64 => 72,
        LoadCommandKind.Symtab => 24,
        LoadCommandKind.Dysymtab => 80,
        LoadCommandKind.Symseg or LoadCommandKind.LinkerOptimizationHint or LoadCommandKind.CodeSignature
            or LoadCommandKind.SegmentSplitInfo or LoadCommandKind.FunctionStarts or LoadCommandKind.DataInCode
            or LoadCommandKind.DylibCodeSignDrs or LoadCommandKind.DyldExportsTrie or LoadCommandKind.DyldChainedFixups
            or LoadCommandKind.AtomInfo or LoadCommandKind.FunctionVariants or LoadCommandKind.FunctionVariantFixups => 16,
        LoadCommandKind.LoadDylib or LoadCommandKind.IdDylib or LoadCommandKind.LoadWeakDylib or LoadCommandKind.ReexportDylib
            or LoadCommandKind.LazyLoadDylib or LoadCommandKind.LoadUpwardDylib => 24,
        LoadCommandKind.LoadFvmlib or LoadCommandKind.IdFvmlib or LoadCommandKind.PreboundDylib => 20,
        LoadCommandKind.FvmFile => 16,
        LoadCommandKind.LoadDylinker or LoadCommandKind.IdDylinker or LoadCommandKind.DyldEnvironment or LoadCommandKind.Rpath
            or LoadCommandKind.SubFramework or LoadCommandKind.SubUmbrella or LoadCommandKind.SubClient or LoadCommandKind.SubLibrary
            or LoadCommandKind.PrebindChecksum or LoadCommandKind.LinkerOption or LoadCommandKind.TargetTriple => 12,
        LoadCommandKind.TwolevelHints or LoadCommandKind.VersionMinMacOS or LoadCommandKind.VersionMinIPhoneOS
            or LoadCommandKind.VersionMinTvOS or LoadCommandKind.VersionMinWatchOS or LoadCommandKind.SourceVersion => 16,
        LoadCommandKind.Routines => 40,
        LoadCommandKind.Routines64 => 72,
        LoadCommandKind.Uuid or LoadCommandKind.Main or LoadCommandKind.BuildVersion => 24,
        LoadCommandKind.EncryptionInfo => 20,
        LoadCommandKind.EncryptionInfo64 => 24,
        LoadCommandKind.DyldInfo or LoadCommandKind.DyldInfoOnly => 48,
        LoadCommandKind.Note => 40,
        LoadCommandKind.FilesetEntry => 32,
        _ => 8,
    };

    /// <summary>Whether this is one of the commands that hold nothing but a range of __LINKEDIT (<c>linkedit_data_command</c>).</summary>
    public bool IsLinkeditData => Kind is LoadCommandKind.CodeSignature or LoadCommandKind.SegmentSplitInfo or LoadCommandKind.FunctionStarts
        or LoadCommandKind.DataInCode or LoadCommandKind.DylibCodeSignDrs or LoadCommandKind.LinkerOptimizationHint
        or LoadCommandKind.DyldExportsTrie or LoadCommandKind.DyldChainedFixups or LoadCommandKind.AtomInfo
        or LoadCommandKind.FunctionVariants or LoadCommandKind.FunctionVariantFixups;

    /// <summary>Whether this names a library the image needs.</summary>
    public bool IsDylib => Kind is LoadCommandKind.LoadDylib or LoadCommandKind.LoadWeakDylib or LoadCommandKind.ReexportDylib
        or LoadCommandKind.LazyLoadDylib or LoadCommandKind.LoadUpwardDylib;
}
