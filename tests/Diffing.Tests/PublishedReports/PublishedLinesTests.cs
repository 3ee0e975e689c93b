using System.Text.RegularExpressions;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Tests.PublishedReports;

/// <summary>Every line of the published reports is of a kind listed here, and for each kind there is a record, or a reason why there is none.</summary>
public class PublishedLinesTests
{
    /// <summary>A kind of line: where it stands, how it looks, and what of ours says it.</summary>
    private static readonly (string Pages, string Line, string Says)[] Kinds =
    [
        ("README", "# .+ \\.vs .+", "Report.Title"),
        ("README", "## (Inputs|Kernel|MachO|Firmware|DSC|Files|Feature Flags)", "Section.Handler"),
        ("README", "### (Version|WebKit|iBoot)", "SectionFact.Name"),
        ("README", "### (Kexts|Dylibs|🔑 Entitlements)", "Section.Handler"),
        ("README", "### (filesystem|SystemOS|AppOS|ExclaveOS)", "ReportItem.Volume"),
        ("README", "#{3,4} (🆕 (NEW|New)|❌ Removed|⬆️ Updated)( \\([0-9]+\\))?", "ItemGroup, Section.Counts"),
        ("README", "#### (filesystem|SystemOS|AppOS|ExclaveOS) \\([0-9]+\\)", "ReportItem.Volume, Section.Counts"),
        ("README", "- `[^`]+\\.ipsw`", "FirmwareInfo.Path"),
        ("README", "- `/[^`]+`", "ReportItem.Path"),
        ("README", "- \\[.+\\]\\(.+\\.md\\)", "ReportItem.Path, ReportItem.Details"),
        ("README", "\\| iOS \\| Version( \\| Build \\| Date)? \\|", "SectionFact"),
        ("README", "\\| [:-]+ \\| [:-]+( \\| [:-]+ \\| [:-]+)? \\|", "SectionFact"),
        ("README", "\\| [0-9.]+ \\*\\([0-9A-Za-z]+\\)\\* \\| .+ \\|", "SectionFact.Old and New, FirmwareInfo.Version and Build; of a kernel's line all cells in one value"),
        ("README", "</?details>|  <summary><i>View .+</i></summary>|## EOF", "layout, no fact"),
        ("binary", "## .+", "the last part of the path"),
        ("binary", "> `.+`", "ReportItem.Path"),
        ("binary", "### Sections with Same Size but Changed Content", "SliceChange.SameSizeSections"),
        ("binary", "- `[^`]+`", "ChangedSection.Name"),
        ("binary", "```(diff|text)?", "layout, no fact"),
        ("binary", "[ +-][0-9]+(\\.[0-9]+)*", "BinarySummary.Version"),
        ("binary", "[ +-]  [^ ]+\\.[^ ]+: 0x[0-9a-f]+", "SectionSize"),
        ("binary", "[ +-]  - .+", "DylibUse.Name"),
        ("binary", "[ +-]  Functions: [0-9]+", "BinarySummary.Functions"),
        ("binary", "[ +-]  Symbols:   [0-9]+", "BinarySummary.Symbols"),
        ("binary", "[ +-]  CStrings:  [0-9]+", "BinarySummary.CStrings"),
        ("binary", " ", "the end of a summary, layout"),
        ("binary", "(Symbols|Functions|CStrings):", "SliceChange.Symbols, Functions, CStrings"),
        ("binary", "[+-] \".*\"", "TextChanges"),
        ("binary", "~ .+ : [0-9]+ -> [0-9]+", "FunctionChange"),
        ("binary", "[+-] [^\" ].*", "SymbolUse.Name, FunctionSize.Name"),
        ("plist", "## .+|### .+", "ReportItem.Volume, and the last part of ReportItem.Path"),
        ("plist", "> `.+`", "ReportItem.Path"),
        ("plist", "```(diff)?", "layout, no fact"),

        // A hunk of a property list cuts values from the keys they belong to. Ours are compared by key and value, and the same XML can be
        // printed from neither, so these lines are said by key and not repeated.
        ("plist", "[ +-]?\t*</?(key|string|dict|array|true|false|integer|real|date|data|plist)\\b.*", "said by key and value, not as lines of XML"),
        ("plist", "[ +-]<(!DOCTYPE|\\?xml) .+", "the head of any property list, no fact"),
    ];

    [Fact]
    public void Every_line_is_of_a_kind_that_a_record_can_say()
    {
        if (PublishedReports.Folder is null)
        {
            Assert.Skip("no published reports beside the checkout");
        }

        var kinds = Kinds.Select(kind => (kind.Pages, Line: new Regex($"^(?:{kind.Line})$", RegexOptions.CultureInvariant), kind.Says)).ToArray();
        var unknown = new List<string>();
        var seen = new HashSet<string>();
        foreach (var page in PublishedReports.Pages())
        {
            var of = page.EndsWith("README.md", StringComparison.Ordinal) ? "README" : page.Contains("/FEATURES/", StringComparison.Ordinal) || page.EndsWith("Entitlements.md", StringComparison.Ordinal) ? "plist" : "binary";
            foreach (var line in PublishedReports.Read(page).Split('\n').Where(line => line.Length > 0))
            {
                var kind = Array.Find(kinds, kind => kind.Pages == of && kind.Line.IsMatch(line));
                if (kind.Says is null)
                {
                    unknown.Add($"{page}: {line}");
                }
                else
                {
                    seen.Add(kind.Line.ToString());
                }
            }
        }

        Assert.Empty(unknown);
        Assert.True(seen.Count > 25, $"only {seen.Count} kinds of line were met");
    }

    [Fact]
    public void What_is_said_to_say_a_line_is_a_member_of_our_records()
    {
        var records = typeof(Report).Assembly.GetTypes()
            .Where(type => !type.IsNested && type.Namespace == typeof(Report).Namespace)
            .ToDictionary(type => type.Name, StringComparer.Ordinal);
        var members = Kinds.SelectMany(kind => Regex.Matches(kind.Says, "([A-Z][A-Za-z]+)\\.([A-Z][A-Za-z]+)")).ToArray();
        Assert.NotEmpty(members);
        Assert.All(members, member => Assert.NotNull(records[member.Groups[1].Value].GetProperty(member.Groups[2].Value)));
    }
}
