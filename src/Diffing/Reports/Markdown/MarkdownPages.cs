using System.Text;
using IpswDiff.Diffing.Reports.Contents;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>The pages beside the README: one for each item with details, named after its path.</summary>
internal sealed class MarkdownPages(IArtifactStore details, IArtifactStore output) : IDisposable
{
    private readonly DetailsReader _details = new(details);
    private readonly Queue<Task> _writing = new(ReportContents.ItemsAhead);
    private readonly Dictionary<(string Place, string Details), string> _early = [];

    /// <summary>The names of all pages.</summary>
    public PageNames Names { get; } = new();

    /// <summary>A writer of UTF-8 text with line feeds.</summary>
    public static StreamWriter Writer(Stream stream) => new(stream, new UTF8Encoding(false), 16384, leaveOpen: true) { NewLine = "\n" };

    /// <summary>Writes the page of one of the few items that are named before their own section, which then finds it written.</summary>
    /// <exception cref="IOException">The details are gone, or storage failed.</exception>
    public async Task<string?> WriteEarlyAsync(string place, ReportItem item, CancellationToken cancellationToken)
    {
        var name = await WriteItemAsync(place, item, cancellationToken).ConfigureAwait(false);
        if (name is not null)
        {
            _early[(place, item.Details!)] = name;
        }

        return name;
    }

    /// <summary>
    /// Begins to write the page of an item and returns its name, or null where the item has no details. A page may fail after its name is
    /// known: the fault comes with a later page or with <see cref="FinishAsync"/>.
    /// </summary>
    /// <exception cref="IOException">The details of an item are gone, or storage failed.</exception>
    public async Task<string?> WriteItemAsync(string place, ReportItem item, CancellationToken cancellationToken)
    {
        if (item.Details is null)
        {
            return null;
        }

        if (_early.TryGetValue((place, item.Details), out var known))
        {
            return known;
        }

        if (_writing.Count == ReportContents.ItemsAhead)
        {
            await _writing.Dequeue().ConfigureAwait(false);
        }

        var name = Names.Take(place, item.Volume, item.Path);
        _writing.Enqueue(Task.Run(() => WritePageAsync(name, item, cancellationToken), cancellationToken));
        return name;
    }

    /// <summary>Waits until the last page is written.</summary>
    /// <exception cref="IOException">The details of an item are gone, or storage failed.</exception>
    public Task FinishAsync() => Task.WhenAll(_writing);

    /// <summary>All that was found about an item that has details.</summary>
    /// <exception cref="IOException">The details are gone or damaged, or storage failed.</exception>
    public Task<ItemDetails> ReadDetailsAsync(ReportItem item, CancellationToken cancellationToken) =>
        _details.UseAsync(item, static (_, found) => Task.FromResult(found), cancellationToken);

    public void Dispose() => _details.Dispose();

    private Task<bool> WritePageAsync(string name, ReportItem item, CancellationToken cancellationToken) =>
        _details.UseAsync(
            item,
            (_, found) => output.TryCreateAsync(
                name,
                async (stream, token) =>
                {
                    using var text = Writer(stream);
                    await text.WriteAsync(ItemPageText.Page(found), token).ConfigureAwait(false);
                },
                cancellationToken),
            cancellationToken);
}
