using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Reports;

/// <summary>The pages beside the README: one for each item with details, named after its path.</summary>
internal sealed class MarkdownPages(IArtifactStore details, IArtifactStore output)
{
    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<(string Group, string Details), string> _early = [];

    /// <summary>A writer of UTF-8 text with line feeds.</summary>
    public static StreamWriter Writer(Stream stream) => new(stream, new UTF8Encoding(false), 16384, leaveOpen: true) { NewLine = "\n" };

    /// <summary>Writes the page of one of the few items that are named before their own section, which then finds it written.</summary>
    /// <exception cref="IOException">The details are gone, or storage failed.</exception>
    public async Task<string?> WriteEarlyAsync(string group, ReportItem item, CancellationToken cancellationToken)
    {
        var name = await WriteItemAsync(group, item, cancellationToken).ConfigureAwait(false);
        if (name is not null)
        {
            _early[(group, item.Details!)] = name;
        }

        return name;
    }

    /// <summary>
    /// Writes the page of an item and returns its name, or null where the item has no details.
    /// </summary>
    /// <exception cref="IOException">The details are gone, or storage failed.</exception>
    public async Task<string?> WriteItemAsync(string group, ReportItem item, CancellationToken cancellationToken)
    {
        if (item.Details is null)
        {
            return null;
        }

        if (_early.TryGetValue((group, item.Details), out var known))
        {
            return known;
        }

        var found = await ReadDetailsAsync(item, cancellationToken).ConfigureAwait(false);
        var name = NameOf(group, item.Path);
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

    private string NameOf(string group, string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(SafePart).ToArray();
        var name = $"{group}/{(parts.Length == 0 ? "entry" : string.Join('/', parts))}";
        if (!_taken.Add(name))
        {
            name = $"{name}.{XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(path)):x8}";
            _taken.Add(name);
        }

        return name + ".md";
    }

    // A name longer than file systems hold is cut; the hash of a collision keeps cut names apart.
    private static string SafePart(string part)
    {
        var safe = new StringBuilder(part.Length);
        foreach (var c in part)
        {
            safe.Append(char.IsControl(c) || c is ' ' or '(' or ')' or '#' or '?' or '\\' or ':' or '*' or '"' or '<' or '>' or '|' || char.IsSurrogate(c) ? '_' : c);
        }

        var text = safe.Length > 80 ? safe.ToString(0, 80) : safe.ToString();
        return text is "." or ".." ? text.Replace('.', '_') : text;
    }
}
