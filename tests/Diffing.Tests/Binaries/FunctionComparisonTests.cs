using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Results;
using IpswDiff.Forge;
using IpswDiff.Forge.MachO;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Tests.Binaries;

public sealed class FunctionComparisonTests
{
    private static readonly DiffOptions Options = new() { OldPath = "old", NewPath = "new", Functions = true, Budget = MemoryBudget.Divide(256 << 20, 1) };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Code_that_a_linker_moved_is_no_changed_code(bool keepsNames)
    {
        using var code = CompiledCode.Open();
        var old = code.Build("a", keepsNames: keepsNames);
        var @new = code.Build("b", CompiledCode.Functions.Reverse(), codePadding: 64, dataPadding: 4096, keepsNames: keepsNames);
        var change = Compare(old, @new);
        Assert.DoesNotContain("code", change.What);
        Assert.DoesNotContain("functions", change.What);
        Assert.Equal((0, 0, 0), Counts(change));
        Assert.NotEqual(old.ReadFunctionStarts()!.Starts.ToArray(), @new.ReadFunctionStarts()!.Starts.ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_changed_function_is_listed_with_its_similarity(bool keepsNames)
    {
        using var code = CompiledCode.Open();
        var old = code.Build("a", keepsNames: keepsNames);
        var @new = code.Build("b", codePadding: 64, keepsNames: keepsNames, change: source => source.Replace("n < 2", "n < 3", StringComparison.Ordinal));
        var change = Compare(old, @new);
        Assert.Contains("code", change.What);
        Assert.Equal((0, 0, 1), Counts(change));
        var function = change.Functions!.Changed[0];
        Assert.Equal(function.OldSize, function.NewSize);
        Assert.InRange(function.Similarity, 0.2, 0.99);
        if (keepsNames)
        {
            Assert.Equal(("_fib", null), (function.Name, function.OldName));
        }
        else
        {
            Assert.StartsWith("sub_", function.Name, StringComparison.Ordinal);
            Assert.NotEqual(function.Name, function.OldName);
        }

        var page = BinaryChangeText.Body(change);
        Assert.Contains($"~ {(function.OldName is { } name ? name + " -> " : string.Empty)}{function.Name} : {function.OldSize} -> {function.NewSize} (", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Swapping_the_sides_swaps_added_and_removed()
    {
        using var code = CompiledCode.Open();
        var old = code.Build("a");
        var @new = code.Build("b", change: source => source.Replace("int report(int n)", "int extra(int n) { return n * 77 + bytes[n]; }\nint report(int n)", StringComparison.Ordinal)
            .Replace("n < 2", "n < 3", StringComparison.Ordinal));
        var (forth, back) = (Compare(old, @new).Functions!, Compare(@new, old).Functions!);
        Assert.Equal(["_extra"], forth.Added.Select(function => function.Name));
        Assert.Empty(forth.Removed);
        Assert.Equal(["_fib"], forth.Changed.Select(function => function.Name));
        Assert.Equal(forth.Added, back.Removed);
        Assert.Equal(forth.Removed, back.Added);
        Assert.Equal(forth.Changed, back.Changed.Select(function => function with { OldSize = function.NewSize, NewSize = function.OldSize }));
    }

    [Theory]
    [InlineData("libsamplecode.dylib", true)]
    [InlineData("libsamplerebuilt.dylib", false)]
    [InlineData("libsampletables.dylib", false)]
    [InlineData("libsampletext.dylib", false)]
    public void Sample_libraries_have_changed_code_only_where_it_was_planted(string name, bool isChanged)
    {
        var change = Compare(Sample("1.0", name), Sample("1.1", name));
        Assert.Equal(isChanged, change.What.Contains("code", StringComparer.Ordinal));
        Assert.Equal(isChanged || name == "libsampletext.dylib", Counts(change) != (0, 0, 0));
        Assert.True(isChanged || change.Functions!.Changed.All(function => function.Targets!.All(target =>
            target.Kind == "string")));
    }

    [Fact]
    public void Functions_of_x86_64_are_compared_by_their_instructions()
    {
        using var code = CompiledCode.Open();
        var old = code.Build("a", arch: "x86_64");
        var moved = Compare(old, code.Build("b", CompiledCode.Functions.Reverse(), codePadding: 61, dataPadding: 4096, arch: "x86_64"));
        Assert.DoesNotContain("code", moved.What);
        Assert.Equal((0, 0, 0), Counts(moved));

        var changed = Compare(old, code.Build("c", codePadding: 61, arch: "x86_64", change: source => source.Replace("n < 2", "n < 3", StringComparison.Ordinal)));
        Assert.Contains("code", changed.What);
        var function = Assert.Single(changed.Functions!.Changed);
        Assert.Equal(("_fib", function.OldSize), (function.Name, function.NewSize));
        Assert.InRange(function.Similarity, 0.2, 0.99);
    }

    [Fact]
    public void A_function_that_the_sample_for_x86_64_gained_is_listed_alone()
    {
        var change = Compare(Sample("1.0", "libsamplefat.x86_64.dylib"), Sample("1.1", "libsamplefat.x86_64.dylib"));
        Assert.Contains("code", change.What);
        Assert.Equal((1, 0, 0), Counts(change));
    }

    [Fact]
    public void Processors_without_fingerprints_are_compared_by_size_and_name()
    {
        var (old, @new) = (Armv7([0x40, 0x20]), Armv7([0x40, 0x28, 0x10]));
        var change = Compare(old, @new);
        Assert.Contains("code", change.What);
        Assert.Equal([new FunctionChange("_f1", null, 0x20, 0x28, 0.8)], change.Functions!.Changed);
        Assert.Equal([new FunctionSize("_f2", 0x10)], change.Functions.Added);
        Assert.Empty(change.Functions.Removed);
    }

    private static MachOImage Armv7(int[] sizes)
    {
        var builder = new MachOBuilder(MachOArch.Armv7, MachOFileType.Dylib) { InstallName = "/usr/lib/a.dylib" };
        var text = builder.AddCode(new byte[sizes.Sum()]);
        var offset = 0;
        foreach (var (i, size) in sizes.Index())
        {
            builder.AddFunction(text, offset);
            builder.AddExternal($"_f{i}", text, offset);
            offset += size;
        }

        return MachOImage.Open(new MemoryByteSource(builder.Build()));
    }

    private static MachOImage Sample(string version, string name) => MachOImage.Open(
        new MemoryByteSource(File.ReadAllBytes(Path.Combine(SampleFiles.RepositoryRoot, "samples", "binaries", "own", version, name))));

    private static SliceChange Compare(MachOImage old, MachOImage @new) => new BinaryComparison(BinaryPolicy.Standalone, Options).Compare(old, @new);

    private static (int Added, int Removed, int Changed) Counts(SliceChange change) =>
        (change.Functions!.Added.Count, change.Functions.Removed.Count, change.Functions.Changed.Count);
}
