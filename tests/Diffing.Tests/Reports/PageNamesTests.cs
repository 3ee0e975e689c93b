using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Tests.Reports;

/// <summary>Names of pages and details on the file systems of others.</summary>
public sealed class PageNamesTests
{
    [Theory]
    [InlineData("/CON", "P/CON_.md")]
    [InlineData("/usr/nul/x", "P/usr/nul_/x.md")]
    [InlineData("/AUX.txt", "P/AUX_.txt.md")]
    [InlineData("/com7.tar.gz/LPT¹", "P/com7_.tar.gz/LPT¹_.md")]
    [InlineData("/usr/ends.../x.", "P/usr/ends___/x_.md")]
    [InlineData("/usr/a ?.", "P/usr/a___.md")]
    [InlineData("/usr/../x", "P/usr/__/x.md")]
    [InlineData("/usr/console/auxiliary", "P/usr/console/auxiliary.md")]
    [InlineData("/usr/COM/com10", "P/usr/COM/com10.md")]
    public void No_part_is_a_device_or_ends_in_a_full_stop(string path, string expected) =>
        Assert.Equal(expected, new PageNames().Take("P", "v", path));

    [Theory]
    [InlineData("/usr/Lib", "/usr/lib")]
    [InlineData("/caf\u00e9", "/cafe\u0301")]
    [InlineData("/CAF\u00c9/x", "/cafe\u0301/X")]
    [InlineData("/stra\u00dfe", "/STRASSE")]
    [InlineData("/\u212aelvin", "/kelvin")]
    [InlineData("/a\u0323\u0307", "/a\u0307\u0323")]
    [InlineData("/CON", "/CON_")]
    [InlineData("/a:b", "/a?b")]
    [InlineData("/x.", "/x_")]
    public void Names_that_a_file_system_may_take_for_one_are_told_apart_by_more(string one, string other)
    {
        var names = new PageNames();
        var (first, second) = (names.Take("P", "v", one), names.Take("P", "v", other));
        Assert.Matches(@"\.[0-9a-f]{8}\.md$", second);
        Assert.DoesNotMatch(@"\.[0-9a-f]{8}\.md$", first);
    }

    [Fact]
    public void Names_longer_than_file_systems_take_are_cut_and_stay_apart()
    {
        var names = new PageNames();
        var start = new string('漢', 300);
        var taken = Enumerable.Range(0, 50)
            .Select(number => names.Take("P", "v", $"/{start}/{start}{number}")).ToArray();
        Assert.Equal(taken.Length, taken.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(taken, name =>
            Assert.All(name.Split('/'), part => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(part), 1, 200)));
    }

    [Theory]
    [InlineData("/usr/aux/nul.txt", "items/MachO/usr/aux_/nul_.txt.")]
    [InlineData("/COM1", "items/MachO/COM1_.")]
    [InlineData("/usr/console", "items/MachO/usr/console.")]
    public void Details_have_no_names_of_devices_either(string path, string expected) =>
        Assert.StartsWith(expected, ArtifactNames.ForItem("MachO", null, path), StringComparison.Ordinal);
}
