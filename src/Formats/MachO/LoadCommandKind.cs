namespace IpswDiff.Formats.MachO;

/// <summary>Load commands of <c>mach-o/loader.h</c>. A number that is not listed is tolerated and kept as it is.</summary>
public enum LoadCommandKind : uint
{
    /// <summary>LC_SEGMENT: a 32-bit segment and its sections.</summary>
    Segment = 0x1,

    /// <summary>LC_SYMTAB: the symbol and string tables.</summary>
    Symtab = 0x2,

    /// <summary>LC_SYMSEG: gdb symbol information, obsolete.</summary>
    Symseg = 0x3,

    /// <summary>LC_THREAD: a thread's registers.</summary>
    Thread = 0x4,

    /// <summary>LC_UNIXTHREAD: the first thread's registers, its entry point among them.</summary>
    UnixThread = 0x5,

    /// <summary>LC_LOADFVMLIB: a fixed-address library, obsolete.</summary>
    LoadFvmlib = 0x6,

    /// <summary>LC_IDFVMLIB: a fixed-address library's own name, obsolete.</summary>
    IdFvmlib = 0x7,

    /// <summary>LC_IDENT: free text, obsolete.</summary>
    Ident = 0x8,

    /// <summary>LC_FVMFILE: a fixed-address file, internal to the kernel.</summary>
    FvmFile = 0x9,

    /// <summary>LC_PREPAGE: internal to the kernel.</summary>
    Prepage = 0xA,

    /// <summary>LC_DYSYMTAB: how the symbol table is divided, and the indirect symbols.</summary>
    Dysymtab = 0xB,

    /// <summary>LC_LOAD_DYLIB: a library this image needs.</summary>
    LoadDylib = 0xC,

    /// <summary>LC_ID_DYLIB: a library's own install name.</summary>
    IdDylib = 0xD,

    /// <summary>LC_LOAD_DYLINKER: the dynamic linker to start.</summary>
    LoadDylinker = 0xE,

    /// <summary>LC_ID_DYLINKER: a dynamic linker's own name.</summary>
    IdDylinker = 0xF,

    /// <summary>LC_PREBOUND_DYLIB: modules of a prebound library.</summary>
    PreboundDylib = 0x10,

    /// <summary>LC_ROUTINES: a 32-bit library's initialiser.</summary>
    Routines = 0x11,

    /// <summary>LC_SUB_FRAMEWORK: the umbrella this framework belongs to.</summary>
    SubFramework = 0x12,

    /// <summary>LC_SUB_UMBRELLA: an umbrella this image re-exports.</summary>
    SubUmbrella = 0x13,

    /// <summary>LC_SUB_CLIENT: an image that may link this one.</summary>
    SubClient = 0x14,

    /// <summary>LC_SUB_LIBRARY: a library this image re-exports.</summary>
    SubLibrary = 0x15,

    /// <summary>LC_TWOLEVEL_HINTS: hints for looking symbols up.</summary>
    TwolevelHints = 0x16,

    /// <summary>LC_PREBIND_CKSUM: the checksum of a prebound image.</summary>
    PrebindChecksum = 0x17,

    /// <summary>LC_LOAD_WEAK_DYLIB: a library that may be missing.</summary>
    LoadWeakDylib = 0x80000018,

    /// <summary>LC_SEGMENT_64: a 64-bit segment and its sections.</summary>
    Segment64 = 0x19,

    /// <summary>LC_ROUTINES_64: a 64-bit library's initialiser.</summary>
    Routines64 = 0x1A,

    /// <summary>LC_UUID: the image's identity.</summary>
    Uuid = 0x1B,

    /// <summary>LC_RPATH: a path that <c>@rpath</c> stands for.</summary>
    Rpath = 0x8000001C,

    /// <summary>LC_CODE_SIGNATURE: where the signature lies.</summary>
    CodeSignature = 0x1D,

