using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text.Json;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Merging;

/// <summary>
/// The lists of a report as the merge left them. Opening reads the index; of an artifact that is short everything, so that a small report
/// costs storage one request.
/// </summary>
internal sealed class MergedLists : IReportItems
{
    private const int HeldBytes = 4 << 20;

    private readonly IArtifactStore _work;
    private readonly ListIndex _index;
    private readonly byte[]? _held;

    private MergedLists(IArtifactStore work, ListIndex index, byte[]? held) => (_work, _index, _held) = (work, index, held);

    /// <summary>Opens the lists of a run that has been merged.</summary>
    /// <exception cref="IOException">There are none, or storage failed.</exception>
    public static async Task<MergedLists> OpenAsync(IArtifactStore work, CancellationToken cancellationToken)
    {
        using var lists = await OpenSourceAsync(work, cancellationToken).ConfigureAwait(false);
        var source = lists.Source;
        if (source.Length > HeldBytes)
        {
            return new MergedLists(work, ReadIndex(source), null);
        }

        var held = new byte[source.Length];
        source.ReadExactly(0, held);
        return new MergedLists(work, ReadIndex(new MemoryByteSource(held)), held);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ReportItem> ReadAsync(string handler, ItemGroup group, CancellationToken cancellationToken) =>
        ReadAsync(RunsOf(handler, group), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ReportItem> ReadAsync(string handler, ItemGroup group, string volume, CancellationToken cancellationToken) =>
        ReadAsync(RunsOf(handler, group).Where(run => (run.Volume ?? string.Empty) == volume), cancellationToken);

    /// <inheritdoc/>
    public IReadOnlyDictionary<ItemGroup, long> Count(string handler) => _index.Runs
        .Where(run => run.Handler == handler)
        .GroupBy(run => run.Group)
        .ToDictionary(group => group.Key, group => group.Sum(run => run.Count));

    /// <inheritdoc/>
    public IAsyncEnumerable<(string? Volume, long Count)> RunsAsync(string handler, ItemGroup group, CancellationToken cancellationToken) =>
        RunsOf(handler, group).Select(run => (run.Volume, run.Count)).ToAsyncEnumerable();

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TopItem>> TopAsync(IEnumerable<string> handlers, int count, CancellationToken cancellationToken) =>
        count <= _index.Top.Count || _index.Top.Count < ListIndex.MostTop
            ? [.. _index.Top.Take(count)]
            : await TopItems.FindAsync(this, handlers, count, cancellationToken).ConfigureAwait(false);

    private IEnumerable<ListRun> RunsOf(string handler, ItemGroup group) =>
        _index.Runs.Where(run => run.Handler == handler && run.Group == group);

    private async IAsyncEnumerable<ReportItem> ReadAsync(IEnumerable<ListRun> runs, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        OwnedByteSource? opened = null;
        try
        {
            foreach (var run in runs)
            {
                ByteSource source = _held is not null
                    ? new MemoryByteSource(_held)
                    : (opened ??= await OpenSourceAsync(_work, cancellationToken).ConfigureAwait(false)).Source;
                using var lines = new StreamReader(
                    new GZipStream(new ByteSourceStream(source.Slice(run.Offset, run.Length)), CompressionMode.Decompress));
                while (await lines.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
                {
                    yield return JsonSerializer.Deserialize(line, ResultsJson.Readable.ReportItem)!;
                }
            }
        }
        finally
        {
            opened?.Dispose();
        }
    }

    private static async Task<OwnedByteSource> OpenSourceAsync(IArtifactStore work, CancellationToken cancellationToken) =>
        await work.TryOpenSourceAsync(ArtifactNames.Lists, cancellationToken).ConfigureAwait(false)
            ?? throw new IOException($"{ArtifactNames.Lists} is missing from the run's artifacts; start the run again");

    private static ListIndex ReadIndex(ByteSource source)
    {
        Span<byte> trailer = stackalloc byte[sizeof(long)];
        var end = source.Length - sizeof(long);
        if (end < 0)
        {
            throw Damaged();
        }

        source.ReadExactly(end, trailer);
        var length = BinaryPrimitives.ReadInt64LittleEndian(trailer);
        if (length < 0 || length > end)
        {
            throw Damaged();
        }

        using var index = new GZipStream(new ByteSourceStream(source.Slice(end - length, length)), CompressionMode.Decompress);
        return JsonSerializer.Deserialize(index, ListIndexJson.Default.ListIndex) ?? throw Damaged();

        static IOException Damaged() => new($"{ArtifactNames.Lists} is damaged; start the run again");
    }
}
