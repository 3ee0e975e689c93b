using System.Buffers;
using System.Text.Json;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Reports.Contents;

/// <summary>
/// What <c>docs/report.schema.json</c> says of a report's index and the types it is read into do not enforce. An index
/// comes from anywhere; whoever renders it trusts what has passed here.
/// </summary>
internal static class IndexRules
{
    private const int LongestHandler = 64;

    private static readonly SearchValues<char> HandlerLetters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>Of the name of a section: letters, digits, dashes, since folders and pages are named by it.</summary>
    /// <exception cref="JsonException">It is broken.</exception>
    public static void Handler(string? name)
    {
        Rules.Required(name, "handler");
        if (name.Length is 0 or > LongestHandler || name.AsSpan().ContainsAnyExcept(HandlerLetters))
        {
            throw new JsonException($"a handler's name is {LongestHandler} letters, digits and dashes at most");
        }
    }

    /// <summary>Of what wrote the report.</summary>
    /// <exception cref="JsonException">A rule is broken.</exception>
    public static void Tool(ToolInfo tool)
    {
        Rules.Required(tool.Name, "name of the tool");
        Rules.Required(tool.Version, "version of the tool");
    }

    /// <summary>Of a side.</summary>
    /// <exception cref="JsonException">A rule is broken.</exception>
    public static void Firmware(FirmwareInfo firmware)
    {
        Rules.Required(firmware.Path, "path of a firmware");
        Rules.Required(firmware.Kind, "kind of a firmware");
        Rules.Texts(firmware.Products, "products");
    }

    /// <summary>Of what was asked for. Lists that older reports do not have are empty.</summary>
    /// <exception cref="JsonException">A rule is broken.</exception>
    public static OptionsInfo Options(OptionsInfo options)
    {
        var whole = options with
        {
            AllowList = options.AllowList ?? [],
            BlockList = options.BlockList ?? [],
            Locales = options.Locales ?? [],
        };
        Rules.Texts(whole.Handlers, "handlers");
        Rules.Texts(whole.AllowList, "allowList");
        Rules.Texts(whole.BlockList, "blockList");
        Rules.Texts(whole.Locales, "locales");
        return whole;
    }

    /// <summary>Of how the run went. What older reports do not have is empty.</summary>
    /// <exception cref="JsonException">A rule is broken.</exception>
    public static RunInfo Run(RunInfo run)
    {
        var whole = run with
        {
            Skipped = run.Skipped ?? new Dictionary<string, long>(StringComparer.Ordinal),
            Activities = run.Activities ?? [],
        };
        Seconds(whole.DurationSeconds);
        Rules.Each(whole.Activities, "activities", static activity =>
        {
            Rules.Required(activity.Name, "name of an activity");
            Seconds(activity.DurationSeconds);
        });
        return whole;
    }

    /// <summary>Of a duration.</summary>
    /// <exception cref="JsonException">It is no number of seconds.</exception>
    public static void Seconds(double seconds) =>
        Rules.Range(seconds, 0, TimeSpan.MaxValue.TotalSeconds, "durationSeconds");

    /// <summary>Of a fact of a section.</summary>
    /// <exception cref="JsonException">A rule is broken.</exception>
    public static void Fact(SectionFact fact) => Rules.Required(fact.Name, "name of a fact");

    /// <summary>Of a container of a section.</summary>
    /// <exception cref="JsonException">A rule is broken.</exception>
    public static void Container(ContainerInfo container)
    {
        Rules.Required(container.Name, "name of a container");
        Rules.Texts(container.Notes, "notes");
    }

    /// <summary>Of an item. The name of its details leads to another file and must lie in their folder.</summary>
    /// <exception cref="JsonException">A rule is broken.</exception>
    public static void Item(ReportItem item)
    {
        Rules.Required(item.Path, "path");
        File(item.Old);
        File(item.New);
        if (item.Identity is { } identity)
        {
            Rules.Texts(identity.Uuids, "uuids");
            Rules.Texts(identity.CdHashes, "cdHashes");
        }

        if (item.Boards is not null)
        {
            Rules.Texts(item.Boards, "boards");
        }

        if (item.What is not null)
        {
            Rules.Texts(item.What, "what");
        }

        Rules.Range(item.Score ?? 0, 0, 100, "score");
        if (item.Details is { } details)
        {
            Details(details);
        }
    }

    private static void File(FileFacts? facts)
    {
        if (facts is not null)
        {
            Rules.Required(facts.Kind, "kind of a file");
            Rules.Range(facts.Size, 0, long.MaxValue, "size");
        }
    }

    private static void Details(string name)
    {
        if (!name.StartsWith(ArtifactNames.ItemsFolder + "/", StringComparison.Ordinal))
        {
            throw new JsonException($"details lie in {ArtifactNames.ItemsFolder}/");
        }

        try
        {
            ArtifactNames.Check(name);
        }
        catch (ArgumentException misnamed)
        {
            throw new JsonException(misnamed.Message, misnamed);
        }
    }
}
