using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Tests.PublishedReports;

/// <summary>
/// The page of one updated binary as published, read into our records. A hunk shows three lines around a change and hides the rest;
/// one made-up section or library stands for each run of hidden lines, so that what was apart stays apart.
/// </summary>
internal static partial class PublishedPage
{
    private const int Context = 3;

    /// <summary>The heading, and the path below it.</summary>
    public static (string Name, string Path) Head(string page)
    {
        var lines = page.Split('\n');
        return lines is [['#', '#', ' ', .. var name], "", ['>', ' ', '`', .. var path, '`'], ..] ? (name, path) : throw new FormatException("no head: " + lines[0]);
    }

    /// <summary>Everything below the head.</summary>
    public static string Body(string page) => page[(page.IndexOf("`\n", StringComparison.Ordinal) + 3)..];

    /// <summary>Everything that a page says.</summary>
    /// <exception cref="FormatException">A line is of no kind known here.</exception>
    public static SliceChange Parse(string page)
    {
        var lines = new Queue<string>(Body(page).TrimEnd('\n').Split('\n'));
        var sections = new List<ChangedSection>();
        if (lines.Peek() == "### Sections with Same Size but Changed Content")
        {
            lines.Dequeue();
            Expect(lines, string.Empty);
            while (lines.TryPeek(out var line) && line is ['-', ' ', '`', .. var name, '`'])
            {
                sections.Add(new ChangedSection(name, IsCode: false));
                lines.Dequeue();
            }

            if (lines.Count > 0)
            {
                Expect(lines, string.Empty);
            }
        }

        // A page without a summary says that both sides have the same.
        var same = new Sides();
        var change = new SliceChange { Arch = "arm64e", SameSizeSections = sections, Old = same.Old, New = same.New };
        if (lines.Count == 0)
        {
            return change;
        }

        if (lines.Dequeue() is not ("```diff" or "```text"))
        {
            throw new FormatException("no fence");
        }

        var sides = Sides.Read(lines);
        change = change with { Old = sides.Old, New = sides.New };
        while (lines.Peek() != "```")
        {
            change = lines.Dequeue() switch
            {
                "Symbols:" => change with { Symbols = Symbols(lines) },
                "Functions:" => change with { Functions = Functions(lines) },
                "CStrings:" => change with { CStrings = new TextChanges(Marked(lines, "+ ", Unquoted), Marked(lines, "- ", Unquoted)) },
                var other => throw new FormatException("unknown block: " + other),
            };
        }

        lines.Dequeue();
        return lines.Count == 0 ? change : throw new FormatException("text after the fence: " + lines.Peek());
    }

    private static SymbolChanges Symbols(Queue<string> lines) => new(Marked(lines, "+ ", Symbol), Marked(lines, "- ", Symbol), []);

    // A published line does not say of what kind a symbol is.
    private static SymbolUse Symbol(string name) => new(name, "export");

    private static FunctionChanges Functions(Queue<string> lines)
    {
        var changed = Marked(lines, "~ ", Function);
        return new FunctionChanges(Marked(lines, "+ ", name => new FunctionSize(name, 0)), Marked(lines, "- ", name => new FunctionSize(name, 0)), changed);
    }

    private static FunctionChange Function(string line)
    {
        var match = ChangedFunction().Match(line);
        return match.Success
            ? new FunctionChange(
                match.Groups["name"].Value,
                match.Groups["old"] is { Success: true } old ? old.Value : null,
                long.Parse(match.Groups["before"].Value, CultureInfo.InvariantCulture),
                long.Parse(match.Groups["after"].Value, CultureInfo.InvariantCulture),
                Similarity: 0)
            : throw new FormatException("no function: " + line);
    }

    private static List<T> Marked<T>(Queue<string> lines, string mark, Func<string, T> read)
    {
        var found = new List<T>();
        while (lines.TryPeek(out var line) && line.StartsWith(mark, StringComparison.Ordinal))
        {
            found.Add(read(lines.Dequeue()[mark.Length..]));
        }

        return found;
    }

