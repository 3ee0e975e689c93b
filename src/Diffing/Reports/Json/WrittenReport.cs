using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using IpswDiff.Diffing.Handlers.Firmware;
using IpswDiff.Diffing.Merging;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Reports.Json;

/// <summary>
/// A report that was written as <c>report.json</c>, opened again: every other format can be made from it without the
/// firmwares. One pass finds the head and where each list of items begins; the items are then read from there, one at a
/// time.
/// </summary>
public sealed class WrittenReport : IReportItems
{
    private readonly IArtifactStore _folder;
    private readonly Dictionary<string, Dictionary<ItemGroup, ItemList>> _sections;

    private WrittenReport(IArtifactStore folder, Dictionary<string, Dictionary<ItemGroup, ItemList>> sections) => (_folder, _sections) = (folder, sections);

    /// <summary>Opens the report whose index and details lie in <paramref name="folder"/>.</summary>
    /// <exception cref="FirmwareFormatException">
    /// The index is damaged, or of a later version than this program knows.
    /// </exception>
    /// <exception cref="IOException">There is no index, or storage failed.</exception>
    public static async Task<ReportContents> OpenAsync(IArtifactStore folder, CancellationToken cancellationToken)
    {
        using var index = await OpenIndexAsync(folder, cancellationToken).ConfigureAwait(false);
        var sections = new Dictionary<string, Dictionary<ItemGroup, ItemList>>(StringComparer.Ordinal);
        return new ReportContents(new HeadReader(index.Source, sections).Read(cancellationToken), new WrittenReport(folder, sections), folder);
    }

