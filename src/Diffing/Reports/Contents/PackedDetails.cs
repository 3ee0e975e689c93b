using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Reports.Contents;

/// <summary>
/// The details of an item as they are kept beside the index: JSON, gzip. A file is believed no more than <see
/// cref="JsonArtifacts.LongestDetails"/>: neither the length that its last bytes declare (RFC 1952, ISIZE) nor what
/// really comes out of it may be more, and both must agree.
/// </summary>
internal sealed class PackedDetails
{
    private const int SmallestFile = 18;

    private readonly MemoryStream _packed;
    private readonly ReportItem _item;

    private PackedDetails(MemoryStream packed, ReportItem item, int length) =>
        (_packed, _item, Length) = (packed, item, length);

    /// <summary>How many bytes the JSON has.</summary>
    public int Length { get; }

    /// <summary>The details as they are kept, at their beginning.</summary>
    public MemoryStream Packed
    {
        get
        {
            _packed.Position = 0;
            return _packed;
        }
    }

    /// <summary>Reads the details of an item that has any, packed as they are.</summary>
    /// <exception cref="IOException">They are gone, or no gzip of a length that details have, or storage
    /// failed.</exception>
    public static async Task<PackedDetails> ReadAsync(
        IArtifactStore store, ReportItem item, CancellationToken cancellationToken)
    {
        var file = await store.TryOpenAsync(item.Details!, cancellationToken).ConfigureAwait(false)
            ?? throw new IOException($"{item.Details}: the details of {item.Path} are missing; run the diff again");
        await using var disposal = file.ConfigureAwait(false);
        var packed = new MemoryStream();
        using var bounded = new BoundedStream(file, JsonArtifacts.LongestDetails, () => TooLong(item));
        await bounded.CopyToAsync(packed, cancellationToken).ConfigureAwait(false);
        if (packed.Length < SmallestFile)
        {
            throw Damaged(item, "the file ends early", null);
        }

        var declared =
            BinaryPrimitives.ReadUInt32LittleEndian(packed.GetBuffer().AsSpan((int)packed.Length - sizeof(uint)));
        return declared <= JsonArtifacts.LongestDetails
            ? new PackedDetails(packed, item, (int)declared) : throw TooLong(item);
    }

    /// <summary>Unpacks them. Nothing is waited for, so as many are unpacked at a time as there are cores.</summary>
    /// <exception cref="IOException">They are damaged, longer than they declare, or not as the schema says.</exception>
    public ItemDetails Unpack()
    {
        using var gzip = new GZipStream(Packed, CompressionMode.Decompress, leaveOpen: true);
        using var text = new BoundedStream(gzip, Length, static () =>
            new InvalidDataException("there is more in the file than it declares"));
        try
        {
            var details = JsonSerializer.Deserialize(text, ResultsJson.Readable.ItemDetails)
                ?? throw new JsonException("there is a null where details were expected");
            DetailsRules.Check(details);
            return details;
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidDataException)
        {
            throw Damaged(_item, damaged.Message, damaged);
        }
    }

    private static IOException Damaged(ReportItem item, string reason, Exception? inner) =>
        new($"{item.Details}: the details of {item.Path} are damaged: {reason}", inner);

    private static IOException TooLong(ReportItem item) =>
        new($"{item.Details}: the details of {item.Path} are longer than the "
            + $"{JsonArtifacts.LongestDetails >> 20} MiB that details have at most");
}
