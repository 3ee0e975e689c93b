using System.Text.RegularExpressions;

namespace IpswDiff.Forge;

/// <summary>
/// Every witness of the tests. Where tests read what a program prints, only versions are listed that were seen to print it so;
/// where they go by a published format alone, any version from the first that has the option.
/// </summary>
public static partial class Witnesses
{
    /// <summary>LLVM's release whose tools' answers are known; each release words some of them anew.</summary>
    public static WitnessVersions LlvmRelease { get; } = new(" 19", "--version", LlvmVersion(), static version => version.Major == 19);

    /// <summary>LLVM's compiler.</summary>
    public static WitnessProgram Clang { get; } = Llvm("clang", "clang-19");

    /// <summary>LLVM's linker for Mach-O.</summary>
    public static WitnessProgram MachOLinker { get; } = Llvm("ld64.lld", "lld-19");

    /// <summary>LLVM's linker of debug information.</summary>
    public static WitnessProgram DsymUtil { get; } = Llvm("dsymutil", "llvm-19");

    /// <summary>LLVM's demangler.</summary>
    public static WitnessProgram CxxFilt { get; } = Llvm("llvm-cxxfilt", "llvm-19");

    /// <summary>LLVM's reader of DWARF.</summary>
    public static WitnessProgram DwarfDump { get; } = Llvm("llvm-dwarfdump", "llvm-19");

    /// <summary>LLVM's reader of fat files.</summary>
    public static WitnessProgram Lipo { get; } = Llvm("llvm-lipo", "llvm-19");

    /// <summary>LLVM's reader of static libraries.</summary>
    public static WitnessProgram Archiver { get; } = Llvm("llvm-ar", "llvm-19");

    /// <summary>LLVM's reader of symbols.</summary>
    public static WitnessProgram Nm { get; } = Llvm("llvm-nm", "llvm-19");

    /// <summary>LLVM's reader of object files.</summary>
    public static WitnessProgram ObjDump { get; } = Llvm("llvm-objdump", "llvm-19");

    /// <summary>7-Zip, for ZIP, UDIF, APFS and HFS+; before 25 it has no <c>-snld20</c>.</summary>
    public static WitnessProgram SevenZip { get; } = Known("26", "i", SevenZipVersion(), static version => version.Major == 26, "7zip", "7zz", "7z");

    /// <summary>The checker of APFS from apfsprogs.</summary>
    public static WitnessProgram ApfsCheck { get; } =
        Known("0.1", "-v", ApfsCheckVersion(), static version => version is { Major: 0, Minor: 1 }, "apfsprogs", "apfsck");

    /// <summary>libfsapfs' reader of APFS; its versions are dates.</summary>
    public static WitnessProgram ApfsInfo { get; } =
        Known("20201107", "-V", ApfsInfoVersion(), static version => version.Major == 20201107, "libfsapfs-utils", "fsapfsinfo");

    /// <summary>libfshfs' reader of HFS+; its versions are dates.</summary>
    public static WitnessProgram HfsInfo { get; } =
        Known("20201104", "-V", HfsInfoVersion(), static version => version.Major == 20201104, "libfshfs-utils", "fshfsinfo");

    /// <summary>libplist's converter of property lists.</summary>
    public static WitnessProgram PlistUtil { get; } =
        Known("2.2", "--version", PlistUtilVersion(), static version => version is { Major: 2, Minor: 2 }, "libplist-utils", "plistutil");

    /// <summary>OpenSSL's reader of ASN.1; LibreSSL's says other things.</summary>
    public static WitnessProgram OpenSsl { get; } = Known("3", "version", OpenSslVersion(), static version => version.Major == 3, "openssl", "openssl");

    /// <summary>The compressor of XZ Utils; BusyBox has one of this name that only unpacks.</summary>
    public static WitnessProgram Xz { get; } = Known("5", "--version", XzVersion(), static version => version.Major >= 5, "xz-utils", "xz");

