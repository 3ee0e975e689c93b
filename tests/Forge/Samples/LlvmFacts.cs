using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace IpswDiff.Forge.Samples;

/// <summary>Describes a Mach-O file by asking LLVM's tools: no reader of ours has a part in it.</summary>
public static class LlvmFacts
{
    /// <summary>The tools that are asked.</summary>
    public static IReadOnlyList<WitnessProgram> Tools { get; } = [Witnesses.Lipo, Witnesses.ObjDump, Witnesses.Nm];

    /// <summary>The facts of <paramref name="file"/>, to be kept under the name <paramref name="relativePath"/>.</summary>
    public static BinaryFacts Describe(string file, string relativePath)
    {
        var bytes = File.ReadAllBytes(file);
        var slices = Run(Witnesses.Lipo, "-archs", file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return new BinaryFacts(relativePath, Hash(bytes), [.. slices.Select(arch => DescribeSlice(file, arch, bytes))]);
    }

    private static SliceFacts DescribeSlice(string file, string arch, byte[] bytes)
    {
        var start = SliceOffset(file, arch);
        var commands = Blocks(Run(Witnesses.ObjDump, "--macho", "--arch=" + arch, "--private-headers", file));
        var sections = new List<SectionFacts>();
        var strings = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var section in commands.Where(block => block.Title == "Section"))
        {
            var type = section["type"]!;
            var size = Number(section["size"]!);
            var inFile = type is not ("S_ZEROFILL" or "S_GB_ZEROFILL" or "S_THREAD_LOCAL_ZEROFILL");
            var contents = inFile ? bytes.AsSpan((int)(start + Number(section["offset"]!)), (int)size) : [];
            sections.Add(new SectionFacts(
                section["segname"] + "." + section["sectname"],
                size,
                type == "S_SYMBOL_STUBS" || (section["attributes"]?.Contains("_INSTRUCTIONS", StringComparison.Ordinal) ?? false),
                inFile ? Hash(contents) : null));
            if (type == "S_CSTRING_LITERALS")
            {
                strings.UnionWith(Encoding.UTF8.GetString(contents).Split('\0', StringSplitOptions.RemoveEmptyEntries));
            }
        }

        var version = commands.FirstOrDefault(block => block["cmd"] == "LC_SOURCE_VERSION")?["version"];
        var starts = commands.Any(block => block["cmd"] == "LC_FUNCTION_STARTS")
            ? Lines(Run(Witnesses.ObjDump, "--macho", "--arch=" + arch, "--function-starts=addrs", file)).Count(IsAddress)
            : (int?)null;
        var symbols = Lines(Run(Witnesses.Nm, "-j", "--arch=" + arch, file)).Where(line => !line.EndsWith(':')).ToArray();
        Array.Sort(symbols, StringComparer.Ordinal);
        return new SliceFacts(
            arch,
            commands.FirstOrDefault(block => block["cmd"] == "LC_UUID")?["uuid"],
            version is null ? null : string.Join('.', version.Split('.').Concat(["0", "0", "0", "0"]).Take(5)),
            starts,
            (int)Number(commands.FirstOrDefault(block => block["cmd"] == "LC_SYMTAB")?["nsyms"] ?? "0"),
            [.. commands.Where(block => IsDylib(block["cmd"])).Select(block => block["name"]![..block["name"]!.LastIndexOf(" (offset", StringComparison.Ordinal)])],
            sections,
            symbols,
            [.. strings]);
    }

    private static bool IsDylib(string? command)
        => command is "LC_LOAD_DYLIB" or "LC_LOAD_WEAK_DYLIB" or "LC_REEXPORT_DYLIB" or "LC_LOAD_UPWARD_DYLIB" or "LC_LAZY_LOAD_DYLIB";

    // Section offsets count from the slice's own header.
    private static long SliceOffset(string file, string arch)
    {
        var within = false;
        foreach (var line in Lines(Run(Witnesses.ObjDump, "--macho", "--universal-headers", file)).Select(line => line.Trim()))
        {
            if (line.StartsWith("architecture ", StringComparison.Ordinal))
            {
                within = line == "architecture " + arch;
            }
            else if (within && line.StartsWith("offset ", StringComparison.Ordinal))
            {
                return Number(line["offset ".Length..]);
            }
        }

        return 0;
    }

    // The tool prints one field a line, its name first, under lines that begin a load command or a section.
    private static List<Block> Blocks(string text)
    {
        var blocks = new List<Block>();
        foreach (var line in Lines(text).Select(line => line.Trim()))
        {
            if (line == "Section" || line.StartsWith("Load command ", StringComparison.Ordinal))
            {
                blocks.Add(new Block(line));
            }
            else if (blocks.Count > 0 && line.Split(' ', 2, StringSplitOptions.TrimEntries) is [var name, var value])
            {
                blocks[^1].Add(name, value);
            }
        }

        return blocks;
    }

    private static bool IsAddress(string line) => line.Length >= 8 && line.All(char.IsAsciiHexDigit);

    private static long Number(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? long.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        : long.Parse(text, CultureInfo.InvariantCulture);

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string Run(WitnessProgram program, params string[] arguments)
    {
        var result = program.Run(arguments);
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException($"{program.Path} {string.Join(' ', arguments)}: {result.Error}");
    }

    private sealed class Block(string title)
    {
        private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);

        public string Title => title;

        public string? this[string name] => _fields.GetValueOrDefault(name);

        public void Add(string name, string value) => _fields.TryAdd(name, value);
    }
}
