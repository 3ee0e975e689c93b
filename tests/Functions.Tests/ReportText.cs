using System.Text.Json;
using System.Text.Json.Nodes;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Functions.Tests;

/// <summary>What two runs of one pair have in common, whichever engine ran them.</summary>
public static class ReportText
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Holds the files of one report to those of another, byte for byte; of its index and first page the sections.</summary>
    public static async Task AssertSameAsync(IArtifactStore expected, IArtifactStore actual)
    {
        var names = await NamesAsync(expected);
        Assert.Contains("report.json", names);
        Assert.True(names.Count > 10);
        Assert.Equal(names, await NamesAsync(actual));
        foreach (var name in names.Where(name => name is not ("report.json" or "README.md")))
        {
            Assert.Equal(Convert.ToHexString(await ReadAsync(expected, name)), Convert.ToHexString(await ReadAsync(actual, name)));
        }

        Assert.Equal(await SectionsAsync(expected), await SectionsAsync(actual));
    }

    /// <summary>The sections as text, without the time they took.</summary>
    public static async Task<string> SectionsAsync(IArtifactStore store)
    {
        var sections = JsonNode.Parse(await ReadAsync(store, "report.json"))!["sections"]!.AsArray();
        foreach (var section in sections)
        {
            Assert.True(section!.AsObject().Remove("durationSeconds"));
        }

        return sections.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    /// <summary>The names of what a store holds, in order.</summary>
    public static async Task<List<string>> NamesAsync(IArtifactStore store)
    {
        var names = new List<string>();
        await foreach (var name in store.ListAsync(string.Empty, Token))
        {
            names.Add(name);
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private static async Task<byte[]> ReadAsync(IArtifactStore store, string name)
    {
        await using var stream = (await store.TryOpenAsync(name, Token))!;
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Token);
        return copy.ToArray();
    }
}
