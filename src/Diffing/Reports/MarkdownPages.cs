using System.IO.Compression;
using System.Text;
using System.Text.Json;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Reports;

/// <summary>The pages beside the README: one for each item with details, named after its path.</summary>
internal sealed class MarkdownPages(IArtifactStore details, IArtifactStore output)
{
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
    /// Writes the page of an item and returns its name, or null where the item has no details.
    /// </summary>
    /// <exception cref="IOException">The details are gone, or storage failed.</exception>
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

        var found = await ReadDetailsAsync(item, cancellationToken).ConfigureAwait(false);
        var name = Names.Take(place, item.Volume, item.Path);
        await output.TryCreateAsync(
            name,
            async (stream, token) =>
            {
                using var text = Writer(stream);
                await text.WriteAsync(ItemPageText.Page(found).AsMemory(), token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return name;
    }

    /// <summary>All that was found about an item that has details.</summary>
    /// <exception cref="IOException">The details are gone, or storage failed.</exception>
    public async Task<ItemDetails> ReadDetailsAsync(ReportItem item, CancellationToken cancellationToken)
    {
        var packed = await details.TryOpenAsync(item.Details!, cancellationToken).ConfigureAwait(false)
            ?? throw new IOException($"{item.Details}: the details of {item.Path} are missing; run the diff again");
        await using (packed.ConfigureAwait(false))
        {
            using var stream = new GZipStream(packed, CompressionMode.Decompress);
            try
            {
                return await JsonSerializer.DeserializeAsync(stream, ResultsJson.Readable.ItemDetails, cancellationToken).ConfigureAwait(false)
                    ?? throw new IOException($"{item.Details}: the file is empty");
            }
            catch (Exception damaged) when (damaged is JsonException or InvalidDataException)
            {
                throw new IOException($"{item.Details}: the details of {item.Path} are damaged: {damaged.Message}", damaged);
            }
        }
    }
}
