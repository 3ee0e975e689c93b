using System.Globalization;
using System.Text.RegularExpressions;

namespace IpswDiff.Diffing.Tests.Reports.Facts;

/// <summary>Reads a report's folder of Markdown back into facts, from README.md along its links.</summary>
internal sealed partial class ReadmeReader
{
    private static readonly Dictionary<string, string> Handlers = new(StringComparer.Ordinal)
    {
        ["MachO"] = "MachO",
        ["DSC"] = "SharedCache",
        ["Kernel"] = "Kernelcache",
        ["KDK"] = "Kdk",
        ["iBoot"] = "IBoot",
        ["🔑 Entitlements"] = "Entitlements",
        ["Feature Flags"] = "Features",
        ["Firmware"] = "Firmware",
        ["Launchd"] = "Launchd",
        ["Files"] = "Files",
        ["Localizations"] = "Localizations",
    };

    private static readonly string[] Groups = ["🆕 NEW added", "❌ Removed removed", "⬆️ Updated changed", "🚚 Moved moved", "🔁 Rebuilt rebuilt", "⚠️ Unreadable unreadable"];
    private static readonly string[] Tags = ["NEW", "Removed", "Updated", "Moved", "Rebuilt", "Unreadable"];

    private readonly string _folder;
    private readonly FactList _facts = new();
    private readonly HashSet<string> _pages = new(StringComparer.Ordinal) { "README.md" };
    private readonly HashSet<string> _topPages = new(StringComparer.Ordinal);

    private ReadmeReader(string folder) => _folder = folder;

    /// <summary>All facts of the folder.</summary>
    /// <exception cref="FormatException">Something is of no form known here.</exception>
    public static FactList Read(string folder)
    {
        var reader = new ReadmeReader(folder);
        reader.ReadFirstPage(new PageLines(reader.Page("README.md")));
        // Entitlements have one page together, but each of the top changes has its own.
        Assert.All(reader._topPages.Except(reader._pages), page => Assert.StartsWith("ENTITLEMENTS/", page, StringComparison.Ordinal));
        Assert.Equal(reader._pages.Union(reader._topPages).Order(StringComparer.Ordinal), Directory.EnumerateFiles(folder, "*.md", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal));
        return reader._facts;
    }

    private string Page(string name) => File.ReadAllText(Path.Combine(_folder, name));

    private void ReadFirstPage(PageLines lines)
    {
        lines.TryTakePrefix("# ", out var title);
        _facts.Add("title", new InlineText(title).Text());
        lines.Expect(string.Empty);
        lines.Expect("## Inputs");
        lines.Expect(string.Empty);
        foreach (var side in (string[])["old", "new"])
        {
            lines.TryTakePrefix("- ", out var input);
            _facts.Add("input", side, new InlineText(input).Code());
        }

        lines.Expect(string.Empty);
        ReadSummary(lines);
        while (!lines.TryTake("## EOF"))
        {
            if (!lines.TryTakePrefix("## ", out var heading))
            {
                throw new FormatException("no section: " + lines.Peek);
            }

            if (heading == "Run")
            {
                ReadRun(lines);
            }
            else
            {
                ReadSection(lines, Handlers[heading]);
            }
        }

        Assert.True(lines.IsAtEnd);
    }

    private void ReadSummary(PageLines lines)
    {
        lines.Expect("## Summary");
        lines.Expect(string.Empty);
        if (lines.Peek == "| | Old | New |")
        {
            foreach (var row in lines.Table(out _))
            {
                _facts.Add("pair", row[0], new InlineText(row[1]).Text(), new InlineText(row[2]).Text());
            }

            lines.Expect(string.Empty);
        }

        foreach (var row in lines.Table(out var head))
        {
            Assert.Equal(["Section", "New", "Removed", "Updated", "Moved", "Rebuilt", "Unreadable", "State"], head);
            var section = new InlineText(row[0]);
            var state = row[7].Split(": ", 2);
            if (section.Peek == '[')
            {
                var (name, anchor) = section.Link();
                Assert.Equal(name, Handlers.Single(handler => $"#{string.Concat(handler.Key.Where(c => c < 0x80)).ToLowerInvariant().Replace(' ', '-')}" == anchor).Value);
                section = new InlineText(name);
                _facts.Add("linked", name);
            }

            _facts.Add("section", section.Text(), string.Join(' ', row[1..7]), state[0].Trim('*'), state.Length > 1 ? new InlineText(state[1]).Text() : null);
        }

        lines.SkipEmpty();
        if (!lines.TryTake("### Top changes"))
        {
            return;
        }

        lines.Expect(string.Empty);
        var place = 0;
        foreach (var row in lines.Table(out _))
        {
            var item = new InlineText(row[4]);
            var volume = item.Peek is '[' or '`' ? null : item.Text(row[4].EndsWith('`') ? ": `" : ": [");
            _ = volume is null ? item : item.Take(": ");
            if (item.Peek == '[')
            {
                var (linked, page) = item.Link();
                _topPages.Add(page);
                _facts.Add("top", $"{place++}", row[0], row[1], new InlineText(row[2]).Text(), row[3], volume, linked);
                continue;
            }

            var path = new InlineText(item.Rest().Replace("\\|", "|", StringComparison.Ordinal)).Code();
            _facts.Add("top", $"{place++}", row[0], row[1], new InlineText(row[2]).Text(), row[3], volume, path);
        }

        lines.SkipEmpty();
    }

