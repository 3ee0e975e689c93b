using System.Text.Json;
using IpswDiff.Forge.AllKinds;

namespace IpswDiff.EndToEnd.AllKinds;

/// <summary>
/// One firmware pair with at least one planted change of every kind, all handlers at once: the report names exactly what the
/// pair's table says, whatever the memory, the number of workers and the short cuts.
/// </summary>
public sealed class AllHandlersTests(AllKindsFiles files) : IClassFixture<AllKindsFiles>
{
    private static readonly string[] Groups = ["added", "removed", "changed", "moved", "rebuilt", "unreadable"];

    [Theory]
    [InlineData("1", "512M", false)]
    [InlineData("7", "128M", false)]
    [InlineData("2", "512M", true)]
    public void Names_exactly_what_was_planted_for_every_handler(string parallelism, string memory, bool exhaustive)
    {
        using var folder = files.Diff(["--parallelism", parallelism, "--memory-limit", memory, .. exhaustive ? ["--exhaustive"] : Array.Empty<string>()]);
        using var report = JsonDocument.Parse(File.ReadAllBytes(folder["report.json"]));
        var sections = report.RootElement.GetProperty("sections").EnumerateArray().ToArray();
        Assert.Equal(
            files.Pair.Plants.Select(plant => plant.Section).Distinct().Order(StringComparer.Ordinal),
            sections.Select(section => Text(section, "handler")).Order(StringComparer.Ordinal));
        AssertPlants(files.Pair.Plants, sections, folder.Root);
        Assert.Equal(
            files.Pair.Facts.Select(fact => fact.ToString()).Order(StringComparer.Ordinal),
            sections.SelectMany(Facts).Select(fact => fact.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_kind_of_change_that_a_handler_is_asked_for_is_planted() => Assert.Equal(
        NamedKinds.All.Order(StringComparer.Ordinal), files.Pair.Plants.SelectMany(plant => plant.Kinds).Distinct().Order(StringComparer.Ordinal));

    /// <summary>Fails unless the sections of the report in a folder tell exactly what was planted.</summary>
    internal static void AssertPlants(IEnumerable<Plant> plants, IEnumerable<JsonElement> sections, string folder)
    {
        var planted = plants.ToLookup(plant => plant.Section);
        var faults = sections
            .SelectMany(section => Faults(section, [.. planted[Text(section, "handler")!]], folder)).ToArray();
        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    // All that a section says otherwise than the table, so that one failure shows the whole of it.
    private static IEnumerable<string> Faults(JsonElement section, Plant[] plants, string folder)
    {
        var handler = Text(section, "handler");
        var items = Groups.SelectMany(group => section.GetProperty(group).EnumerateArray().Select(item => (Line: Line(group, item), Item: item))).ToArray();
        var (planted, told) = (plants.Select(plant => plant.Line).ToArray(), items.Select(item => item.Line).ToArray());
        var state = plants.Any(plant => plant.Group == "unreadable") ? "incomplete" : "complete";
        return
        [
            .. Text(section, "state") == state ? Array.Empty<string>() : [$"{handler} is {Text(section, "state")}, not {state}"],
            .. planted.Except(told).Select(line => $"{handler} does not tell: {line}"),
            .. told.Except(planted).Select(line => $"{handler} tells what was not planted: {line}"),
            .. told.CountBy(line => line).Where(count => count.Value > 1).Select(count => $"{handler} tells {count.Value} times: {count.Key}"),
            .. plants.IntersectBy(told, plant => plant.Line).SelectMany(plant => Faults(plant, items.First(item => item.Line == plant.Line).Item, folder).Select(fault => $"{handler} {plant.Line}: {fault}")),
        ];
    }

    private static IEnumerable<string> Faults(Plant plant, JsonElement item, string folder)
    {
        var what = item.TryGetProperty("what", out var aspects) ? aspects.EnumerateArray().Select(aspect => aspect.GetString()!).ToArray() : [];
        if (plant.What is not null && !plant.What.SequenceEqual(what))
        {
            yield return $"[{string.Join(", ", what)}] instead of [{string.Join(", ", plant.What)}]";
        }

        if (plant.Reason is not null && Text(item, "reason")?.Contains(plant.Reason, StringComparison.Ordinal) != true)
        {
            yield return $"reason {Text(item, "reason")}";
        }

        if (plant.Says is null)
        {
            yield break;
        }

        var said = Text(item, "details") is { } details ? DetailLines.Of(SampleDiffTests.SampleDiff.Details(folder, details)).ToArray() : [];
        foreach (var fault in plant.Says.Except(said).Select(line => "does not say: " + line).Concat(plant.SaysMore ? [] : said.Except(plant.Says).Select(line => "says what was not planted: " + line)))
        {
            yield return fault;
        }
    }

    private static IEnumerable<PlantedFact> Facts(JsonElement section) => section.TryGetProperty("facts", out var facts)
        ? facts.EnumerateArray().Select(fact => new PlantedFact(Text(section, "handler")!, Text(fact, "name")!, Text(fact, "container"), Text(fact, "old"), Text(fact, "new")))
        : [];

    private static string Line(string group, JsonElement item)
    {
        var from = Text(item, "fromPath") is { } path ? Text(item, "fromVolume") == Text(item, "volume") ? path : $"{Text(item, "fromVolume")} {path}" : null;
        return $"{group} {Text(item, "volume")} {Text(item, "path")}{(from is null ? string.Empty : $" from {from} by {Text(item, "proof")}")}";
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