    /// <summary>Copies the details of every item, for an index that is written elsewhere.</summary>
    /// <exception cref="IOException">Details are missing, or storage failed.</exception>
    public static async Task CopyDetailsAsync(ReportContents report, IArtifactStore output, CancellationToken cancellationToken)
    {
        foreach (var section in report.Head.Sections)
        {
            foreach (var group in ItemGroups.InOrder)
            {
                await foreach (var item in report.Items.ReadAsync(section.Handler, group, cancellationToken).ConfigureAwait(false))
                {
                    if (item.Details is not { } name)
                    {
                        continue;
                    }

                    if (!await report.Details.TryCopyAsync(name, output, cancellationToken).ConfigureAwait(false))
                    {
                        throw new IOException($"{name}: the details of {item.Path} are missing; run the diff again");
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="FirmwareFormatException">An item is damaged.</exception>
    public async IAsyncEnumerable<ReportItem> ReadAsync(string handler, ItemGroup group, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_sections.GetValueOrDefault(handler)?.GetValueOrDefault(group) is not { Count: > 0 } list)
        {
            yield break;
        }

        using var index = await OpenIndexAsync(_folder, cancellationToken).ConfigureAwait(false);
        var window = new JsonWindow(index.Source, list.Offset, JsonReport.FileName);
        window.Expect(JsonTokenType.StartArray);
        while (Parse(window, ResultsJson.Readable.ReportItem, IndexRules.Item) is { } item)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return item;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<ItemGroup, long> Count(string handler) =>
        _sections.GetValueOrDefault(handler)?.ToDictionary(list => list.Key, list => list.Value.Count) ?? [];

    private static async Task<OwnedByteSource> OpenIndexAsync(IArtifactStore folder, CancellationToken cancellationToken) =>
        await folder.TryOpenSourceAsync(JsonReport.FileName, cancellationToken).ConfigureAwait(false)
            ?? throw new IOException($"there is no {JsonReport.FileName}");

    /// <summary>The next value, or null at the end of the array.</summary>
    private static T? Parse<T>(JsonWindow window, JsonTypeInfo<T> type, Action<T> check)
        where T : class
    {
        var bytes = window.Value();
        if (bytes.IsEmpty)
        {
            return null;
        }

        try
        {
            var value = JsonSerializer.Deserialize(bytes, type)
                ?? throw window.Damaged("a null where a value was expected");
            check(value);
            return value;
        }
        catch (JsonException fault)
        {
            throw window.Damaged(fault.Message, fault);
        }
    }

    /// <summary>Where the items of a group begin, and how many there are.</summary>
    private sealed record ItemList(long Offset, long Count);

    private sealed class HeadReader(ByteSource source, Dictionary<string, Dictionary<ItemGroup, ItemList>> lists)
    {
        private const long LongestHead = 64 << 20;

        private readonly JsonWindow _window = new(source, 0, JsonReport.FileName);
        private long _held;

        public Report Read(CancellationToken cancellationToken)
        {
            var version = 0;
            (ToolInfo? tool, string? title, OptionsInfo? options, RunInfo? run) = (null, null, null, null);
            (FirmwareInfo? old, FirmwareInfo? now) = (null, null);
            List<Section>? sections = null;
            _window.Expect(JsonTokenType.StartObject);
            while (_window.NextProperty() is { } name)
            {
                switch (name)
                {
                    case "schemaVersion":
                        version = Version();
                        break;
                    case "tool":
                        tool = One(ResultsJson.Readable.ToolInfo, IndexRules.Tool);
                        break;
                    case "title":
                        title = Text();
                        break;
                    case "old":
                        old = One(ResultsJson.Readable.FirmwareInfo, IndexRules.Firmware);
                        break;
                    case "new":
                        now = One(ResultsJson.Readable.FirmwareInfo, IndexRules.Firmware);
                        break;
                    case "options":
                        One(ResultsJson.Readable.OptionsInfo, read => options = IndexRules.Options(read));
                        break;
                    case "run":
                        One(ResultsJson.Readable.RunInfo, read => run = IndexRules.Run(read));
                        break;
                    case "sections":
                        ReadSections(sections ??= [], cancellationToken);
                        break;
                    default:
                        _window.Value();
                        break;
                }
            }

            return new Report
            {
                SchemaVersion = version > 0 ? version : throw Missing("schemaVersion"),
                Tool = tool ?? throw Missing("tool"),
                Title = title ?? throw Missing("title"),
                Old = old ?? throw Missing("old"),
                New = now ?? throw Missing("new"),
                Options = options ?? throw Missing("options"),
                Run = run ?? throw Missing("run"),
                Sections = sections ?? throw Missing("sections"),
            };
        }

        private int Version()
        {
            var text = _window.Value();
            return System.Buffers.Text.Utf8Parser.TryParse(text, out int version, out var length) && length == text.Length && version is > 0 and <= Report.CurrentSchemaVersion
                ? version
                : throw _window.Damaged($"the schema version is not one from 1 to {Report.CurrentSchemaVersion}, which this program knows");
        }

        private void ReadSections(List<Section> sections, CancellationToken cancellationToken)
        {
            _window.Expect(JsonTokenType.StartArray);
            while (_window.Next() == JsonTokenType.StartObject)
            {
                cancellationToken.ThrowIfCancellationRequested();
                sections.Add(ReadSection(cancellationToken));
            }

            if (_window.Token != JsonTokenType.EndArray)
            {
                throw _window.Damaged($"a {_window.Token} where a section was expected");
            }
        }

        private Section ReadSection(CancellationToken cancellationToken)
        {
            (string? handler, string? reason, var state, var seconds) = (null, null, SectionState.Complete, 0.0);
            List<SectionFact> facts = [];
            List<ContainerInfo> containers = [];
            Dictionary<ItemGroup, ItemList> groups = [];
            while (_window.NextProperty() is { } name)
            {
                switch (name)
                {
                    case "handler":
                        handler = One(ResultsJson.Readable.String, IndexRules.Handler);
                        break;
                    case "state":
                        state = StateOf(Text());
                        break;
                    case "reason":
                        reason = Text();
                        break;
                    case "durationSeconds":
                        seconds = Seconds();
                        break;
                    case "facts":
                        ReadList(facts, ResultsJson.Readable.SectionFact, IndexRules.Fact);
                        break;
                    case "containers":
                        ReadList(containers, ResultsJson.Readable.ContainerInfo, IndexRules.Container);
                        break;
                    case "added" or "removed" or "changed" or "moved" or "rebuilt" or "unreadable":
                        groups[Enum.Parse<ItemGroup>(name, ignoreCase: true)] = Measure(cancellationToken);
                        break;
                    default:
                        _window.Value();
                        break;
                }
            }

            if (!lists.TryAdd(handler ?? throw Missing("handler"), groups))
            {
                throw _window.Damaged($"there are two sections of {handler}");
            }

            return new Section
            {
                Handler = handler,
                State = state,
                Reason = reason,
                DurationSeconds = seconds,
                Facts = facts,
                Containers = containers,
                Counts = groups.Where(group => group.Value.Count > 0).ToDictionary(group => group.Key, group => group.Value.Count),
            };
        }

        private ItemList Measure(CancellationToken cancellationToken)
        {
            _window.Expect(JsonTokenType.StartArray);
            var offset = _window.TokenOffset;
            var count = 0L;
            for (; !_window.Value().IsEmpty; count++)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            return new ItemList(offset, count);
        }

        private void ReadList<T>(List<T> list, JsonTypeInfo<T> type, Action<T> check)
            where T : class
        {
            _window.Expect(JsonTokenType.StartArray);
            while (Parse(_window, type, check) is { } one)
            {
                Hold();
                list.Add(one);
            }
        }

        private double Seconds()
        {
            var text = _window.Value();
            if (!System.Buffers.Text.Utf8Parser.TryParse(text, out double seconds, out var length)
                || length != text.Length)
            {
                throw _window.Damaged("durationSeconds is no number");
            }

            try
            {
                IndexRules.Seconds(seconds);
                return seconds;
            }
            catch (JsonException fault)
            {
                throw _window.Damaged(fault.Message, fault);
            }
        }

        // Items stream; all else is held while the report is open.
        private void Hold()
        {
            _held += _window.ValueLength;
            if (_held > LongestHead)
            {
                throw _window.Damaged($"all but the items is longer than {LongestHead >> 20} MiB");
            }
        }

        private SectionState StateOf(string text) => text switch
        {
            "complete" => SectionState.Complete,
            "incomplete" => SectionState.Incomplete,
            "skipped" => SectionState.Skipped,
            _ => throw _window.Damaged("a section's state is none of complete, incomplete and skipped"),
        };

        private string Text() => One(ResultsJson.Readable.String, static _ => { });

        private T One<T>(JsonTypeInfo<T> type, Action<T> check)
            where T : class
        {
            var one = Parse(_window, type, check)
                ?? throw _window.Damaged("the end of an array where a value was expected");
            Hold();
            return one;
        }

        private FirmwareFormatException Missing(string name) => _window.Damaged($"there is no {name}");
    }
}
