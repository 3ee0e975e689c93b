using System.Text;
using CsCheck;
using IpswDiff.Diffing.Binaries.Symbols;

namespace IpswDiff.Diffing.Tests.Binaries;

public class NameNormalizerTests
{
    [Theory]
    [InlineData("_main", "_main")]
    [InlineData("_x_block_invoke.323", "_x_block_invoke")]
    [InlineData("_x_block_invoke_2", "_x_block_invoke_2")]
    [InlineData("_foo.cold.1", "_foo")]
    [InlineData("_foo.cold", "_foo")]
    [InlineData("_foo.colder", "_foo.colder")]
    [InlineData(".123", ".123")]
    [InlineData("_a.", "_a.")]
    public void Finds_the_whole_that_a_compilers_part_is_of(string name, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(NameNormalizer.TrimCompilerSuffix(Encoding.UTF8.GetBytes(name))));

    [Theory]
    [InlineData("/Library/Caches/com.apple.xbs/01234567-89ab-CDEF-0123-456789abcdef/Sources/x", "/Library/Caches/com.apple.xbs/<UUID>/Sources/x")]
    [InlineData("/Library/Caches/com.apple.xbs/01234567-89ab-CDEF-0123-456789abcdef", "/Library/Caches/com.apple.xbs/<UUID>")]
    [InlineData("/Library/Caches/com.apple.xbs/01234567-89ab-CDEF-0123-456789abcdefX/y", "/Library/Caches/com.apple.xbs/01234567-89ab-CDEF-0123-456789abcdefX/y")]
    [InlineData("/Library/Caches/com.apple.xbs/TemporaryDirectory.aB3xY9/Binaries", "/Library/Caches/com.apple.xbs/TemporaryDirectory.<TMP>/Binaries")]
    [InlineData("/Library/Caches/com.apple.xbs/TemporaryDirectory.aB3xY9z/B", "/Library/Caches/com.apple.xbs/TemporaryDirectory.aB3xY9z/B")]
    [InlineData(
        "at /AppleInternal/Library/BuildRoots/4ff29661-3588-11ef-9513-e2437461156c/Library/Caches/com.apple.xbs/TemporaryDirectory.eochww/x and y",
        "at /AppleInternal/Library/BuildRoots/<BUILDROOT>/Library/Caches/com.apple.xbs/TemporaryDirectory.<TMP>/x and y")]
    [InlineData("/AppleInternal/Library/BuildRoots/", "/AppleInternal/Library/BuildRoots/")]
    [InlineData("//AppleInternal/Library/BuildRoots/a b/AppleInternal/Library/BuildRoots/c", "//AppleInternal/Library/BuildRoots/<BUILDROOT> b/AppleInternal/Library/BuildRoots/<BUILDROOT>")]
    [InlineData("/usr/lib/libSystem.B.dylib", "/usr/lib/libSystem.B.dylib")]
    public void Replaces_what_every_build_makes_anew_in_paths(string text, string expected)
    {
        using var normalizer = new NameNormalizer();
        Assert.Equal(expected, Encoding.UTF8.GetString(normalizer.Text(Encoding.UTF8.GetBytes(text))));
    }

    [Fact]
    public void Survives_any_bytes()
    {
        string[] parts = ["/Library/Caches/com.apple.xbs", "/TemporaryDirectory.", "/AppleInternal/Library/BuildRoots/", "/", "abcdef", " "];
        Gen.Byte.Array[0, 200].Sample(bytes => IsStable(bytes));
        Gen.Int[0, parts.Length - 1].Array[0, 30].Sample(picks => IsStable(Encoding.UTF8.GetBytes(string.Concat(picks.Select(pick => parts[pick])))));
    }

    private static bool IsStable(byte[] bytes)
    {
        using var normalizer = new NameNormalizer();
        var once = normalizer.Text(bytes).ToArray();
        return once.AsSpan().SequenceEqual(normalizer.Text(once));
    }
}
