using System.Globalization;
using IpswDiff.Forge;

namespace IpswDiff.Formats.Tests.MachO;

/// <summary>What LLVM's tools say about one slice of a Mach-O file, as plain lines that a reader's facts can be printed as too.</summary>
internal sealed class LlvmFacts
{
    internal List<string> Segments { get; } = [];

    internal List<string> Sections { get; } = [];

    internal List<string> Dylibs { get; } = [];

    internal List<string> Rpaths { get; } = [];

    internal List<string> Commands { get; } = [];

    internal List<string> Symbols { get; } = [];

    internal List<ulong> FunctionStarts { get; } = [];

    internal string? Uuid { get; set; }

    internal string? InstallName { get; set; }

    internal string? SourceVersion { get; set; }

    internal string? BuildVersion { get; set; }

    internal string? EntryPoint { get; set; }

    /// <summary>Asks llvm-objdump and llvm-nm; one result for each slice, in the order of the file.</summary>
    internal static List<LlvmFacts> Read(string objdump, string nm, string path)
    {
        var slices = new List<LlvmFacts>();
        foreach (var lines in Split(Witness.Run(objdump, "--macho", "--arch=all", "--private-headers", path), path))
        {
            var facts = new LlvmFacts();
            facts.ReadHeaders(lines);
            slices.Add(facts);
        }

        var symbols = Split(Witness.Run(nm, "-a", "-p", "-x", "--arch=all", path), path);
        var starts = Split(Witness.Run(objdump, "--macho", "--arch=all", "--function-starts", path), path);
        for (var i = 0; i < slices.Count; i++)
        {
            slices[i].Symbols.AddRange(symbols[i].Where(static line => line.Length > 0));
            slices[i].FunctionStarts.AddRange(starts[i]
                .Where(static line => line.Length > 0)
                .Select(static line => ulong.Parse(line, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
        }

        return slices;
    }

    /// <summary>Cuts an answer at the lines that name the file, with or without an architecture.</summary>
    private static List<List<string>> Split(WitnessResult answer, string path)
    {
        Assert.True(answer.ExitCode == 0, answer.Error);
        var parts = new List<List<string>>();
        var preamble = new List<string>();
        foreach (var line in answer.Output.Split('\n'))
        {
            if (line.StartsWith(path, StringComparison.Ordinal) && line.EndsWith(':'))
            {
                parts.Add([]);
            }
            else if (parts.Count > 0)
            {
                parts[^1].Add(line);
            }
            else
            {
                // Before the first name only an empty line may stand; llvm-nm names no file when it has just one to tell of.
                preamble.Add(line);
            }
        }

        return parts.Count > 0 ? parts : [preamble];
    }

    private void ReadHeaders(List<string> lines)
    {
        var block = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines.Append("Load command"))
        {
            if (line.StartsWith("Load command", StringComparison.Ordinal) || string.Equals(line, "Section", StringComparison.Ordinal))
            {
                Take(block);
                block.Clear();
                continue;
            }

            foreach (var (key, value) in Pairs(line))
            {
                block.TryAdd(key, value);
            }
        }
    }

    private static IEnumerable<(string Key, string Value)> Pairs(string line)
    {
        foreach (var key in (string[])["compatibility version", "current version", "time stamp"])
        {
            if (line.TrimStart().StartsWith(key, StringComparison.Ordinal))
            {
                return [(key, line.TrimStart()[key.Length..].Trim())];
            }
        }

        var words = line.Trim().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            return [];
        }

        // Registers stand several to a line; of those only the program counter is wanted.
        var counter = Array.FindIndex(words, static word => word is "rip" or "eip" or "pc");
        return counter >= 0 && counter + 1 < words.Length
            ? [("counter", words[counter + 1])]
            : [(words[0], string.Join(' ', words[1..]))];
    }

    private void Take(Dictionary<string, string> block)
    {
        if (block.TryGetValue("sectname", out var section))
        {
            var segment = block["segname"];
            Sections.Add($"{segment} {section} {Hex(block["addr"])} {Hex(block["size"])} {block["offset"]} {block["align"].Split('^', ' ')[1]}");
            return;
        }

        if (!block.TryGetValue("cmd", out var command))
        {
            return;
        }

        Commands.Add($"{block["cmdsize"]}");
        switch (command)
        {
            case "LC_SEGMENT" or "LC_SEGMENT_64":
                Segments.Add($"{block["segname"]} {Hex(block["vmaddr"])} {Hex(block["vmsize"])} {block["fileoff"]} {block["filesize"]} {block["maxprot"]} {block["initprot"]}");
                break;
            case "LC_UUID":
                Uuid = block["uuid"];
                break;
            case "LC_ID_DYLIB":
                InstallName = Text(block["name"]);
                break;
            case "LC_LOAD_DYLIB" or "LC_LOAD_WEAK_DYLIB" or "LC_REEXPORT_DYLIB" or "LC_LOAD_UPWARD_DYLIB" or "LC_LAZY_LOAD_DYLIB":
                Dylibs.Add($"{command} {Text(block["name"])} {block["current version"]} {block["compatibility version"]}");
                break;
            case "LC_RPATH":
                Rpaths.Add(Text(block["path"]));
                break;
            case "LC_SOURCE_VERSION":
                SourceVersion = block["version"];
                break;
            case "LC_BUILD_VERSION":
                BuildVersion ??= $"{block["platform"]} {block["minos"]} {block["sdk"]}";
                break;
            case "LC_VERSION_MIN_MACOSX":
                BuildVersion ??= $"macos {block["version"]} {block["sdk"]}";
                break;
            case "LC_VERSION_MIN_IPHONEOS":
                BuildVersion ??= $"ios {block["version"]} {block["sdk"]}";
                break;
            case "LC_MAIN":
                EntryPoint = "offset " + block["entryoff"];
                break;
            case "LC_UNIXTHREAD" when block.TryGetValue("counter", out var counter):
                EntryPoint = "address " + Hex(counter);
                break;
            default:
                break;
        }
    }

    // A remark may follow: LLVM finds the zero fill of object files to be "past end of file".
    private static string Hex(string text) =>
        ulong.Parse(text.Split(' ')[0].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture).ToString("x", CultureInfo.InvariantCulture);

    private static string Text(string text) => text[..text.LastIndexOf(" (offset", StringComparison.Ordinal)];
}
