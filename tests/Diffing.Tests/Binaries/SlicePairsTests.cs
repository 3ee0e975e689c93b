using IpswDiff.Diffing.Binaries.Code;
using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Reports;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Values;
using IpswDiff.Forge.MachO;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Diffing.Tests.Binaries;

/// <summary>Slices meet those of their own architecture, wherever they stand, and successors only where nobody of their own is left.</summary>
public sealed class SlicePairsTests
{
    private static readonly DiffOptions Options = new() { OldPath = "old", NewPath = "new", Functions = true, Budget = MemoryBudget.Divide(256 << 20, 1) };

    [Theory]
    [InlineData("arm64 arm64e.x1", "arm64e.x1 arm64")]
    [InlineData("arm64e arm64e.x1", "arm64e.x1 arm64e")]
    [InlineData("arm64 arm64.x1 arm64e", "arm64e arm64 arm64.x1")]
    [InlineData("arm64.sub13 arm64.sub14", "arm64.sub14 arm64.sub13")]
    [InlineData("arm64.sub13 arm64 x86_64", "x86_64 arm64 arm64.sub13")]
    public void The_order_of_slices_says_nothing(string old, string @new)
    {
        Assert.Empty(Compare(old, @new));
        Assert.Empty(Values(old, @new));
    }

    [Theory]
    [InlineData("arm64", "arm64 arm64e.x1", "+ arm64e.x1")]
    [InlineData("arm64e arm64e.x1", "arm64e", "- arm64e.x1")]
    [InlineData("arm64e", "arm64e arm64e.x1", "+ arm64e.x1")]
    [InlineData("arm64.sub13", "arm64.sub14", "+ arm64.sub14,- arm64.sub13")]
    [InlineData("arm64", "arm64.sub13", "+ arm64.sub13,- arm64")]
    [InlineData("arm64e.x1", "arm64.sub13", "+ arm64.sub13,- arm64e.x1")]
    [InlineData("x86_64", "x86_64h", "+ x86_64h,- x86_64")]
    public void Slices_of_other_architectures_never_meet(string old, string @new, string expected) => Assert.Equal(
        expected.Split(','),
        Compare(old, @new).Select(static change => $"{(change.Old is null ? '+' : change.New is null ? '-' : '~')} {change.Arch}").Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("arm64e", "arm64e.x1")]
    [InlineData("x86_64 arm64e", "arm64e.x1 x86_64")]
    [InlineData("arm64", "arm64.x1")]
    [InlineData("arm64e.x1", "arm64e")]
    public void A_slice_whose_architecture_was_succeeded_is_compared_with_its_successor(string old, string @new)
    {
        var change = Assert.Single(Compare(old, @new));
        Assert.Equal((old.Split(' ')[^1], @new.Split(' ')[0]), (change.OldArch, change.Arch));
        Assert.Equal(["architecture"], change.What.Except(["uuid", "code"]));
        Assert.DoesNotContain("symbols", change.What);
        var page = new System.Text.StringBuilder();
        BinaryChangeText.AppendSlices(page, [change]);
        Assert.Contains($"### {change.OldArch} → {change.Arch}\n", page.ToString().Replace("\\.", ".", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_succeeded_slice_says_is_told_under_both_names()
    {
        var changes = SliceValues.Compare(Fat("x86_64 arm64e"), Fat("x86_64 arm64e.x1"), static image => image.Arch == "x86_64" ? new PlistString("same") : new PlistString(image.Arch));
        Assert.Equal("Slice arm64e → arm64e.x1", Assert.Single(changes).Key[0]);
    }

    [Fact]
    public void Functions_of_arm64e_x1_without_a_table_begin_where_they_sign()
    {
        foreach (var (arch, count) in new[] { (MachOArch.Arm64e, 4), (MachOArch.Arm64EX1, 4), (MachOArch.Arm64Sub(13), 4), (MachOArch.Arm64, 0), (MachOArch.Arm64X1, 0) })
        {
            var builder = new MachOBuilder(arch, MachOFileType.KextBundle);
            builder.AddCode([.. Enumerable.Repeat(new byte[] { 0x7F, 0x23, 0x03, 0xD5, 0x1F, 0x20, 0x03, 0xD5 }, 4).SelectMany(static bytes => bytes)]);
            using var ranges = FunctionRanges.Find(MachOImage.Open(new MemoryByteSource(builder.Build())));
            Assert.Equal(count, ranges.Count);
        }
    }

    [Fact]
    public void Code_of_arm64e_x1_is_compared_by_its_instructions()
    {
        var image = Fat("arm64e.x1").Slices[0];
        Assert.True(FunctionFingerprints.IsSupported(image));
    }

    private static List<SliceChange> Compare(string old, string @new) => SlicePairs.Compare(new BinaryComparison(BinaryPolicy.Standalone, Options), Fat(old), Fat(@new));

    private static IReadOnlyList<ValueChange> Values(string old, string @new) => SliceValues.Compare(Fat(old), Fat(@new), static image => new PlistString(image.Arch));

    private static MachOFile Fat(string archs) => MachOFile.Open(new MemoryByteSource(FatBuilder.Build(
        [.. archs.Split(' ').Select(static name => Arch(name)).Select(static arch => (arch, ExampleImage.Create(arch, MachOFileType.Dylib).Build()))])));

    private static MachOArch Arch(string name) => name.StartsWith("arm64.sub", StringComparison.Ordinal)
        ? MachOArch.Arm64Sub(uint.Parse(name.AsSpan("arm64.sub".Length), System.Globalization.CultureInfo.InvariantCulture))
        : ExampleImage.Arch(name);
}
