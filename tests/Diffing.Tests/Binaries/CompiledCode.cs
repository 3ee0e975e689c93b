using IpswDiff.Forge;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Tests.Binaries;

/// <summary>Compiles C with clang, for arm64 unless told otherwise, and links it with lld, as often and as differently laid out as a test wants.</summary>
internal sealed class CompiledCode : IDisposable
{
    // Jump tables, strings, globals of every width, floating-point literals, calls in and out, recursion, function pointers.
    private const string Source = """
        extern int outside(const char *, ...);
        extern int elsewhere;
        struct pair { long a, b; };
        static const double table[] = {1.5, 2.25, 3.125, 4.0625};
        char bytes[200]; short shorts[100]; int words[100]; long longs[100]; float floats[8]; double doubles[8];
        static long counter;
        struct pair pairs[10];
        int (*hook)(int);
        int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
        int report(int n) { outside("value %d", n); return outside("again %d %s", n, "text"); }
        double scale(double x, int n) { return x * 1234.5678 + table[n & 3] + floats[n & 7] * 0.1f; }
        long touch(int n) { counter += n; longs[3] = counter; words[n] = (int)counter; shorts[5]++; bytes[7] ^= n; doubles[2] += n; return longs[n]; }
        int choose(int n) {
          switch (n) { case 0: return report(7); case 1: return words[2]; case 2: return fib(n); case 3: return bytes[9]; case 4: return shorts[n];
            case 5: return outside("five"); case 6: return elsewhere; case 7: return hook(n); default: return -1; } }
        struct pair *find(long k) { for (int i = 0; i < 10; i++) if (pairs[i].a == k) return &pairs[i]; return 0; }
        int loop(int n) { int s = 0; for (int i = 0; i < n; i++) { s += choose(i) * (int)touch(i); if (s & 1) s ^= report(s); } return s; }
        int call(int n) { hook = fib; return hook(n) + elsewhere + (int)scale(n, n) + (int)(find(n) != 0); }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("ipswdiff-functions-").FullName;
    private readonly string _clang;
    private readonly string _linker;

    private CompiledCode(string clang, string linker) => (_clang, _linker) = (clang, linker);

    /// <summary>The functions of the source, in its order.</summary>
    public static string[] Functions { get; } = ["_fib", "_report", "_scale", "_touch", "_choose", "_find", "_loop", "_call"];

    /// <summary>The tools, or a skipped test.</summary>
    public static CompiledCode Open() => new(Witnesses.Clang.Required(), Witnesses.MachOLinker.Required());

    /// <summary>Links the source.</summary>
    /// <param name="name">Names the output.</param>
    /// <param name="order">The order of its functions.</param>
    /// <param name="codePadding">Bytes of other code before it.</param>
    /// <param name="dataPadding">Bytes of other data before its own.</param>
    /// <param name="change">Changes the source.</param>
    /// <param name="linkerOptions">More for the linker.</param>
    /// <param name="keepsNames">Whether the symbols stay.</param>
    /// <param name="arch">arm64 or x86_64.</param>
    public MachOImage Build(
        string name, IEnumerable<string>? order = null, int codePadding = 0, int dataPadding = 0,
        Func<string, string>? change = null, string[]? linkerOptions = null, bool keepsNames = true, string arch = "arm64")
    {
        var padding = Write(name + "-pad.s", $"""
            .section __TEXT,__text,regular,pure_instructions
            .globl _padding
            .p2align 2
            _padding: ret
            .space {codePadding}
            .section __TEXT,__const
            .space {dataPadding}
            .section __DATA,__data
            .globl _paddingData
            _paddingData: .space {dataPadding + 8}
            .subsections_via_symbols
            """);
        var target = arch == "arm64" ? "arm64-apple-ios16.0" : arch + "-apple-macos13.0";
        string[] platform = arch == "arm64" ? ["ios", "16.0", "16.0"] : ["macos", "13.0", "13.0"];
        var source = Write(name + ".c", change?.Invoke(Source) ?? Source);
        Run(_clang, "-target", target, "-c", padding, "-o", Path.Combine(_folder, name + "-pad.o"));
        Run(_clang, "-target", target, "-O2", "-fno-inline", "-ffreestanding", "-nostdlibinc", "-c", source, "-o", Path.Combine(_folder, name + ".o"));
        var orderFile = Write(name + ".order", string.Join('\n', (string[])["_padding", "_paddingData", .. order ?? Functions]));
        var output = Path.Combine(_folder, name + ".dylib");
        Run(_linker, [
            "-arch", arch, "-platform_version", .. platform, "-dylib", "-undefined", "dynamic_lookup", "-install_name", "/usr/lib/lib.dylib",
            "-order_file", orderFile, .. keepsNames ? Array.Empty<string>() : ["-x", "-exported_symbol", "_padding"], .. linkerOptions ?? [],
            "-o", output, Path.Combine(_folder, name + "-pad.o"), Path.Combine(_folder, name + ".o")]);
        return MachOImage.Open(new MemoryByteSource(File.ReadAllBytes(output)));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static void Run(string program, params string[] arguments)
    {
        var result = Witness.Run(program, arguments);
        Assert.True(result.ExitCode == 0, result.Error);
    }
}
