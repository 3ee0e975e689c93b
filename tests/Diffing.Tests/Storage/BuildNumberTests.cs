using CsCheck;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Tests.Storage;

public class BuildNumberTests
{
    [Theory]
    [InlineData("9A334", "10A403")]
    [InlineData("22A3354", "22B83")]
    [InlineData("22B83", "23A1")]
    [InlineData("26A340", "26A341")]
    [InlineData("26A99", "26A340")]
    [InlineData("26A5378j", "26A5388g")]
    [InlineData("26A5378a", "26A5378j")]
    [InlineData("26A5378j", "26A340")]
    [InlineData("26A340", "26B5011a")]
    [InlineData("26Z1", "26AA1")]
    [InlineData("8A230m", "8A293")]
    [InlineData("20F66", "20F770750b")]
    [InlineData("unknown", "1A1")]
    public void Orders_builds_as_they_came(string older, string newer)
    {
        Assert.True(BuildNumber.Parse(older) < BuildNumber.Parse(newer));
        Assert.True(BuildNumber.Parse(newer) > BuildNumber.Parse(older));
    }

    [Fact]
    public void Reads_the_parts_of_a_build_number()
    {
        Assert.True(BuildNumber.TryParse("26A5378j", out var build));
        Assert.Equal((26, "A", 5378, "j", true), (build.Major, build.Train, build.Number, build.Suffix, build.IsSeed));
    }

    [Theory]
    [InlineData("")]
    [InlineData("26")]
    [InlineData("A26")]
    [InlineData("26A")]
    [InlineData("26A5378j ")]
    [InlineData("26A5378J")]
    [InlineData("99999999999999999999A1")]
    [InlineData("26A99999999999999999999")]
    public void Refuses_what_is_no_build_number(string text) => Assert.False(BuildNumber.TryParse(text, out _));

    [Fact]
    public void Any_texts_have_one_order_and_their_keys_the_same()
    {
        var build = Gen.Select(Gen.Int[0, 9999], Gen.Char['A', 'C'].Array[1, 3], Gen.Int[0, 12000], Gen.Char['a', 'c'].Array[0, 2], static (major, train, number, suffix) =>
            $"{major}{new string(train)}{number}{new string(suffix)}");
        var text = Gen.OneOf(build, Gen.String);
        Gen.Select(text, text).Sample((first, second) =>
        {
            var (a, b) = (BuildNumber.Parse(first), BuildNumber.Parse(second));
            Assert.Equal(Math.Sign(a.CompareTo(b)), -Math.Sign(b.CompareTo(a)));
            Assert.Equal(a.CompareTo(b) == 0, a.SortKey == b.SortKey);
            Assert.Equal(a == b, a.GetHashCode() == b.GetHashCode() && a.SortKey == b.SortKey);
            Assert.Matches("^[0-9A-Za-z_]*$", a.SortKey);
        });
    }
}
