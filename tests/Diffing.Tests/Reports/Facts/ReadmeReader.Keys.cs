namespace IpswDiff.Diffing.Tests.Reports.Facts;

/// <content>The pages of entitlements, by binary and by key.</content>
internal sealed partial class ReadmeReader
{
    private void ReadEntitlementLinks(PageLines lines)
    {
        foreach (var read in (Action<PageLines>[])[ReadEntitlements, ReadKeys])
        {
            lines.TryTakePrefix("- ", out var line);
            var page = new InlineText(line).Link().Target;
            Assert.True(_pages.Add(page));
            read(new PageLines(Page(page)));
        }
    }

    private void ReadEntitlements(PageLines lines)
    {
        string? volume = null;
        lines.Expect("## 🔑 Entitlements");
        for (lines.SkipEmpty(); !lines.IsAtEnd; lines.SkipEmpty())
        {
            lines.TryTakePrefix("### ", out var heading);
            lines.Expect(string.Empty);
            if (!lines.TryTakePrefix("> ", out var path))
            {
                volume = new InlineText(heading).Text();
                continue;
            }

            var group = GroupOf(heading, out var name);
            var facts = _facts.Of("Entitlements", group, volume, new InlineText(path).Code());
            facts.Add("entitlements", new InlineText(name).Text());
            if (lines.TryTake(string.Empty) && lines.Peek.StartsWith("```", StringComparison.Ordinal))
            {
                ItemPageReader.ReadValues(lines.Fence().Lines, facts);
            }
        }
    }

    private void ReadKeys(PageLines lines)
    {
        var (key, kind) = (string.Empty, string.Empty);
        _facts.Add("keys", lines.Next());
        for (lines.SkipEmpty(); !lines.IsAtEnd; lines.SkipEmpty())
        {
            if (lines.TryTakePrefix("### ", out var heading))
            {
                key = new InlineText(heading).Code();
            }
            else if (lines.TryTakePrefix("- ", out var line))
            {
                var item = new InlineText(line);
                var volume = item.Peek == '`' ? null : item.Text(": `");
                var path = (volume is null ? item : item.Take(": ")).Code();
                _facts.Add("key", key, kind, volume, path, item.Rest());
            }
            else
            {
                kind = KeyHolders().Match(lines.Next()).Groups["kind"].Value;
            }
        }
    }
}
