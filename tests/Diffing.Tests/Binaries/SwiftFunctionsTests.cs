using System.Text.Json;
using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Results;
using IpswDiff.Forge;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Compression;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Tests.Binaries;

/// <summary>
/// Two releases of a library in Swift, every function of which was judged by the relocatable objects that were
/// linked: by bytes and by
/// named relocations.
/// </summary>
public sealed class SwiftFunctionsTests
{
    private static readonly DiffOptions Options = new()
    {
        OldPath = "old",
        NewPath = "new",
        Functions = true,
        Budget = MemoryBudget.Divide(256 << 20, 1)
    };

    [Fact]
    public void Every_function_with_other_instructions_is_told_and_none_that_differs_in_nothing()
    {
        using var truth = JsonDocument.Parse(Sample("async-algorithms.functions.json.xz"));
        var change = new BinaryComparison(BinaryPolicy.Standalone, Options).Compare(Library("1.0.4"), Library("1.1.5"));
        var told = change.Functions!.Changed.SelectMany(static function => (string?[])[function.Name, function.OldName])
            .Concat(change.Functions.Added.Concat(change.Functions.Removed).Select(static function => function.Name))
            .OfType<string>().ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], Names(truth, "instructions").Except(told));
        var wrong = Names(truth, "same").Where(told.Contains).Select(name =>
            Describe(change.Functions, name)).ToArray();
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    private static string Describe(FunctionChanges changes, string name) =>
        string.Join("; ", changes.Changed.Where(function => function.Name == name
            || function.OldName == name).Select(static function =>
            $"{function} {string.Join(", ", function.Targets ?? [])}").Prepend(name));

    private static IEnumerable<string> Names(JsonDocument truth, string list) =>
        truth.RootElement.GetProperty(list).EnumerateArray().Select(static name => name.GetString()!);

    private static MachOImage Library(string version) =>
        MachOImage.Open(new MemoryByteSource(Sample($"libAsyncAlgorithms.{version}.arm64.dylib.xz")));

    private static byte[] Sample(string name)
    {
        var path = SampleFiles.Find("swift/" + name);
        Assert.SkipWhen(path is null, $"there is no sample swift/{name}");
        var bytes = new byte[16 << 20];
        return bytes[..Xz.Decode(File.ReadAllBytes(path!), bytes)];
    }
}
