using System.Text.Json;
using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Tests.Reports;

public sealed class ValueChangeTextTests
{
    [Fact]
    public void Tells_keys_that_came_went_and_changed() => Assert.Equal(
        "-a/b = 1\n+a/b = 2\n+c = \"x\"\n-d = {\"e\":true}\n",
        Lines(("a/b", "1", "2"), ("c", null, "\"x\""), ("d", "{\"e\":true}", null)));

    [Fact]
    public void Of_arrays_only_elements_that_came_and_went() => Assert.Equal(
        " a =\n-    \"x\"\n+    \"z\"\n", Lines(("a", "[\"w\",\"x\",\"y\",\"y\"]", "[\"w\",\"y\",\"y\",\"z\"]")));

    [Fact]
    public void An_array_in_another_order_is_told_whole() => Assert.Equal("-a = [1,2]\n+a = [2,1]\n", Lines(("a", "[1,2]", "[2,1]")));

    [Fact]
    public void Hostile_keys_and_values_stay_in_their_line_and_their_fence()
    {
        var block = ValueChangeText.Block([Change("k\n```", null, "\"``` \u202e\"")]);
        Assert.Equal("\n````diff\n+k\\n``` = \"``` \\u202e\"\n````\n", block);
        Assert.Equal(string.Empty, ValueChangeText.Block([]));
    }

    private static string Lines(params (string Key, string? Old, string? New)[] changes) =>
        ValueChangeText.Lines([.. changes.Select(change => Change(change.Key, change.Old, change.New))]);

    private static ValueChange Change(string key, string? old, string? @new) => new(key.Split('/'), Json(old), Json(@new));

    private static JsonElement? Json(string? text) => text is null ? null : JsonDocument.Parse(text).RootElement.Clone();
}