    private void ReadRun(PageLines lines)
    {
        lines.Expect(string.Empty);
        lines.TryTakePrefix("- ", out var run);
        _facts.Add("run", new InlineText(run).Text());
        while (lines.TryTakePrefix("- ", out var skipped))
        {
            var (count, proof) = (skipped[..skipped.IndexOf(' ', StringComparison.Ordinal)], skipped[(skipped.IndexOf(" by ", StringComparison.Ordinal) + 4)..]);
            _facts.Add("skipped", count, new InlineText(proof).Text());
        }

        lines.SkipEmpty();
        if (lines.Peek.StartsWith('|'))
        {
            foreach (var row in lines.Table(out _))
            {
                _facts.Add("activity", new InlineText(row[0]).Text(), string.Join(' ', row[1..]));
            }
        }

        lines.SkipEmpty();
    }

    private void ReadSection(PageLines lines, string handler)
    {
        string? volume = null;
        lines.Expect(string.Empty);
        for (; !lines.Peek.StartsWith("## ", StringComparison.Ordinal); lines.SkipEmpty())
        {
            if (lines.TryTakePrefix("> **", out var reason))
            {
                _facts.Add("reason", handler, new InlineText(reason[(reason.IndexOf(":** ", StringComparison.Ordinal) + 4)..]).Text());
            }
            else if (lines.TryTakePrefix("> ", out var note))
            {
                _facts.Add("note", handler, new InlineText(note).Text());
            }
            else if (lines.Peek.StartsWith('|'))
            {
                ReadContainers(lines, handler);
            }
            else if (ListHeading().Match(lines.Peek) is { Success: true } list)
            {
                lines.Next();
                lines.Expect(string.Empty);
                ReadList(lines, handler, volume, list);
            }
            else if (lines.TryTakePrefix("### ", out var heading))
            {
                lines.Expect(string.Empty);
                var name = new InlineText(heading).Text();
                if (lines.Peek.StartsWith("| Firmware |", StringComparison.Ordinal))
                {
                    ReadFact(lines, handler, name);
                }
                else
                {
                    volume = (handler, name) is ("SharedCache", "Dylibs") or ("Kernelcache", "Kexts") ? null : name;
                }
            }
            else
            {
                ReadEntitlementLinks(lines);
            }
        }
    }

    private void ReadContainers(PageLines lines, string handler)
    {
        foreach (var row in lines.Table(out _))
        {
            _facts.Add("container", handler, new InlineText(row[0].Replace("\\|", "|", StringComparison.Ordinal)).Code(), row[1], row[2], row[3]);
        }
    }

    private void ReadFact(PageLines lines, string handler, string name)
    {
        var rows = lines.Table(out var head);
        Assert.Equal(2, rows.Count);
        for (var i = 0; i < 2; i++)
        {
            for (var column = 1; column < head.Length; column++)
            {
                _facts.Add("fact", handler, name, head[column], i == 0 ? "old" : "new", Side(new InlineText(rows[i][0])), new InlineText(rows[i][column]).Text());
            }
        }
    }

    private static string Side(InlineText cell)
    {
        var version = cell.Text(" *(");
        return cell.IsAtEnd ? version : $"{version} ({cell.Take(" *(").Text(")*")})";
    }