    /// <summary>LC_SEGMENT_SPLIT_INFO: where segments refer to each other.</summary>
    SegmentSplitInfo = 0x1E,

    /// <summary>LC_REEXPORT_DYLIB: a library whose symbols this one offers as its own.</summary>
    ReexportDylib = 0x8000001F,

    /// <summary>LC_LAZY_LOAD_DYLIB: a library loaded at first use.</summary>
    LazyLoadDylib = 0x20,

    /// <summary>LC_ENCRYPTION_INFO: an encrypted range of a 32-bit image.</summary>
    EncryptionInfo = 0x21,

    /// <summary>LC_DYLD_INFO: rebase, bind and export opcodes.</summary>
    DyldInfo = 0x22,

    /// <summary>LC_DYLD_INFO_ONLY: the same, for linkers that understand nothing else.</summary>
    DyldInfoOnly = 0x80000022,

    /// <summary>LC_LOAD_UPWARD_DYLIB: a library that itself depends on this one.</summary>
    LoadUpwardDylib = 0x80000023,

    /// <summary>LC_VERSION_MIN_MACOSX: least macOS version.</summary>
    VersionMinMacOS = 0x24,

    /// <summary>LC_VERSION_MIN_IPHONEOS: least iOS version.</summary>
    VersionMinIPhoneOS = 0x25,

    /// <summary>LC_FUNCTION_STARTS: addresses of functions.</summary>
    FunctionStarts = 0x26,

    /// <summary>LC_DYLD_ENVIRONMENT: a variable for the dynamic linker.</summary>
    DyldEnvironment = 0x27,

    /// <summary>LC_MAIN: the entry point.</summary>
    Main = 0x80000028,

    /// <summary>LC_DATA_IN_CODE: data among instructions.</summary>
    DataInCode = 0x29,

    /// <summary>LC_SOURCE_VERSION: version of the sources.</summary>
    SourceVersion = 0x2A,

    /// <summary>LC_DYLIB_CODE_SIGN_DRS: requirements of linked libraries.</summary>
    DylibCodeSignDrs = 0x2B,

    /// <summary>LC_ENCRYPTION_INFO_64: an encrypted range of a 64-bit image.</summary>
    EncryptionInfo64 = 0x2C,

    /// <summary>LC_LINKER_OPTION: options of an object file for the linker.</summary>
    LinkerOption = 0x2D,

    /// <summary>LC_LINKER_OPTIMIZATION_HINT: hints of an object file for the linker.</summary>
    LinkerOptimizationHint = 0x2E,

    /// <summary>LC_VERSION_MIN_TVOS: least tvOS version.</summary>
    VersionMinTvOS = 0x2F,

    /// <summary>LC_VERSION_MIN_WATCHOS: least watchOS version.</summary>
    VersionMinWatchOS = 0x30,

    /// <summary>LC_NOTE: data of an owner's own.</summary>
    Note = 0x31,

    /// <summary>LC_BUILD_VERSION: platform, least version, SDK and tools.</summary>
    BuildVersion = 0x32,

    /// <summary>LC_DYLD_EXPORTS_TRIE: exported symbols.</summary>
    DyldExportsTrie = 0x80000033,

    /// <summary>LC_DYLD_CHAINED_FIXUPS: fix-ups in chains.</summary>
    DyldChainedFixups = 0x80000034,

    /// <summary>LC_FILESET_ENTRY: an image inside a fileset.</summary>
    FilesetEntry = 0x80000035,

    /// <summary>LC_ATOM_INFO: atoms of a relinkable image.</summary>
    AtomInfo = 0x36,

    /// <summary>LC_FUNCTION_VARIANTS: functions with several implementations.</summary>
    FunctionVariants = 0x37,

    /// <summary>LC_FUNCTION_VARIANT_FIXUPS: uses of such functions.</summary>
    FunctionVariantFixups = 0x38,

    /// <summary>LC_TARGET_TRIPLE: the target an object file was compiled for.</summary>
    TargetTriple = 0x39,
}
