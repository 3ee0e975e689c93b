using System.IO.Compression;
using System.Text.Json;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Reports;

/// <summary>The details of an item as they are kept beside the index: JSON, gzip.</summary>
internal static class PackedDetails
{
    /// <summary>Opens the details of an item that has any.</summary>
    /// <exception cref="IOException">They are gone, or storage failed.</exception>
    public static async Task<Stream> OpenAsync(IArtifactStore store, ReportItem item, CancellationToken cancellationToken) =>
        await store.TryOpenAsync(item.Details!, cancellationToken).ConfigureAwait(false)
            ?? throw new IOException($"{item.Details}: the details of {item.Path} are missing; run the diff again");

    /// <summary>Reads what <see cref="OpenAsync"/> opened.</summary>
    /// <exception cref="IOException">They are damaged, or reading failed.</exception>
    public static async Task<ItemDetails> ReadAsync(Stream packed, ReportItem item, CancellationToken cancellationToken)
    {
        var stream = new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true);
        await using var disposal = stream.ConfigureAwait(false);
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