    private void ReadList(PageLines lines, string handler, string? volume, Match heading)
    {
        var of = Array.Find(Groups, group => group.StartsWith(heading.Groups["title"].Value + " ", StringComparison.Ordinal))!;
        var (group, tag) = (of[(of.LastIndexOf(' ') + 1)..], Tags[Array.IndexOf(Groups, of)]);
        var count = int.Parse(heading.Groups["count"].Value, CultureInfo.InvariantCulture);
        var root = string.Empty;
        if (count >= 1000)
        {
            lines.TryTakePrefix("- ", out var view);
            var page = new InlineText(view).Link().Target;
            Assert.True(_pages.Add(page));
            lines = new PageLines(Page(page));
            Assert.EndsWith($" — {tag} ({count})", lines.Next(), StringComparison.Ordinal);
            lines.Expect(string.Empty);
            root = page;
        }
        else if (count >= 30)
        {
            lines.Expect("<details>");
            lines.Expect($"  <summary><i>View {tag}</i></summary>");
            lines.Expect(string.Empty);
        }

        for (var i = 0; i < count; i++)
        {
            if (!lines.TryTakePrefix("- ", out var bullet))
            {
                throw new FormatException($"item {i} of {count} is missing: {lines.Peek}");
            }

            ReadBullet(new InlineText(bullet), lines, root, handler, volume, group);
        }

        if (count is >= 30 and < 1000)
        {
            lines.Expect(string.Empty);
            lines.Expect("</details>");
        }
        else if (count >= 1000)
        {
            Assert.True(lines.IsAtEnd);
        }
    }

    private void ReadBullet(InlineText bullet, PageLines lines, string root, string handler, string? volume, string group)
    {
        string? fromVolume = null, from = null, page = null;
        if (group == "moved")
        {
            fromVolume = bullet.Peek == '`' ? null : bullet.Text(": `");
            from = (fromVolume is null ? bullet : bullet.Take(": ")).Code();
            bullet.Take(" → ");
        }

        string path;
        if (bullet.Peek == '[')
        {
            (path, page) = bullet.Link();
            page = Path.GetRelativePath("/", Path.GetFullPath(Path.Combine("/", Path.GetDirectoryName(root) ?? string.Empty, page)));
        }
        else
        {
            path = bullet.Code();
        }

        var facts = _facts.Of(handler, group, volume, path);
        facts.Add("item", fromVolume, from, Tail(bullet, group));
        if (page is not null)
        {
            Assert.True(_pages.Add(page), page);
            ItemPageReader.Read(Page(page), handler, facts);
            if (lines.Peek.Length == 0 && lines.PeekAt(1).StartsWith("  ```", StringComparison.Ordinal))
            {
                // What stands below the item is what its page says.
                lines.Next();
                var end = lines.PeekAt(0)[..^"diff".Length];
                var block = new List<string> { lines.Next()[2..] };
                while (lines.Peek != end)
                {
                    block.Add(lines.Next()[2..]);
                }

                block.Add(lines.Next()[2..]);
                Assert.Contains($"\n{string.Join('\n', block)}\n", Page(page), StringComparison.Ordinal);
                lines.Expect(string.Empty);
                _facts.Add("inline", handler, volume, path);
            }
        }
    }

    private static string Tail(InlineText bullet, string group)
    {
        if (group == "moved")
        {
            var same = bullet.Take(" *(").Text(")*");
            bullet.Take(")*");
            Assert.True(bullet.IsAtEnd);
            return same;
        }

        if (bullet.IsAtEnd)
        {
            return string.Empty;
        }

        bullet.Take(" — ");
        if (group == "unreadable")
        {
            return bullet.Text();
        }

        var aspects = string.Empty;
        while (!bullet.IsAtEnd)
        {
            aspects += bullet.Peek == '`' ? $"<{bullet.Code()}>" : bullet.Text("`");
        }

        return aspects;
    }

    private static string GroupOf(string heading, out string name)
    {
        var group = heading.StartsWith("🆕 ", StringComparison.Ordinal) ? "added" : heading.StartsWith("❌ ", StringComparison.Ordinal) ? "removed" : "changed";
        name = group == "changed" ? heading : heading[(heading.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        return group;
    }

    [GeneratedRegex("^(?<kind>Gained by|Lost by|Value changed in) \\([0-9]+\\):$")]
    private static partial Regex KeyHolders();

    [GeneratedRegex("^#{3,4} (?<title>🆕 NEW|❌ Removed|⬆️ Updated|🚚 Moved|🔁 Rebuilt|⚠️ Unreadable) \\((?<count>[0-9]+)\\)$")]
    private static partial Regex ListHeading();
}
