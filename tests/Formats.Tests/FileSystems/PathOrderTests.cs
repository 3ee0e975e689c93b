using CsCheck;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Formats.Tests.FileSystems;

public class PathOrderTests
{
    [Fact]
    public void A_directory_comes_just_before_what_is_in_it()
    {
        string[] expected = ["/", "/a", "/a/b", "/a/b/c", "/a/c", "/a b", "/a.b", "/aa", "/b"];
        Assert.Equal(expected, expected.Reverse().Order(PathOrder.Instance));
    }

    [Fact]
    public void It_is_the_order_of_part_by_part_comparison()
    {
        var paths = Gen.Int[0, 4].Array[0, 6].Select(picks => "/" + string.Concat(picks.Select(pick => "ab/.~".Substring(pick, 1))));
        Gen.Select(paths, paths).Sample((x, y) =>
            Math.Sign(PathOrder.Compare(x, y)) == Math.Sign(CompareParts(x.Split('/'), y.Split('/'))));
    }

    private static int CompareParts(string[] x, string[] y)
    {
        for (var i = 0; i < Math.Min(x.Length, y.Length); i++)
        {
            if (string.CompareOrdinal(x[i], y[i]) is var order && order != 0)
            {
                return order;
            }
        }

        return x.Length - y.Length;
    }
}
