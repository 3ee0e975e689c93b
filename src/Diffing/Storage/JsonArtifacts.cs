using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Storage;

/// <summary>Records as artifacts: compressed JSON; of a list, one line a record.</summary>
internal static class JsonArtifacts
{
    /// <summary>
    /// The longest details of an item, in bytes of JSON. Whoever reads them holds them whole, as objects of some ten
    /// times the size at worst; the longest of a real firmware are a tenth of it.
    /// </summary>
    public const int LongestDetails = 64 << 20;

    public static Task<bool> TryCreateJsonAsync<T>(
        this IArtifactStore store, string name, T value, JsonTypeInfo<T> form, CancellationToken cancellationToken) => store.TryCreateAsync(
            name,
            async (stream, token) =>
            {
                var packed = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
                await using (packed.ConfigureAwait(false))
                {
                    await JsonSerializer.SerializeAsync(packed, value, form, token).ConfigureAwait(false);
                }
            },
            cancellationToken);

    /// <exception cref="IOException">The artifact is missing, or storage failed.</exception>
    public static async Task<T> ReadJsonAsync<T>(this IArtifactStore store, string name, JsonTypeInfo<T> form, CancellationToken cancellationToken)
        where T : class =>
        await store.TryReadJsonAsync(name, form, cancellationToken).ConfigureAwait(false)
        ?? throw new IOException($"{name} is missing from the run's artifacts; start the run again");

    public static async Task<T?> TryReadJsonAsync<T>(this IArtifactStore store, string name, JsonTypeInfo<T> form, CancellationToken cancellationToken)
        where T : class
    {
        var stream = await store.TryOpenAsync(name, cancellationToken).ConfigureAwait(false);
        if (stream is null)
        {
            return null;
        }

        await using (stream.ConfigureAwait(false))
        {
            var unpacked = new GZipStream(stream, CompressionMode.Decompress);
            await using (unpacked.ConfigureAwait(false))
            {
                return await JsonSerializer.DeserializeAsync(unpacked, form, cancellationToken).ConfigureAwait(false)
                    ?? throw new IOException($"{name} holds nothing");
            }
        }
    }

    /// <summary>Details of an item. There are many and they are short, so that waiting for each other's threads would cost more than writing.</summary>
    /// <exception cref="DetailsTooLongException">They are longer than <see cref="LongestDetails"/>; nothing is
    /// written.</exception>
    public static Task<bool> TryCreateDetailsAsync(this IArtifactStore store, string name, ItemDetails details, CancellationToken cancellationToken) =>
        store.TryCreateAsync(
            name,
            (stream, _) =>
            {
                using var packed = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
                using var bounded =
                    new BoundedStream(packed, LongestDetails, static () => new DetailsTooLongException());
                JsonSerializer.Serialize(bounded, details, ResultsJson.Readable.ItemDetails);
                return Task.CompletedTask;
            },
            cancellationToken);

    public static Task<bool> TryCreateJsonLinesAsync<T>(
        this IArtifactStore store, string name, IEnumerable<T> values, JsonTypeInfo<T> form, CancellationToken cancellationToken) => store.TryCreateAsync(
            name,
            async (stream, token) =>
            {
                var packed = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
                await using (packed.ConfigureAwait(false))
                {
                    foreach (var value in values)
                    {
                        token.ThrowIfCancellationRequested();
                        JsonSerializer.Serialize(packed, value, form);
                        packed.WriteByte((byte)'\n');
                    }
                }
            },
            cancellationToken);

    /// <exception cref="IOException">The artifact is missing, or storage failed.</exception>
    public static async IAsyncEnumerable<T> ReadJsonLinesAsync<T>(
        this IArtifactStore store, string name, JsonTypeInfo<T> form, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stream = await store.TryOpenAsync(name, cancellationToken).ConfigureAwait(false)
            ?? throw new IOException($"{name}: the result of a finished shard is gone from the work store");
        await using (stream.ConfigureAwait(false))
        {
            using var lines = new StreamReader(new GZipStream(stream, CompressionMode.Decompress));
            while (await lines.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            {
                yield return JsonSerializer.Deserialize(line, form)!;
            }
        }
    }
}