    /// <summary>The compressor of bzip2's makers.</summary>
    public static WitnessProgram Bzip2 { get; } = Known("1", "--version", Bzip2Version(), static version => version.Major == 1, "bzip2", "bzip2");

    /// <summary>The reference implementation of LZFSE; it tells no version.</summary>
    public static WitnessProgram Lzfse { get; } = new(WitnessVersions.Any, "github.com/lzfse/lzfse", ["lzfse"]);

    /// <summary>Python with its module for xz.</summary>
    public static WitnessProgram Python { get; } =
        Known("3", "-c \"import lzma, platform; print('lzma, Python', platform.python_version())\"", PythonVersion(), static version => version.Major == 3, "python3", "python3");

    /// <summary>Node, which runs Azurite.</summary>
    public static WitnessProgram Node { get; } = Known("20 or later", "--version", NodeVersion(), static version => version.Major >= 20, "nodejs.org", "node");

    /// <summary>Node's package manager, which fetches Azurite and real binaries.</summary>
    public static WitnessProgram Npm { get; } = Known("8 or later", "--version", NpmVersion(), static version => version.Major >= 8, "nodejs.org", "npm");

    /// <summary>The browser that opens reports. It is renewed every month, and pages must work in the next one too.</summary>
    public static WitnessProgram Chromium { get; } = Known(
        "150 or later", "--version", ChromiumVersion(), static version => version.Major >= 150, "chromium", "chromium", "chromium-browser", "google-chrome");

    private static WitnessProgram Llvm(string name, string package) => new(LlvmRelease, package, [name, name + "-19"]);

    private static WitnessProgram Known(string wanted, string ask, Regex answer, Func<Version, bool> areKnown, string package, params string[] fileNames) =>
        new(new WitnessVersions(" " + wanted, ask, answer, areKnown), package, fileNames);

    // Apple numbers its own releases: its clang 19 is another LLVM.
    [GeneratedRegex(@"(?<!Apple )(?:clang|LLVM|LLD)(?: version)? ([0-9]+\.[0-9]+\.[0-9]+)")]
    private static partial Regex LlvmVersion();

    [GeneratedRegex(@"^7-Zip .*?([0-9]+\.[0-9]+)", RegexOptions.Multiline)]
    private static partial Regex SevenZipVersion();

    [GeneratedRegex(@"apfsck version ([0-9]+\.[0-9]+)")]
    private static partial Regex ApfsCheckVersion();

    [GeneratedRegex(@"fsapfsinfo ([0-9]{8})")]
    private static partial Regex ApfsInfoVersion();

    [GeneratedRegex(@"fshfsinfo ([0-9]{8})")]
    private static partial Regex HfsInfoVersion();

    [GeneratedRegex(@"plistutil ([0-9]+\.[0-9]+\.[0-9]+)")]
    private static partial Regex PlistUtilVersion();

    [GeneratedRegex(@"^OpenSSL ([0-9]+\.[0-9]+\.[0-9]+)")]
    private static partial Regex OpenSslVersion();

    [GeneratedRegex(@"^xz \(XZ Utils\) ([0-9]+\.[0-9]+\.[0-9]+)")]
    private static partial Regex XzVersion();

    [GeneratedRegex(@"^bzip2, a block-sorting file compressor\.  Version ([0-9]+\.[0-9]+\.[0-9]+)", RegexOptions.Multiline)]
    private static partial Regex Bzip2Version();

    [GeneratedRegex(@"^lzma, Python ([0-9]+\.[0-9]+\.[0-9]+)")]
    private static partial Regex PythonVersion();

    [GeneratedRegex(@"^v([0-9]+\.[0-9]+\.[0-9]+)")]
    private static partial Regex NodeVersion();

    [GeneratedRegex(@"^([0-9]+\.[0-9]+\.[0-9]+)")]
    private static partial Regex NpmVersion();

    [GeneratedRegex(@"(?:Chromium|Google Chrome) ([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)")]
    private static partial Regex ChromiumVersion();
}
