using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace IpswDiff.Diffing.Tests.Reports.Facts;

/// <summary>Reads the page of one item back into facts.</summary>
internal static partial class ItemPageReader
{
    public static void Read(string page, string handler, FactList.Scope facts)
    {
        var lines = new PageLines(page);
        lines.TryTakePrefix("## ", out var name);
        lines.Expect(string.Empty);
        lines.TryTakePrefix("> ", out var path);
        var full = new InlineText(path).Code();
        facts.Add("page", new InlineText(name).Text(), full);
        var arch = string.Empty;
        while (!lines.IsAtEnd)
        {
            lines.SkipEmpty();
            if (lines.TryTake("### Sections with Same Size but Changed Content"))
            {
                ReadSections(lines, facts.Of("slice", arch), "same size");
            }
            else if (lines.TryTake("### Code with Same Size but Changed Content"))
            {
                ReadSections(lines, facts.Of("slice", arch), "same size code");
            }
            else if (lines.TryTakePrefix("### Strings (", out _))
            {
                lines.Expect(string.Empty);
                ReadStrings(lines.Fence().Lines, facts);
            }
            else if (lines.TryTakePrefix("### ", out var heading))
            {
                arch = new InlineText(heading.Split(" — ")[0]).Text();
                facts.Add("slice", arch, "side", heading.Split(" — ") is [_, var side] ? side : "both");
            }
            else if (lines.TryTake("<details>"))
            {
                ReadFold(lines, facts.Of("slice", arch));
            }
            else
            {
                ReadFence(lines.Fence(), handler, facts, facts.Of("slice", arch));
            }
        }
    }

    public static void ReadValues(IEnumerable<string> lines, FactList.Scope facts)
    {
        IReadOnlyList<string>? array = null;
        foreach (var line in lines)
        {
            if (line[0] == ' ')
            {
                array = Key(line is [' ', .. var key, ' ', '='] ? key : throw new FormatException("no array: " + line));
            }
            else if (array is not null && line.AsSpan(1).StartsWith("    ") && TryParse(line[5..], out var element))
            {
                facts.Add("element", string.Join('\n', array), line[..1], element);
            }
            else
            {
                // Of all places where a key could end, one alone has JSON after it.
                var splits = Enumerable.Range(1, line.Length - 1).Where(at => string.CompareOrdinal(line, at, " = ", 0, 3) == 0)
                    .Select(at => (At: at, Value: TryParse(line[(at + 3)..], out var json) ? json : null)).Where(split => split.Value is not null);
                var (end, value) = Assert.Single(splits);
                facts.Add("value", string.Join('\n', Key(line[1..end])), line[..1], value);
            }
        }
    }

    private static void ReadFence((string Language, IReadOnlyList<string> Lines) fence, string handler, FactList.Scope facts, FactList.Scope slice)
    {
        if (handler == "Kdk")
        {
            ReadDefinition(fence, facts);
        }
        else if (fence.Lines[0] is [' ' or '+' or '-', ..])
        {
            ReadValues(fence.Lines, facts);
        }
        else
        {
            SliceBlockReader.Read(fence.Lines, slice);
        }
    }

    private static void ReadDefinition((string Language, IReadOnlyList<string> Lines) fence, FactList.Scope facts)
    {
        if (fence.Language == "c")
        {
            facts.Add("definition", string.Join('\n', fence.Lines.Select(Escapes.Decode)));
            return;
        }

        var tally = new LineTally();
        foreach (var line in fence.Lines.Where(line => line is not ("" or ['@', '@', ..])))
        {
            tally.AddMember(line[0], Escapes.Decode(line[1..]));
        }

        tally.AddTo(facts, "definition line");
    }

    private static void ReadFold(PageLines lines, FactList.Scope facts)
    {
        var summary = Summary().Match(lines.Next());
        lines.Expect(string.Empty);
        var block = lines.Fence().Lines;
        lines.Expect(string.Empty);
        lines.Expect("</details>");
        if (summary.Groups["residue"] is { Success: true } residue)
        {
            facts.Add("residue", residue.Value);
            SliceBlockReader.Read(block, facts);
            return;
        }

        Assert.Equal(2 * int.Parse(summary.Groups["names"].Value, CultureInfo.InvariantCulture), block.Count);
        for (var i = 0; i < block.Count; i += 2)
        {
            Assert.StartsWith("    ", block[i + 1], StringComparison.Ordinal);
            facts.Add("demangled", Escapes.Decode(block[i + 1][4..]), Escapes.Decode(block[i]));
        }
    }

    private static void ReadSections(PageLines lines, FactList.Scope facts, string what)
    {
        lines.Expect(string.Empty);
        while (lines.TryTakePrefix("- ", out var section))
        {
            facts.Add(what, new InlineText(section).Code());
        }
    }

    private static void ReadStrings(IEnumerable<string> lines, FactList.Scope facts)
    {
        foreach (var line in lines)
        {
            var match = Located().Match(line);
            facts.Add("string", match.Groups["sign"].Value, match.Groups["offset"].Value, Escapes.Decode(match.Groups["text"].Value));
        }
    }

    private static List<string> Key(string text)
    {
        if (text == "(the whole value)")
        {
            return [];
        }

        var parts = new List<string> { string.Empty };
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '/')
            {
                parts.Add(string.Empty);
            }
            else
            {
                parts[^1] += text[i] == '\\' && i + 1 < text.Length ? text[i + 1] == '/' ? Take("/") : Take(text.Substring(i, 2)) : text[i].ToString();
            }

            string Take(string taken)
            {
                i++;
                return taken;
            }
        }

        return [.. parts.Select(Escapes.Decode)];
    }

    private static bool TryParse(string text, out string json)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            json = JsonSerializer.Serialize(document.RootElement);
            return true;
        }
        catch (JsonException)
        {
            json = string.Empty;
            return false;
        }
    }

    [GeneratedRegex("^  <summary><i>(?:Compiler residue: (?<residue>.+)|Names: (?<names>[0-9]+) demangled)</i></summary>$")]
    private static partial Regex Summary();

    [GeneratedRegex("^(?<sign>[+-]) 0x(?<offset>[0-9a-f]+): (?<text>.*)$")]
    private static partial Regex Located();
}
