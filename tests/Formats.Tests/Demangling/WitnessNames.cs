using IpswDiff.Forge;

namespace IpswDiff.Formats.Tests.Demangling;

/// <summary>Mangled names of real binaries, and how LLVM's tool reads names.</summary>
internal static class WitnessNames
{
    private static readonly string[] Samples = ["macho/IOKitTest", "macho/TestRTTI-arm64e", "macho/TestSwiftObjc", "macho/ios-DYLD_CHAINED_PTR_64", "macho/hello-macos-arm64e"];

    private static readonly string[] Libraries = ["/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "/usr/lib/x86_64-linux-gnu/libc++.so.1", "/usr/lib/x86_64-linux-gnu/librsvg-2.so.2", "/usr/lib/x86_64-linux-gnu/libicuuc.so.76"];

    /// <summary>Names of C++ and Rust in the sample binaries, without the underscore of Mach-O.</summary>
    public static IEnumerable<string> OfSamples() => Samples.Select(SampleFiles.Find).OfType<string>()
        .SelectMany(path => Symbols("-a", path)).Where(name => name.StartsWith("__Z", StringComparison.Ordinal) || name.StartsWith("__R", StringComparison.Ordinal)).Select(name => name[1..]);

    /// <summary>Names of C++ and Rust in libraries of this machine.</summary>
    public static IEnumerable<string> OfSystemLibraries() => Libraries.Where(File.Exists)
        .SelectMany(path => Symbols("-D", path)).Select(name => name.Split('@')[0])
        .Where(name => name.StartsWith("_Z", StringComparison.Ordinal) || name.StartsWith("_R", StringComparison.Ordinal));

    /// <summary>The names that the witness understands, with what it makes of them. The legacy names of Rust, which it takes for C++, are left out.</summary>
    public static Dictionary<string, string> Read(IReadOnlyList<string> names)
    {
        var program = Witnesses.CxxFilt.Required();
        var read = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var batch in names.Where(name => name.Length < 8000).Chunk(400))
        {
            var lines = Witness.Run(program, batch).Output.TrimEnd('\n').Split('\n');
            Assert.Equal(batch.Length, lines.Length);
            foreach (var (name, text) in batch.Zip(lines).Where(pair => pair.First != pair.Second && !pair.Second.Contains("::h", StringComparison.Ordinal)))
            {
                read[name] = text;
            }
        }

        return read;
    }

    private static string[] Symbols(string option, string path) =>
        Witness.Run(Witnesses.Nm.Required(), option, "--format=just-symbols", path).Output.Split('\n');
}
