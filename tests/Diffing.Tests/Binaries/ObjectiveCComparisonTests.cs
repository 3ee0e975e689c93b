using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Binaries.Symbols;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Results;
using IpswDiff.Forge;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Tests.Binaries;

public sealed class ObjectiveCComparisonTests
{
    [Fact]
    public void Names_what_changed_in_the_sample_framework()
    {
        var changes = ObjectiveCComparison.Compare(Sample("1.0"), Sample("1.1"))!;
        Assert.Equal([new ObjectiveCEntity("class", "SKFarewell", "NSObject", 1)], changes.Added);
        Assert.Empty(changes.Removed);
        Assert.Null(changes.Unreadable);
        var greeter = Assert.Single(changes.Changed);
        Assert.Equal(("class", "SKGreeter"), (greeter.Kind, greeter.Name));
        Assert.Null(greeter.Superclass);
        Assert.Null(greeter.Protocols);
        Assert.Equal(["-setSuffix:", "-shoutForName:", "-suffix"], greeter.Methods!.Added);
        Assert.Equal(["+legacyGreeter"], greeter.Methods.Removed);
        Assert.Equal(["suffix"], greeter.Properties!.Added);
        Assert.Equal(["_suffix"], greeter.Ivars!.Added);
        Assert.Empty(greeter.Methods.Changed);
    }

    [Fact]
    public void Swapping_the_sides_swaps_added_and_removed()
    {
        var changes = ObjectiveCComparison.Compare(Sample("1.1"), Sample("1.0"))!;
        Assert.Empty(changes.Added);
        Assert.Equal(["SKFarewell"], changes.Removed.Select(entity => entity.Name));
        Assert.Equal(["+legacyGreeter"], changes.Changed[0].Methods!.Added);
        Assert.Equal(["-setSuffix:", "-shoutForName:", "-suffix"], changes.Changed[0].Methods!.Removed);
    }

    [Fact]
    public void Equal_metadata_has_no_changes() => Assert.Null(ObjectiveCComparison.Compare(Sample("1.1"), Sample("1.1")));

    [Fact]
    public void The_report_has_a_block_with_a_line_for_each()
    {
        var options = new DiffOptions { OldPath = "old", NewPath = "new", Budget = MemoryBudget.Divide(256 << 20, 1) };
        var change = new BinaryComparison(BinaryPolicy.Standalone, options).Compare(Sample("1.0"), Sample("1.1"));
        Assert.Contains("objc", change.What);
        Assert.Contains("""
            ObjC:
            + @interface SKFarewell : NSObject (1 method)
              @interface SKGreeter
            +   @property suffix
            +   ivar _suffix
            +   -setSuffix:
            +   -shoutForName:
            +   -suffix
            -   +legacyGreeter

            """.ReplaceLineEndings("\n"), BinaryChangeText.Body(change), StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_metadata_is_said_and_the_rest_compared()
    {
        var bytes = SampleBytes("1.1");
        var list = Sample("1.1").FindSection("__DATA_CONST", "__objc_classlist")!;
        bytes.AsSpan((int)list.FileOffset, 4).Fill(0x77);
        var damaged = MachOImage.Open(new MemoryByteSource(bytes));
        var changes = ObjectiveCComparison.Compare(Sample("1.0"), damaged)!;
        Assert.Contains("Mach-O", changes.Unreadable, StringComparison.Ordinal);
        var options = new DiffOptions { OldPath = "old", NewPath = "new", Budget = MemoryBudget.Divide(256 << 20, 1) };
        var change = new BinaryComparison(BinaryPolicy.Standalone, options).Compare(Sample("1.0"), damaged);
        Assert.DoesNotContain("objc", change.What);
        Assert.Contains("symbols", change.What);
        Assert.Contains("not compared", BinaryChangeText.Body(change), StringComparison.Ordinal);
    }

    private static byte[] SampleBytes(string version) =>
        File.ReadAllBytes(Path.Combine(SampleFiles.RepositoryRoot, "samples", "binaries", "own", version, "SampleKit"));

    private static MachOImage Sample(string version) => MachOImage.Open(new MemoryByteSource(SampleBytes(version)));
}
