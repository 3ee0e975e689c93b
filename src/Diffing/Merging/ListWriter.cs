using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Merging;

/// <summary>
/// Writes the lists of a report one behind the other, then their index (gzip), then the index's length in eight bytes, little-endian: the
/// whole is one artifact that explains itself. For one thread.
/// </summary>
/// <param name="output">Where to; it need not seek.</param>
internal sealed class ListWriter(Stream output)
{
    private readonly List<ListRun> _runs = [];
    private readonly TopItems _top = new(ListIndex.MostTop);
    private long _offset;

    /// <summary>Writes one list.</summary>
    /// <exception cref="IOException">Reading items or writing failed.</exception>
    public async Task WriteAsync(string handler, ItemGroup group, IAsyncEnumerable<ReportItem> items, CancellationToken cancellationToken)
    {
        Run? run = null;
        try
        {
            await foreach (var item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                if (run is not null && run.Volume != item.Volume)
                {
                    await EndAsync(handler, group, run, cancellationToken).ConfigureAwait(false);
                    run.Dispose();
                    run = null;
                }

                run ??= new Run(item.Volume);
                run.Add(item);
                _top.Add(handler, group, item);
                await run.PassOnAsync(output, cancellationToken).ConfigureAwait(false);
            }

            if (run is not null)
            {
                await EndAsync(handler, group, run, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            run?.Dispose();
        }
    }

    /// <summary>Writes the index.</summary>
    /// <exception cref="IOException">Writing failed.</exception>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            JsonSerializer.Serialize(gzip, new ListIndex(_runs, _top.Take()), ListIndexJson.Default.ListIndex);
        }

        var trailer = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(trailer, packed.Length);
        packed.Write(trailer);
        packed.Position = 0;
        await packed.CopyToAsync(output, cancellationToken).ConfigureAwait(false);
    }

    private async Task EndAsync(string handler, ItemGroup group, Run run, CancellationToken cancellationToken)
    {
        run.End();
        await run.PassOnAsync(output, cancellationToken).ConfigureAwait(false);
        _runs.Add(new ListRun(handler, group, run.Volume, _offset, run.Written, run.Count));
        _offset += run.Written;
    }

    // What is packed waits in memory until there is enough to write, or until the run ends.
    private sealed class Run : IDisposable
    {
        private const int Enough = 64 << 10;

        private readonly MemoryStream _packed = new();
        private readonly GZipStream _gzip;
        private bool _isEnded;

        public Run(string? volume)
        {
            Volume = volume;
            _gzip = new GZipStream(_packed, CompressionLevel.Fastest, leaveOpen: true);
        }

        public string? Volume { get; }

        public long Count { get; private set; }

        public long Written { get; private set; }

        public void Add(ReportItem item)
        {
            JsonSerializer.Serialize(_gzip, item, ResultsJson.Readable.ReportItem);
            _gzip.WriteByte((byte)'\n');
            Count++;
        }

        public void End()
        {
            _gzip.Dispose();
            _isEnded = true;
        }

        public async Task PassOnAsync(Stream output, CancellationToken cancellationToken)
        {
            if (_packed.Length >= Enough || _isEnded)
            {
                Written += _packed.Length;
                await output.WriteAsync(_packed.GetBuffer().AsMemory(0, (int)_packed.Length), cancellationToken).ConfigureAwait(false);
                _packed.SetLength(0);
            }
        }

        public void Dispose()
        {
            _gzip.Dispose();
            _packed.Dispose();
        }
    }
}
