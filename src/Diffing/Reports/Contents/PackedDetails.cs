using System.IO.Compression;
using System.Text.Json;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Reports.Contents;

/// <summary>The details of an item as they are kept beside the index: JSON, gzip.</summary>
internal static class PackedDetails
{
    /// <summary>Reads the details of an item that has any, packed as they are.</summary>
    /// <exception cref="IOException">They are gone, or storage failed.</exception>
    public static async Task<MemoryStream> ReadAsync(IArtifactStore store, ReportItem item, CancellationToken cancellationToken)
    {
        var file = await store.TryOpenAsync(item.Details!, cancellationToken).ConfigureAwait(false)
            ?? throw new IOException($"{item.Details}: the details of {item.Path} are missing; run the diff again");
        await using var disposal = file.ConfigureAwait(false);
        var packed = new MemoryStream();
        await file.CopyToAsync(packed, cancellationToken).ConfigureAwait(false);
        packed.Position = 0;
        return packed;
    }

    /// <summary>Unpacks what <see cref="ReadAsync"/> read, which is left at its beginning. Nothing is waited for, so as many are unpacked at a time as there are cores.</summary>
    /// <exception cref="IOException">They are damaged.</exception>
    public static ItemDetails Unpack(MemoryStream packed, ReportItem item)
    {
        using var stream = new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true);
        try
        {
            var details = JsonSerializer.Deserialize(stream, ResultsJson.Readable.ItemDetails) ?? throw new IOException($"{item.Details}: the file is empty");
            packed.Position = 0;
            return details;
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidDataException)
        {
            throw new IOException($"{item.Details}: the details of {item.Path} are damaged: {damaged.Message}", damaged);
        }
    }
}
