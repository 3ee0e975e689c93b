using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Registry;
using IpswDiff.Diffing.Shards;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Unpacked;
using IpswDiff.Diffing.Workflow.Messages;

namespace IpswDiff.Diffing.Workflow;

/// <summary>
/// What activities of one run share in a process: its request, its plan, its opened firmwares. One run's is kept while
/// it is in use and until another run comes. Safe for concurrent use.
/// </summary>
/// <param name="opener">Opens firmwares.</param>
/// <param name="stores">Where firmwares lie unpacked.</param>
internal sealed class RunCache(IFirmwareOpener opener, IRunStores stores) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private bool _disposed;

    /// <summary>Takes what is known of a run; to be disposed when the activity is over.</summary>
    public Lease Take(string runId, IArtifactStore work)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            foreach (var (id, idle) in _entries.Where(entry => entry.Value.Users == 0 && entry.Key != runId).ToArray())
            {
                _entries.Remove(id);
                idle.Dispose();
            }

            if (!_entries.TryGetValue(runId, out var entry))
            {
                _entries.Add(runId, entry = new Entry(opener, stores, work));
            }

            entry.Users++;
            return new Lease(this, runId, entry);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var entry in _entries.Values)
            {
                entry.Dispose();
            }

            _entries.Clear();
        }
    }

    // A run whose firmwares could not be opened is forgotten, so that the next attempt opens them again.
    private void Return(string runId, Entry entry)
    {
        lock (_gate)
        {
            entry.Users--;
            if (entry is { Users: 0, HasFailed: true } && _entries.Remove(runId))
            {
                entry.Dispose();
            }
        }
    }

    internal sealed class Lease(RunCache cache, string runId, Entry entry) : IDisposable
    {
        private bool _returned;

        public Task<DiffRequest> RequestAsync(CancellationToken cancellationToken) => entry.RequestAsync(cancellationToken);

        public Task<DiffPlan> PlanAsync(CancellationToken cancellationToken) => entry.PlanAsync(cancellationToken);

        public Task<IReadOnlyList<IDiffHandler>> HandlersAsync(CancellationToken cancellationToken) => entry.HandlersAsync(cancellationToken);

        /// <summary>The firmwares as they are compared: unpacked, or where they lie.</summary>
        public Task<FirmwarePair> PairAsync(CancellationToken cancellationToken) => entry.PairAsync(cancellationToken);

        /// <summary>The firmwares where they lie.</summary>
        public Task<FirmwarePair> OriginalsAsync(CancellationToken cancellationToken) => entry.OriginalsAsync(cancellationToken);

        public void Dispose()
        {
            if (!_returned)
            {
                _returned = true;
                cache.Return(runId, entry);
            }
        }
    }

    internal sealed class Entry(IFirmwareOpener opener, IRunStores stores, IArtifactStore work) : IDisposable
    {
        private readonly SemaphoreSlim _turn = new(1);
        private DiffRequest? _request;
        private DiffPlan? _plan;
        private IReadOnlyList<IDiffHandler>? _handlers;
        private FirmwarePair? _originals;
        private FirmwarePair? _pair;

        public int Users { get; set; }

        public bool HasFailed { get; private set; }

        public Task<DiffRequest> RequestAsync(CancellationToken cancellationToken) => InTurnAsync(LoadRequestAsync, cancellationToken);

        public Task<DiffPlan> PlanAsync(CancellationToken cancellationToken) =>
            InTurnAsync(async token => _plan ??= await RunArtifacts.ReadPlanAsync(work, token).ConfigureAwait(false), cancellationToken);

        public Task<IReadOnlyList<IDiffHandler>> HandlersAsync(CancellationToken cancellationToken) => InTurnAsync(
            async token => _handlers ??= HandlerRegistry.Create((await LoadRequestAsync(token).ConfigureAwait(false)).Options), cancellationToken);

        public Task<FirmwarePair> PairAsync(CancellationToken cancellationToken) => InTurnAsync(
            async token => (await LoadRequestAsync(token).ConfigureAwait(false)).Unpack
                ? _pair ??= await OpenUnpackedAsync(token).ConfigureAwait(false)
                : await LoadOriginalsAsync(token).ConfigureAwait(false),
            cancellationToken);

        public Task<FirmwarePair> OriginalsAsync(CancellationToken cancellationToken) => InTurnAsync(LoadOriginalsAsync, cancellationToken);

        public void Dispose()
        {
            _pair?.Dispose();
            _originals?.Dispose();
            _turn.Dispose();
        }

        private async Task<FirmwarePair> LoadOriginalsAsync(CancellationToken cancellationToken) =>
            _originals ??= FirmwarePair.Open(opener, (await LoadRequestAsync(cancellationToken).ConfigureAwait(false)).Options);

        private async Task<FirmwarePair> OpenUnpackedAsync(CancellationToken cancellationToken)
        {
            var options = _request!.Options;
            var old = await UnpackActivities.ReadSealedAsync(work, FirmwareSide.Old, cancellationToken).ConfigureAwait(false);
            var @new = await UnpackActivities.ReadSealedAsync(work, FirmwareSide.New, cancellationToken).ConfigureAwait(false);
            FirmwareInput Open(UnpackOutline outline, string path) =>
                FirmwareInput.FromFacts(outline.Facts, new UnpackedContents(outline, stores.Firmware(outline.FirmwareId), () => opener.Open(path)));
            return FirmwarePair.Open(() => Open(old, options.OldPath), () => Open(@new, options.NewPath), options);
        }

        private async Task<DiffRequest> LoadRequestAsync(CancellationToken cancellationToken) =>
            _request ??= await RunArtifacts.ReadRequestAsync(work, cancellationToken).ConfigureAwait(false);

        private async Task<T> InTurnAsync<T>(Func<CancellationToken, Task<T>> load, CancellationToken cancellationToken)
        {
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await load(cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                HasFailed = true;
                throw;
            }
            finally
            {
                _turn.Release();
            }
        }
    }
}
