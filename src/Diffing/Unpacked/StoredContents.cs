using IpswDiff.Diffing.Storage;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Unpacked;

/// <summary>
/// The blobs that the contents of an unpacked volume lie in, opened when they are first read; no more than a few are open at a time.
/// Safe for concurrent use.
/// </summary>
internal sealed class StoredContents : IDisposable
{
    private const int MostOpen = 64;

    private readonly IArtifactStore _store;
    private readonly ContentExtent[] _extents;
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Opened> _open = [];
    private long _clock;
    private bool _disposed;

    /// <param name="store">The unpacked firmware.</param>
    /// <param name="extents">The blobs, by ascending place.</param>
    /// <exception cref="FirmwareFormatException">Places overlap.</exception>
    public StoredContents(IArtifactStore store, IReadOnlyList<ContentExtent> extents)
    {
        _store = store;
        _extents = [.. extents];
        long end = 0;
        foreach (var extent in extents)
        {
            if (extent.Start < end || extent.Length < 0 || extent.Start > long.MaxValue - extent.Length)
            {
                throw new FirmwareFormatException(EntryCodec.Format, -1, $"the blob {extent.Name} lies at a place that another one has");
            }

            end = extent.Start + extent.Length;
        }
    }

    /// <summary>What lies at <paramref name="place"/>.</summary>
    /// <exception cref="FirmwareFormatException">No blob has the whole of it.</exception>
    public ByteSource Open(long place, long length)
    {
        var extent = OrderedSearch.LastAtOrBefore<ContentExtent, long>(_extents, place);
        if (extent < 0 || length > _extents[extent].Start + _extents[extent].Length - place)
        {
            throw new FirmwareFormatException(EntryCodec.Format, -1, $"no blob holds the {length} bytes at place 0x{place:x}");
        }

        return new Content(this, extent, length).Slice(place - _extents[extent].Start, length);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var opened in _open.Values.Where(opened => opened.Users == 0))
            {
                opened.Source?.Dispose();
            }

            _open.Clear();
        }
    }

    private Opened Take(int extent)
    {
        Opened opened;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_open.TryGetValue(extent, out opened!))
            {
                MakeRoom();
                _open.Add(extent, opened = new Opened());
            }

            opened.Users++;
            opened.LastUse = ++_clock;
        }

        try
        {
            opened.Load(_store, _extents[extent]);
            return opened;
        }
        catch
        {
            Return(extent, opened);
            throw;
        }
    }

    private void Return(int extent, Opened opened)
    {
        lock (_gate)
        {
            opened.Users--;
            if (opened.Users == 0 && (_disposed || opened.Source is null))
            {
                // Nobody else will find it: closed behind its last reader, or never opened because storage failed.
                _open.Remove(extent);
                opened.Source?.Dispose();
            }
        }
    }

    private void MakeRoom()
    {
        while (_open.Count >= MostOpen && _open.Where(entry => entry.Value.Users == 0).OrderBy(entry => entry.Value.LastUse).Select(entry => (int?)entry.Key).FirstOrDefault() is { } oldest)
        {
            _open[oldest].Source?.Dispose();
            _open.Remove(oldest);
        }
    }

    private sealed class Opened
    {
        private readonly Lock _loading = new();

        public OwnedByteSource? Source { get; private set; }

        public int Users { get; set; }

        public long LastUse { get; set; }

        public void Load(IArtifactStore store, ContentExtent extent)
        {
            lock (_loading)
            {
                Source ??= store.TryOpenSourceAsync(extent.Name, CancellationToken.None).GetAwaiter().GetResult()
                    ?? throw new IOException($"{extent.Name} is missing from the unpacked firmware; it may have been removed as out of date: start the run again");
            }
        }
    }

    private sealed class Content(StoredContents owner, int extent, long length) : ByteSource
    {
        public override long Length => owner._extents[extent].Length;

        protected override string Kind => "unpacked contents";

        public override void ReadAhead(long offset, long count)
        {
            if (length >= ReadAheadFrom)
            {
                var opened = owner.Take(extent);
                try
                {
                    opened.Source!.Source.ReadAhead(offset, count);
                }
                finally
                {
                    owner.Return(extent, opened);
                }
            }
        }

        protected override void ReadCore(long offset, Span<byte> destination)
        {
            var opened = owner.Take(extent);
            try
            {
                opened.Source!.Source.ReadExactly(offset, destination);
            }
            finally
            {
                owner.Return(extent, opened);
            }
        }

        // What is smaller comes with the block it lies in.
        private const long ReadAheadFrom = 1 << 20;
    }
}
