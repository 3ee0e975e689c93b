using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Values;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>
/// A section of values by key on two pages: binary by binary, as readers know it, and key by key: who gained it, who lost it. Details
/// stream by; what is kept of them for the second page is a number for each key of each binary.
/// </summary>
internal sealed class KeyPages(ReportContents report, SectionDescriptor descriptor, MarkdownPages pages, IArtifactStore output)
{
    private static readonly ItemGroup[] Groups = [ItemGroup.Changed, ItemGroup.Added, ItemGroup.Removed];

    private readonly SortedDictionary<string, KeyHolders> _keys = new(StringComparer.Ordinal);
    private readonly List<string> _binaries = [];
    private readonly string _page = $"{descriptor.Id}.md";
    private readonly string _keyPage = $"{descriptor.Id} by key.md";
    private bool _written;

    /// <summary>Whether a group stands on the pages, so that the README does not list it.</summary>
    public static bool Tells(SectionDescriptor descriptor, ItemGroup group) => descriptor.ListsByKey && Array.IndexOf(Groups, group) >= 0;

    /// <summary>Writes both pages and their links.</summary>
    /// <param name="readme">The page that links to them.</param>
    /// <param name="section">The section.</param>
    /// <param name="volumes">The volumes that items lie on, in the order of the report.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <exception cref="IOException">Reading details or writing failed.</exception>
    public async Task WriteAsync(TextWriter readme, Section section, IReadOnlyList<string> volumes, CancellationToken cancellationToken)
    {
        if (!Groups.Any(group => section.Counts.GetValueOrDefault(group) > 0))
        {
            return;
        }

        _written = await output.TryCreateAsync(_page, (stream, token) => WriteBinariesAsync(stream, volumes, token), cancellationToken).ConfigureAwait(false);
        await output.TryCreateAsync(_keyPage, (stream, token) => WriteKeysAsync(stream, volumes, token), cancellationToken).ConfigureAwait(false);
        await readme.WriteAsync($"- [{descriptor.Id} DIFF]({MarkdownText.Target(_page)})\n- [Who gained and who lost each key]({MarkdownText.Target(_keyPage)})\n\n").ConfigureAwait(false);
    }

    private async Task WriteBinariesAsync(Stream stream, IReadOnlyList<string> volumes, CancellationToken cancellationToken)
    {
        // Storage may ask for the contents again.
        Forget();
        var text = MarkdownPages.Writer(stream);
        await using (text.ConfigureAwait(false))
        {
            await text.WriteAsync($"## {descriptor.Heading}\n").ConfigureAwait(false);
            foreach (var volume in volumes)
            {
                var heading = volume.Length > 0 ? $"\n### {MarkdownText.Text(volume)}\n" : string.Empty;
                await foreach (var (item, group, values) in ReadAsync(volume, cancellationToken).ConfigureAwait(false))
                {
                    Collect(item, group, values);
                    await text.WriteAsync(heading + Entry(item, group, values)).ConfigureAwait(false);
                    heading = string.Empty;
                }
            }
        }
    }

    private async IAsyncEnumerable<(ReportItem Item, ItemGroup Group, IReadOnlyList<ValueChange> Values)> ReadAsync(
        string volume, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var group in Groups)
        {
            var items = report.Items.ReadAsync(descriptor.Id, group, volume, cancellationToken)
                .Where(item => item.Details is not null);
            await foreach (var item in items.ConfigureAwait(false))
            {
                var details = await pages.ReadDetailsAsync(item, cancellationToken).ConfigureAwait(false);
                yield return (item, group, details.Values);
            }
        }
    }

    private static string Entry(ReportItem item, ItemGroup group, IReadOnlyList<ValueChange> values)
    {
        var mark = group switch
        {
            ItemGroup.Added => "🆕 ",
            ItemGroup.Removed => "❌ ",
            _ => string.Empty,
        };
        return $"\n### {mark}{MarkdownText.Text(item.Path[(item.Path.LastIndexOf('/') + 1)..])}\n\n> {MarkdownText.Code(item.Path)}\n{ValueChangeText.Block(values)}";
    }

    private void Forget()
    {
        _keys.Clear();
        _binaries.Clear();
    }

    private void Collect(ReportItem item, ItemGroup group, IReadOnlyList<ValueChange> values)
    {
        var binary = _binaries.Count;
        var mark = group switch
        {
            ItemGroup.Added => " 🆕",
            ItemGroup.Removed => " ❌",
            _ => string.Empty,
        };
        _binaries.Add((item.Volume is null ? string.Empty : MarkdownText.Text(item.Volume) + ": ") + MarkdownText.Code(item.Path) + mark);
        foreach (var value in values)
        {
            var first = value.Key.Count > 1 && value.Key[0].StartsWith(SliceValues.SlicePrefix, StringComparison.Ordinal) ? 1 : 0;
            if (first >= value.Key.Count)
            {
                continue;
            }

            if (!_keys.TryGetValue(value.Key[first], out var holders))
            {
                _keys.Add(value.Key[first], holders = new KeyHolders([], [], []));
            }

            // A key inside an entitlement's value that came or went changes the value; the entitlement itself stays.
            var isWhole = value.Key.Count == first + 1;
            var list = isWhole && value.Old is null ? holders.Gained : isWhole && value.New is null ? holders.Lost : holders.Changed;
            if (list.Count == 0 || list[^1] != binary)
            {
                list.Add(binary);
            }
        }
    }

    private async Task WriteKeysAsync(Stream stream, IReadOnlyList<string> volumes, CancellationToken cancellationToken)
    {
        // An earlier run of this activity may have left the first page and not the second.
        if (!_written)
        {
            Forget();
            foreach (var volume in volumes)
            {
                await foreach (var (item, group, values) in ReadAsync(volume, cancellationToken).ConfigureAwait(false))
                {
                    Collect(item, group, values);
                }
            }
        }

        var text = MarkdownPages.Writer(stream);
        await using (text.ConfigureAwait(false))
        {
            await text.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"## {descriptor.Heading} by key ({_keys.Count})\n")).ConfigureAwait(false);
            var entry = new StringBuilder();
            foreach (var (key, holders) in _keys)
            {
                cancellationToken.ThrowIfCancellationRequested();
                entry.Clear().Append("\n### ").Append(MarkdownText.Code(key)).Append('\n');
                Append(entry, "Gained by", holders.Gained);
                Append(entry, "Lost by", holders.Lost);
                Append(entry, "Value changed in", holders.Changed);
                await text.WriteAsync(entry, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private void Append(StringBuilder text, string title, List<int> binaries)
    {
        if (binaries.Count > 0)
        {
            text.Append('\n').Append(title).Append(CultureInfo.InvariantCulture, $" ({binaries.Count}):\n\n");
            binaries.ForEach(binary => text.Append("- ").Append(_binaries[binary]).Append('\n'));
        }
    }

    private sealed record KeyHolders(List<int> Gained, List<int> Lost, List<int> Changed);
}