    private static string Unquoted(string line)
    {
        if (line is not ['"', .. var inner, '"'])
        {
            throw new FormatException("no quoted string: " + line);
        }

        var text = new StringBuilder(inner.Length);
        for (var i = 0; i < inner.Length; i++)
        {
            if (inner[i] != '\\')
            {
                text.Append(inner[i]);
                continue;
            }

            i++;
            text.Append(inner[i] switch
            {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '\\' or '"' => inner[i],
                'u' => (char)ushort.Parse(inner.AsSpan(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                _ => throw new FormatException("unknown escape: " + line),
            });
            i += inner[i] == 'u' ? 4 : 0;
        }

        return text.ToString();
    }

    private static void Expect(Queue<string> lines, string wanted)
    {
        var line = lines.Dequeue();
        if (line != wanted)
        {
            throw new FormatException($"'{line}' stands where '{wanted}' should");
        }
    }

    [GeneratedRegex("^(?:(?<old>.+) -> )?(?<name>.+) : (?<before>[0-9]+) -> (?<after>[0-9]+)$")]
    private static partial Regex ChangedFunction();

    [GeneratedRegex("^  (?<name>[^ ]+): 0x(?<size>[0-9a-f]+)$")]
    private static partial Regex SectionLine();

    /// <summary>Both sides of the summary, gathered from its hunks.</summary>
    private sealed class Sides
    {
        private readonly Side _old = new();
        private readonly Side _new = new();
        private int _hidden;

        public BinarySummary Old => _old.Summary();

        public BinarySummary New => _new.Summary();

        public static Sides Read(Queue<string> lines)
        {
            var sides = new Sides();
            while (lines.Peek().Length == 0)
            {
                lines.Dequeue();
                sides.ReadHunk(lines);
            }

            return sides;
        }

        private void ReadHunk(Queue<string> lines)
        {
            var hunk = new List<string>();
            while (lines.Peek() is { Length: > 0 } line && line[0] is ' ' or '+' or '-')
            {
                hunk.Add(lines.Dequeue());
            }

            var leading = hunk.TakeWhile(line => line[0] == ' ').Count();
            if (leading == Context && !Side.IsVersion(hunk[0][1..]))
            {
                _hidden++;
                _old.AddHidden(_hidden);
                _new.AddHidden(_hidden);
            }

            foreach (var line in hunk)
            {
                if (line[0] != '+')
                {
                    _old.Add(line[1..]);
                }

                if (line[0] != '-')
                {
                    _new.Add(line[1..]);
                }
            }
        }
    }

    private sealed class Side
    {
        private readonly List<SectionSize> _sections = [];
        private readonly List<DylibUse> _dylibs = [];
        private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
        private string? _version;

        public BinarySummary Summary() => new()
        {
            Version = _version,
            Sections = _sections,
            Dylibs = _dylibs,
            Functions = _counts.GetValueOrDefault("Functions"),
            Symbols = _counts.GetValueOrDefault("Symbols"),
            CStrings = _counts.GetValueOrDefault("CStrings"),
        };

        public static bool IsVersion(string line) => line.Length > 0 && line.All(c => char.IsAsciiDigit(c) || c == '.');

        public void AddHidden(int number)
        {
            if (_dylibs.Count > 0)
            {
                _dylibs.Add(new DylibUse($"hidden {number}", "load"));
            }
            else
            {
                _sections.Add(new SectionSize($"__HIDDEN.__lines{number}", 0));
            }
        }

        public void Add(string line)
        {
            if (IsVersion(line))
            {
                _version = line;
            }
            else if (SectionLine().Match(line) is { Success: true } section)
            {
                _sections.Add(new SectionSize(section.Groups["name"].Value, ulong.Parse(section.Groups["size"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
            }
            else if (line.StartsWith("  - ", StringComparison.Ordinal))
            {
                _dylibs.Add(new DylibUse(line[4..], "load"));
            }
            else if (line.Length > 0)
            {
                var parts = line.Split(':');
                if (parts is not [['\u0020', '\u0020', .. var name], var value] || name is not ("Functions" or "Symbols" or "CStrings"))
                {
                    throw new FormatException("unknown line: " + line);
                }

                _counts.Add(name, long.Parse(value.Trim(), CultureInfo.InvariantCulture));
            }
        }
    }
}
