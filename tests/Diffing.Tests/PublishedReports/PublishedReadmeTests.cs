using System.Runtime.CompilerServices;
using IpswDiff.Diffing.Merging;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Tests.PublishedReports;

/// <summary>Whatever the first page of a published report says, our records can say and our first page says too.</summary>
public sealed class PublishedReadmeTests : IDisposable
{
    private const string Hidden = "/on a page of its own/";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ipswdiff-readme");

    public static TheoryData<string> Pages => [.. PublishedReports.Pages().Where(page => page.EndsWith("README.md", StringComparison.Ordinal)).DefaultIfEmpty(string.Empty)];

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Published_first_pages_are_told_again(string page)
    {
        if (page.Length == 0)
        {
            Assert.Skip("no published reports beside the checkout");
        }

        var published = ReadmePage.Parse(PublishedReports.Read(page));
        Assert.True(published.Lists.Count > 1);
        await AssertToldAgain(published);
    }

    /// <summary>The example of the grammar with all sections and groups; it needs no optional file.</summary>
    [Fact]
    public async Task A_first_page_with_every_section_is_told_again()
    {
        var published = ReadmePage.Parse("""
            # 27.0 (A1) .vs 27.1 (A2)

            ## Inputs

            - `Old_27.0_A1_Restore.ipsw`
            - `New_27.1_A2_Restore.ipsw`

            ## Kernel

            ### Version

            | iOS | Version | Build | Date |
            | :-- | :------ | :---- | :--- |
            | 27.0 *(A1)* | 27.0.0 | 1.2.3~1 | Wed, 05Aug2026 22:05:49 PDT |
            | 27.1 *(A2)* | 27.1.0 | 1.2.4~1 | Tue, 11Aug2026 22:05:39 PDT |

            ### Kexts

            #### 🆕 NEW (1)

            - `com.apple.driver.New_One`

            #### ⬆️ Updated (1)

            - [com.apple.kernel](KEXTS/com.apple.kernel.md)

            ## MachO

            ### filesystem

            #### ❌ Removed (1)

            - `/usr/bin/[gone]`

            ### 🔑 Entitlements

            - [Entitlements DIFF](Entitlements.md)

            ## Firmware

            ### ⬆️ Updated (1)

            - [Firmware/a_b.im4p](FIRMWARE/Firmware/a_b.im4p.md)

            ### iBoot

            | iOS | Version |
            | :-- | :------ |
            | 27.0 *(A1)* | mBoot-1 |
            | 27.1 *(A2)* | mBoot-2 |

            ## DSC

            ### WebKit

            | iOS | Version |
            | :-- | :------ |
            | 27.0 *(A1)* | 625.1 |
            | 27.1 *(A2)* | 625.2 |

            ## Files

            ### 🆕 New

            #### filesystem (1396)

            - [View 1396 new files](FILES/filesystem.NEW.md)

            #### SystemOS (1)

            - `/usr/lib/x`

            ## Feature Flags

            ### filesystem

            #### ⬆️ Updated (1)

            - [Domain/Calendar.plist](FEATURES/filesystem/Domain/Calendar.plist.md)

            ## EOF
            """.ReplaceLineEndings("\n"));
        Assert.Equal(10, published.Facts.Count);
        Assert.Equal(7, published.Lists.Count);
        Assert.Equal([1396, 1], published.Lists.Where(list => list.Handler == "Files").Select(list => list.Count));
        await AssertToldAgain(published);
    }

    [Theory]
    [InlineData("## Sandbox\n")]
    [InlineData("## Kernel\n\na sentence\n")]
    public void A_line_of_an_unknown_kind_is_a_fault(string text) => Assert.Throws<FormatException>(() => ReadmePage.Parse(text));

