using System.Text.RegularExpressions;

namespace IpswDiff.Diffing.Signal;

/// <summary>
/// The rules of residue, in one table; the first that matches counts. Names are matched as they stand in a symbol table, with the
/// underscore that Mach-O puts before them.
/// </summary>
internal static partial class ResidueRules
{
    // Longer names are nobody's residue, and no pattern has to be fast on megabytes.
    private const int MaxLength = 8192;

    /// <summary>All rules, in the order in which they are tried.</summary>
    public static IReadOnlyList<ResidueRule> All { get; } =
    [
        new("build-path", "paths of the build", ResidueKinds.Names | ResidueKinds.Strings, BuildPath()),
        new("block", "numbered blocks", ResidueKinds.Names, Block()),
        new("block-helper", "descriptors and helpers of blocks", ResidueKinds.Names, BlockHelper()),
        new("exception-table", "exception tables", ResidueKinds.Names, ExceptionTable()),
        new("outlined-function", "outlined functions", ResidueKinds.Names, OutlinedFunction()),
        new("literal-counter", "numbered literals and switch tables", ResidueKinds.Names, LiteralCounter()),
        new("source-line", "names that end in a source line", ResidueKinds.Names, SourceLine()),
        new("swift-reference", "symbolic references of Swift", ResidueKinds.Names, SwiftReference()),
        new("swift-metadata", "metadata accessors and caches of Swift", ResidueKinds.Names, SwiftMetadata()),
        new("swift-thunk", "outlined copies and thunks of Swift", ResidueKinds.Names, SwiftThunk()),
        new("compiler-suffix", "parts and clones a compiler split off", ResidueKinds.Names, CompilerSuffix()),
        new("timestamp", "dates and times of the build", ResidueKinds.Strings, Timestamp()),
        new("build-version", "version numbers of the build", ResidueKinds.Strings, BuildVersion()),
        new("uuid", "UUIDs", ResidueKinds.Strings, Uuid()),
    ];

    /// <summary>The first rule that <paramref name="text"/> falls under, or null where somebody wrote it.</summary>
    public static ResidueRule? Find(ResidueKinds kind, ReadOnlySpan<char> text)
    {
        if (text.Length > MaxLength)
        {
            return null;
        }

        foreach (var rule in All)
        {
            if ((rule.Kinds & kind) != 0 && rule.Pattern.IsMatch(text))
            {
                return rule;
            }
        }

        return null;
    }

    [GeneratedRegex("/AppleInternal/|/Library/Caches/com\\.apple\\.xbs/|/TemporaryDirectory\\.[0-9A-Za-z]{6}/", RegexOptions.CultureInvariant)]
    private static partial Regex BuildPath();

    [GeneratedRegex("_block_invoke(?:[_.][0-9]+)+$", RegexOptions.CultureInvariant)]
    private static partial Regex Block();

    [GeneratedRegex("^_{1,4}(?:block_descriptor_|block_literal_|copy_helper_block_|destroy_helper_block_|Block_byref_object_)", RegexOptions.CultureInvariant)]
    private static partial Regex BlockHelper();

    [GeneratedRegex("^_{0,2}GCC_except_table[0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex ExceptionTable();

    [GeneratedRegex("^_?OUTLINED_FUNCTION_[0-9]+(?:\\.[0-9]+)*$", RegexOptions.CultureInvariant)]
    private static partial Regex OutlinedFunction();

    [GeneratedRegex("^_?l?tmp[0-9]+$|^[_lL]{0,3}\\.str(?:\\.[0-9]+)*$|^[_lL]{0,3}\\.?switch\\.table\\.|^[_lL]{1,3}__const\\.|^[_lL]{0,2}\\.(?:memset_pattern|compoundliteral)|^_?l_(?:unnamed|anon)", RegexOptions.CultureInvariant)]
    private static partial Regex LiteralCounter();

    [GeneratedRegex("kalloc_type_view_[0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex SourceLine();

    [GeneratedRegex("^_?(?:symbolic|associated conformance|get_type_metadata|get_witness_table|default associated conformance)[ 0-9_]|^_{1,3}swift_(?:reflection_version|FORCE_LOAD)", RegexOptions.CultureInvariant)]
    private static partial Regex SwiftReference();

    // ABI/Mangling.rst: Ma accessor, Mr completion, Mi instantiation, Ml, ML, MI, MJ, Md, MD caches, MF field descriptor, Wl and WL lazy
    // witness tables with their caches, Wa accessor, Wb and WT associated witnesses.
    [GeneratedRegex("^_?\\$[sS].+(?:M[arilLIJdDF]|W[lLabT])$", RegexOptions.CultureInvariant)]
    private static partial Regex SwiftMetadata();

    // TA partial application, TR and Tr reabstraction, Tm merged functions, TQ and TY parts of asynchronous functions, WO outlined copies.
    [GeneratedRegex("^_?\\$[sS].+(?:T[ARrm]|T[QY][0-9]*_|WO[a-z])(?:Tm|_[0-9]+)?$|^_{1,3}swift_(?:memcpy[0-9]+_[0-9]+|instantiate|destroy_boxed|project_boxed|allocate_boxed|mutable_project_boxed|async_|closure_destructor)", RegexOptions.CultureInvariant)]
    private static partial Regex SwiftThunk();

    [GeneratedRegex("[^.]\\.(?:cold|llvm|isra|constprop|part|resume|destroy|cleanup|specialized|warm|[0-9]+)(?:\\.[0-9]+)*$", RegexOptions.CultureInvariant)]
    private static partial Regex CompilerSuffix();

    // __DATE__, __TIME__, __TIMESTAMP__ and what `date` prints, alone in their string.
    [GeneratedRegex("^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-9][0-9],? (?:[0-9]{4},?(?: [0-9]{2}:[0-9]{2}:[0-9]{2})?|[0-9]{2}:[0-9]{2}:[0-9]{2} (?:[A-Z]{3,4} )?[0-9]{4})|[0-9]{2}:[0-9]{2}:[0-9]{2})$", RegexOptions.CultureInvariant)]
    private static partial Regex Timestamp();

    // A project with its version and the number of the build after a tilde, for example AppleSPUFirmware-2444.1.1~66.
    [GeneratedRegex("[A-Za-z]-[0-9]{1,9}(?:\\.[0-9]{1,9}){0,5}~[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex BuildVersion();

    [GeneratedRegex("^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$", RegexOptions.CultureInvariant)]
    private static partial Regex Uuid();
}
