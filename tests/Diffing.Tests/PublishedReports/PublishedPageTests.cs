using IpswDiff.Diffing.Reports.Markdown;

namespace IpswDiff.Diffing.Tests.PublishedReports;

/// <summary>Whatever published reports say of an updated binary, our records can say and our renderer says in the same lines.</summary>
public class PublishedPageTests
{
    public static TheoryData<string> Pages => [.. PublishedReports.BinaryPages().DefaultIfEmpty(string.Empty)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Published_pages_are_rendered_again_line_for_line(string page)
    {
        if (page.Length == 0)
        {
            Assert.Skip("no published reports beside the checkout");
        }

        var text = PublishedReports.Read(page);
        var (name, path) = PublishedPage.Head(text);
        Assert.Equal(path[(path.LastIndexOf('/') + 1)..], name);
        Assert.Equal(PublishedPage.Body(text).TrimEnd('\n').Split('\n'), BinaryChangeText.Body(PublishedPage.Parse(text), PageStyle.Plain).TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_made_for_readers_loses_no_line(string page)
    {
        if (page.Length == 0)
        {
            Assert.Skip("no published reports beside the checkout");
        }

        var text = PublishedReports.Read(page);
        var readable = BinaryChangeText.Body(PublishedPage.Parse(text), PageStyle.Readable).Split('\n').CountBy(line => line).ToDictionary();
        foreach (var (line, count) in PublishedPage.Body(text).Split('\n').CountBy(line => line).Where(line => IsFact(line.Key)))
        {
            Assert.True(readable.GetValueOrDefault(line) == count, line);
        }
    }

    private static bool IsFact(string line) => line.Length > 1 && line[0] is ' ' or '+' or '-' or '~';

    /// <summary>The example of the grammar, with all blocks at once and hunks apart; it needs no optional file.</summary>
    [Fact]
    public void A_page_with_every_block_is_rendered_again()
    {
        const string Page = """
            ## demod

            > `/usr/libexec/demod`

            ### Sections with Same Size but Changed Content

            - `__TEXT.__const`

            ```diff

            -100.1.2.0.0
            -  __TEXT.__text: 0x4000
            +100.1.3.0.0
            +  __TEXT.__text: 0x4010
               __TEXT.__const: 0x80
               __TEXT.__cstring: 0x120
               __TEXT.__unwind_info: 0x100

               __DATA.__bss: 0x10
               - /usr/lib/libA.dylib
               - /usr/lib/libB.dylib
            +  - /usr/lib/libC.dylib
               - /usr/lib/libSystem.B.dylib
            -  Functions: 40
            -  Symbols:   61
            +  Functions: 41
            +  Symbols:   62
               CStrings:  12
            ~
            Symbols:
            + _demo_new_entry
            - __ZN4demo3oldEv
            Functions:
            ~ _demo_main : 64 -> 80
            ~ _old_name -> _new_name : 8 -> 12
            + _demo_new_entry
            - sub_1000
            CStrings:
            + "new \"text\" %d\n"
            - "back\\slash\u202e"
            ```

            """;
        var page = Page.Replace("\n~\n", "\n \n", StringComparison.Ordinal);
        var change = PublishedPage.Parse(page);
        Assert.Equal("new \"text\" %d\n", Assert.Single(change.CStrings!.Added));
        Assert.Equal(["_demo_main", "_new_name"], change.Functions!.Changed.Select(function => function.Name));
        Assert.Equal((41, 62, 12), (change.New!.Functions, change.New.Symbols, change.New.CStrings));
        Assert.Equal(PublishedPage.Body(page), BinaryChangeText.Body(change, PageStyle.Plain));
    }

    [Theory]
    [InlineData("```diff\nTypes:\n+ x\n```\n")]
    [InlineData("```diff\n\n   what is this\n+  __TEXT.__text: 0x1\n```\n")]
    public void A_line_of_an_unknown_kind_is_no_page(string body) =>
        Assert.Throws<FormatException>(() => PublishedPage.Parse("## x\n\n> `x`\n\n" + body));
}