    private async Task AssertToldAgain(ReadmePage published)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var store = new FolderArtifactStore(_folder.FullName);
        await MarkdownReport.WriteAsync(Records(published, store), store, cancellation);
        var ours = ReadmePage.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.FullName, MarkdownReport.FileName), cancellation));
        Assert.Equal(published.Title, ours.Title);
        Assert.Equal(published.Inputs, ours.Inputs);
        Assert.Equal(published.HasEntitlements, ours.HasEntitlements);
        Assert.Equal(Sorted(published.Facts.Select(fact => fact.ToString())), Sorted(ours.Facts.Select(fact => fact.ToString())));
        Assert.Equal(Sorted(published.Lists.Select(Text)), Sorted(ours.Lists.Select(Text)));
        Assert.True(File.Exists(Path.Combine(_folder.FullName, "Entitlements.md")) == published.HasEntitlements);
    }

    private static string Text(ReadmeList list) =>
        $"{list.Handler} {list.Volume} {list.Group} {list.Count}\n{string.Join('\n', list.Paths.Where(path => !path.StartsWith(Hidden, StringComparison.Ordinal)))}";

    private static string[] Sorted(IEnumerable<string> lines) => [.. lines.Order(StringComparer.Ordinal)];

    private static ReportContents Records(ReadmePage page, IArtifactStore store)
    {
        var sides = page.Facts.Select(fact => fact.Firmware).Distinct().ToArray();
        var lists = page.HasEntitlements ? [.. page.Lists, new ReadmeList("Entitlements", "filesystem", ItemGroup.Changed, 1, ["/usr/bin/entitled"])] : page.Lists;
        var handlers = lists.Select(list => list.Handler).Concat(page.Facts.Select(fact => fact.Handler)).Distinct().ToArray();
        return new ReportContents(
            new Report
            {
                Tool = new ToolInfo("ipswdiff", "1"),
                Title = page.Title,
                Old = Side(page.Inputs[0], sides[0]),
                New = Side(page.Inputs[1], sides[1]),
                Options = new OptionsInfo { Handlers = handlers },
                Run = new RunInfo(),
                Sections = [.. handlers.Select(handler => Section(handler, page, lists, sides))],
            },
            new ListedItems(lists),
            store);
    }

    // 27.0 (26A5378j)
    private static FirmwareInfo Side(string path, string name) => new(path, "ipsw", name[..name.IndexOf(' ', StringComparison.Ordinal)], name[(name.IndexOf('(', StringComparison.Ordinal) + 1)..^1], []);

    private static Section Section(string handler, ReadmePage page, IReadOnlyList<ReadmeList> lists, string[] sides)
    {
        var facts = page.Facts.Where(fact => fact.Handler == handler).ToArray();
        return new Section
        {
            Handler = handler,
            State = SectionState.Complete,
            Counts = lists.Where(list => list.Handler == handler).GroupBy(list => list.Group).ToDictionary(group => group.Key, group => group.Sum(list => list.Count)),
            Facts =
            [
                .. facts.Select(fact => fact.Name).Distinct().Select(name => new SectionFact(
                    name, handler == "IBoot" ? "iBoot.im4p" : null, facts.First(fact => fact.Name == name && fact.Firmware == sides[0]).Value, facts.First(fact => fact.Name == name && fact.Firmware == sides[1]).Value)),
            ],
        };
    }

    // Where a list is on a page that is not among the published files, as many items stand for it.
    private sealed class ListedItems(IReadOnlyList<ReadmeList> lists) : IReportItems
    {
        public async IAsyncEnumerable<ReportItem> ReadAsync(string handler, ItemGroup group, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            foreach (var list in lists.Where(list => list.Handler == handler && list.Group == group))
            {
                await Task.CompletedTask;
                for (var i = 0; i < list.Count; i++)
                {
                    yield return new ReportItem { Volume = list.Volume, Path = i < list.Paths.Count ? list.Paths[i] : FormattableString.Invariant($"{Hidden}{i}") };
                }
            }
        }

        public IReadOnlyDictionary<ItemGroup, long> Count(string handler) =>
            lists.Where(list => list.Handler == handler).GroupBy(list => list.Group).ToDictionary(group => group.Key, group => group.Sum(list => list.Count));
    }
}
