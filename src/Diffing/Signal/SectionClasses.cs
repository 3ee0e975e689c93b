using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Signal;

/// <summary>What it means when a section of a binary has another size, or other content of the same size. One table, by name without the segment.</summary>
internal static class SectionClasses
{
    // What the linker makes of the rest: stubs, pointers it binds, tables to unwind by.
    private static readonly HashSet<string> LinkerMade = new(StringComparer.Ordinal)
    {
        "__stubs", "__auth_stubs", "__stub_helper", "__objc_stubs", "__delay_stubs", "__delay_helper", "__got", "__auth_got", "__auth_ptr", "__la_symbol_ptr",
        "__nl_symbol_ptr", "__lazy_symbol", "__unwind_info", "__eh_frame", "__gcc_except_tab", "__chain_starts", "__thread_starts", "__linkguard", "__objc_imageinfo",
    };

    // Tables of addresses: their size says something, other addresses in them do not.
    private static readonly HashSet<string> Pointers = new(StringComparer.Ordinal)
    {
        "__objc_classlist", "__objc_nlclslist", "__objc_catlist", "__objc_catlist2", "__objc_nlcatlist", "__objc_protolist", "__objc_selrefs", "__objc_classrefs",
        "__objc_superrefs", "__objc_protorefs", "__objc_const", "__objc_data", "__objc_ivar", "__objc_methlist", "__objc_arraydata", "__objc_arrayobj", "__objc_intobj",
        "__objc_doubleobj", "__objc_dictobj", "__cfstring", "__mod_init_func", "__mod_term_func", "__init_offsets", "__kmod_init", "__kmod_term", "__weak_got",
        "__swift5_types", "__swift5_proto", "__swift5_protos", "__swift5_fieldmd", "__swift5_assocty", "__swift5_capture", "__swift5_typeref", "__swift_as_entry",
        "__swift_as_ret", "__swift_as_cont", "__constg_swiftt", "__swift5_builtin", "__swift5_mpenum", "__swift5_acfuncs", "__swift5_entry", "__kalloc_type", "__kalloc_var",
    };

    // Property lists that a binary brings for those who start or load it.
    private static readonly HashSet<string> LaunchServices = new(StringComparer.Ordinal) { "__launchd_plist", "__info_plist", "__bs_plist" };

    private static readonly HashSet<string> Code = new(StringComparer.Ordinal) { "__text", "__textcoal_nt", "__static_init", "__hib_text" };

    /// <summary>The class of another size.</summary>
    /// <param name="name">Segment and section joined by a dot.</param>
    public static ChangeClass OfSize(string name)
    {
        var section = NameOf(name);
        return LinkerMade.Contains(section) ? ChangeClass.Residue
            : Code.Contains(section) ? ChangeClass.Code
            : LaunchServices.Contains(section) ? ChangeClass.Interface
            : ChangeClass.Data;
    }

    /// <summary>The class of other content in the same size.</summary>
    /// <param name="name">Segment and section joined by a dot.</param>
    public static ChangeClass OfContent(string name) => Pointers.Contains(NameOf(name)) ? ChangeClass.Moved : OfSize(name);

    private static string NameOf(string name) => name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..];
}
