using System.Text.RegularExpressions;

namespace IpswDiff.Diffing.Tests.Reports.Facts;

/// <summary>Reads the block of one slice back into facts: the summary's hunks, symbols, functions, Objective-C, strings.</summary>
internal static partial class SliceBlockReader
{
    public static void Read(IReadOnlyList<string> lines, FactList.Scope facts)
    {
        var summary = new LineTally();
        var (part, entity) = (string.Empty, string.Empty);
        foreach (var line in lines)
        {
            if (line is "Symbols:" or "Functions:" or "ObjC:" or "CStrings:")
            {
                part = line[..^1];
            }
            else if (part.Length == 0)
            {
                // An empty line ends a side's summary; it is layout.
                if (line.Length > 1)
                {
                    summary.Add(line[0], Entry(line[1..]));
                }
            }
            else if (part == "ObjC")
            {
                entity = ReadObjectiveC(line, entity, facts);
            }
            else if (line[0] == '~')
            {
                ReadChange(part, line[2..], facts);
            }
            else
            {
                Assert.Matches("^[+-] ", line);
                facts.Add(part, line[..1], part == "CStrings" ? Escapes.Unquote(line[2..]) : Escapes.Decode(line[2..]));
            }
        }

        summary.AddTo(facts, "summary");
    }

    private static string Entry(string line)
    {
        if (!line.StartsWith("  ", StringComparison.Ordinal))
        {
            return $"version {Escapes.Decode(line)}";
        }

        if (line.StartsWith("  - ", StringComparison.Ordinal))
        {
            var (dylib, kind) = Escapes.TakeName(line[4..], " (");
            return $"dylib {dylib}{kind}";
        }

        var (section, size) = Escapes.TakeName(line[2..], ": 0x");
        if (size.StartsWith(": 0x", StringComparison.Ordinal))
        {
            return $"section {section} {size[4..]}";
        }

        var count = Counted().Match(line);
        return count.Success ? $"{count.Groups["what"].Value} {Escapes.Decode(count.Groups["value"].Value)}" : throw new FormatException("unknown line: " + line);
    }

    private static void ReadChange(string part, string line, FactList.Scope facts)
    {
        var (name, rest) = Escapes.TakeName(line, " : ", " -> ");
        string? oldName = null;
        if (rest.StartsWith(" -> ", StringComparison.Ordinal))
        {
            oldName = name;
            (name, rest) = Escapes.TakeName(rest[4..], " : ");
        }

        var match = Change().Match(rest);
        facts.Add(part, "~", oldName, name, match.Groups["old"].Value, match.Groups["new"].Value, match.Groups["same"].Value);
    }

    private static string ReadObjectiveC(string line, string entity, FactList.Scope facts)
    {
        if (line.StartsWith("  not compared: ", StringComparison.Ordinal))
        {
            facts.Add("ObjC", "unreadable", Escapes.Decode(line["  not compared: ".Length..]));
            return entity;
        }

        if (line.Length > 4 && line[1..4] == "   ")
        {
            var (sign, member) = (line[..1], line[4..]);
            var kind = Array.Find(["<", "@property ", "ivar ", ": "], member.StartsWith) ?? string.Empty;
            member = member[kind.Length..];
            if (sign == "~")
            {
                // The mark behind a protocol's name stands between it and its details.
                var (name, rest) = Escapes.TakeName(member, kind == "<" ? "> : " : " : ");
                var (old, after) = Escapes.TakeName(rest[(rest.IndexOf(" : ", StringComparison.Ordinal) + 3)..], " -> ");
                facts.Add("ObjC", entity, "~", kind, name, old, Escapes.TakeName(after[4..]).Name);
            }
            else
            {
                facts.Add("ObjC", entity, sign, kind, Escapes.Decode(kind == "<" ? member[..^1] : member));
            }

            return entity;
        }

        var declared = Declared().Match(line);
        Assert.True(declared.Success, line);
        var (called, tail) = Escapes.TakeName(declared.Groups["rest"].Value, " : ", " (");
        var what = declared.Groups["what"].Value;
        if (what == "interface" && tail.StartsWith(" (", StringComparison.Ordinal))
        {
            (what, called, tail) = ("category", $"{called}({Escapes.Decode(tail[2..^1])})", string.Empty);
        }

        what = what == "interface" ? "class" : what;
        if (declared.Groups["sign"].Value == " ")
        {
            facts.Add("ObjC", $"{what} {called}");
            return $"{what} {called}";
        }

        string? super = null;
        if (tail.StartsWith(" : ", StringComparison.Ordinal))
        {
            super = Escapes.TakeName(tail[3..]).Name;
        }

        facts.Add("ObjC", declared.Groups["sign"].Value, what, called, super, declared.Groups["methods"].Value);
        return entity;
    }

    [GeneratedRegex("^  (?<what>Functions|Symbols|CStrings|Platform|MinOS|SDK): +(?<value>.*)$")]
    private static partial Regex Counted();

    [GeneratedRegex("^ : (?<old>.+) -> (?<new>[^ ]+)(?: \\((?<same>[0-9]+)% same\\))?$")]
    private static partial Regex Change();

    // How many methods something on one side alone has stands at the end.
    [GeneratedRegex("^(?:(?<sign>[+-]) @(?<what>interface|protocol|category) (?<rest>.*) \\((?<methods>[0-9]+) methods?\\)|(?<sign> ) @(?<what>interface|protocol|category) (?<rest>.*))$")]
    private static partial Regex Declared();
}
