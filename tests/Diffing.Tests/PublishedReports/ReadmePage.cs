using System.Globalization;
using System.Text.RegularExpressions;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Tests.PublishedReports;

/// <summary>One version that a README names of one side.</summary>
/// <param name="Handler">Whose section it is in ours.</param>
/// <param name="Name">Of what: Version, Build, Date, WebKit.</param>
/// <param name="Firmware">Version and build of the side.</param>
/// <param name="Value">The version.</param>
internal sealed record ReadmeFact(string Handler, string Name, string Firmware, string Value);

/// <summary>A list of a README: where it stands, how long it says it is, and what it shows of it.</summary>
internal sealed record ReadmeList(string Handler, string? Volume, ItemGroup Group, long Count, IReadOnlyList<string> Paths);

/// <summary>
/// The first page of a report, published or ours, read back into facts. What ours has beside that (summary, top changes, the run) is
/// passed over; a line that is neither is a fault.
/// </summary>
internal sealed partial class ReadmePage
{
    private static readonly Dictionary<string, string?> Handlers = new(StringComparer.Ordinal)
    {
        ["Kernel"] = "Kernelcache",
        ["MachO"] = "MachO",
        ["Firmware"] = "Firmware",
        ["iBoot"] = "IBoot",
        ["DSC"] = "SharedCache",
        ["Files"] = "Files",
        ["Feature Flags"] = "Features",
        ["🔑 Entitlements"] = "Entitlements",
        ["Inputs"] = null,
        ["Summary"] = null,
        ["Run"] = null,
        ["EOF"] = null,
    };

    private readonly List<ReadmeFact> _facts = [];
    private readonly List<ReadmeList> _lists = [];
    private readonly List<string> _inputs = [];
    private string[] _columns = [];
    private string? _fact;
    private string? _section;
    private string? _handler;
    private string? _volume;
    private ItemGroup? _group;
    private long? _count;
    private List<string> _paths = [];

    public string Title { get; private set; } = string.Empty;

    public IReadOnlyList<string> Inputs => _inputs;

    public IReadOnlyList<ReadmeFact> Facts => _facts;

    public IReadOnlyList<ReadmeList> Lists => _lists;

    /// <summary>Whether it links to the page of entitlements.</summary>
    public bool HasEntitlements { get; private set; }

    /// <summary>Reads a page.</summary>
    /// <exception cref="FormatException">A line is of no kind known here.</exception>
    public static ReadmePage Parse(string text)
    {
        var page = new ReadmePage();
        foreach (var line in text.Split('\n').Where(line => line.Length > 0))
        {
            page.Read(line);
        }

        page.EndList();
        return page;
    }

    private void Read(string line)
    {
        if (line.StartsWith("# ", StringComparison.Ordinal))
        {
            Title = Plain(line[2..]);
        }
        else if (Heading().Match(line) is { Success: true } heading)
        {
            EndList();
            ReadHeading(heading.Groups["level"].Length, Plain(heading.Groups["text"].Value), heading.Groups["count"] is { Success: true } count ? long.Parse(count.Value, CultureInfo.InvariantCulture) : null);
        }
        else if (_section is "Summary" or "Run" || line is "</details>" or "<details>" || line.StartsWith("  <summary>", StringComparison.Ordinal))
        {
            return;
        }
        else if (line[0] == '|')
        {
            ReadRow([.. line.Trim('|').Split(" | ").Select(cell => Plain(cell.Trim(' ', '|')))]);
        }
        else if (line.StartsWith("- ", StringComparison.Ordinal))
        {
            ReadBullet(line[2..]);
        }
        else
        {
            throw new FormatException("unknown line: " + line);
        }
    }

    private void ReadHeading(int level, string text, long? count)
    {
        _columns = [];
        if (level == 2)
        {
            (_section, _volume, _group, _fact) = (text, null, null, null);
            _handler = Handlers.TryGetValue(text, out var handler) ? handler : throw new FormatException("unknown section: " + text);
        }
        else if (GroupOf(text) is { } group)
        {
            (_group, _count) = (group, count);
        }
        else if (text is "Version" or "WebKit" or "iBoot" || text.StartsWith("Version (", StringComparison.Ordinal))
        {
            _fact = text;
        }
        else if (text == "🔑 Entitlements")
        {
            _handler = "Entitlements";
        }
        else
        {
            // Published lists of files have the volume below the group, with a count; all others have it above.
            _volume = text is "Kexts" or "Dylibs" ? null : text;
            (_group, _count) = count is null ? (null, null) : (_group, count);
        }
    }

    private void ReadRow(string[] cells)
    {
        if (_columns.Length == 0)
        {
            _columns = cells;
        }
        else if (cells[0].Trim(':', '-').Length > 0 && _fact is not null)
        {
            var handler = _fact == "iBoot" ? "IBoot" : _handler!;
            _facts.AddRange(cells.Zip(_columns).Skip(1).Select(pair => new ReadmeFact(handler, _fact == "WebKit" ? "WebKit" : pair.Second, cells[0].Replace("*", string.Empty, StringComparison.Ordinal), pair.First)));
        }
    }

    private void ReadBullet(string text)
    {
        var name = Link().Match(text) is { Success: true } link ? Plain(link.Groups["name"].Value) : text.Trim('`');
        if (_section == "Inputs")
        {
            _inputs.Add(name);
        }
        else if (_handler == "Entitlements")
        {
            HasEntitlements |= name == "Entitlements DIFF";
        }
        else if (!Elsewhere().IsMatch(name))
        {
            _paths.Add(name);
        }
    }

    private void EndList()
    {
        if (_handler is not null && _group is { } group && (_paths.Count > 0 || _count is not null))
        {
            _lists.Add(new ReadmeList(_handler, _volume, group, _count ?? _paths.Count, _paths));
        }

        (_paths, _count) = ([], null);
    }

    private static ItemGroup? GroupOf(string text) => text switch
    {
        "🆕 NEW" or "🆕 New" => ItemGroup.Added,
        "❌ Removed" => ItemGroup.Removed,
        "⬆️ Updated" => ItemGroup.Changed,
        _ => null,
    };

    private static string Plain(string markdown) => Escape().Replace(markdown, "$1");

    [GeneratedRegex("^(?<level>#{2,4}) (?<text>.*?)(?: \\((?<count>[0-9]+)\\))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Heading();

    [GeneratedRegex("^\\[(?<name>.*)\\]\\(.*\\)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex("^View [0-9]+ .*(files|items)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Elsewhere();

    [GeneratedRegex(@"\\([!-/:-@\[-`{-~])")]
    private static partial Regex Escape();
}
