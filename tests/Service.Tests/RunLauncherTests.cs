using System.Reflection;
using System.Runtime.CompilerServices;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats.Bytes;
using Microsoft.Extensions.Logging.Abstractions;

namespace IpswDiff.Service.Tests;

public sealed class RunLauncherTests : IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"ipswdiff-launcher-{Guid.NewGuid():N}");
    private readonly ServiceOptions _options = new() { Budget = MemoryBudget.Divide(256L << 20, 2) };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static StartDiff Samples => new() { Old = Path.GetFileName(RunningService.OldSample), New = Path.GetFileName(RunningService.NewSample) };

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_run_that_is_cancelled_while_it_goes_on_ends_without_a_report()
    {
        using var gate = new GatedStore(Firmwares());
        using var launcher = Launcher(gate);
        var service = Service(gate, launcher);
        await launcher.StartAsync(Token);
        var run = await service.Starts.StartAsync(Samples, Token);
        await gate.Entered.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Equal(RunState.Running, (await service.Runs.GetAsync(run.Id, Token)).Run.State);

        var cancelling = service.Runs.CancelAsync(run.Id, Token);
        gate.Release();
        Assert.Equal(RunState.Cancelled, (await cancelling).State);
        var view = await service.Runs.GetAsync(run.Id, Token);
        Assert.Equal(RunState.Cancelled, view.Run.State);
        Assert.NotNull(view.Run.EndedAt);
        Assert.Empty(view.Reports);
        await launcher.StopAsync(Token);
    }

    [Fact]
    public async Task A_run_that_is_cancelled_while_it_waits_never_begins()
    {
        using var gate = new GatedStore(Firmwares());
        using var launcher = Launcher(gate);
        var service = Service(gate, launcher);
        var first = await service.Starts.StartAsync(Samples, Token);
        await service.Runs.CancelAsync(first.Id, Token);
        var second = await service.Starts.StartAsync(Samples, Token);
        gate.Release();
        await launcher.StartAsync(Token);
        while (!(await service.Runs.GetAsync(second.Id, Token)).Run.HasEnded)
        {
            await Task.Delay(50, Token);
        }

        var view = await service.Runs.GetAsync(first.Id, Token);
        Assert.Equal(RunState.Cancelled, view.Run.State);
        Assert.Null(view.Run.StartedAt);
        Assert.Equal(RunState.Completed, (await service.Runs.GetAsync(second.Id, Token)).Run.State);
        await launcher.StopAsync(Token);
    }

    [Fact]
    public async Task A_run_that_was_going_on_when_the_process_ended_is_completed_by_the_next()
    {
        RunRecord run;
        using (var gate = new GatedStore(Firmwares()))
        using (var launcher = Launcher(gate))
        {
            var service = Service(gate, launcher);
            await launcher.StartAsync(Token);
            run = await service.Starts.StartAsync(Samples, Token);
            await gate.Entered.WaitAsync(TimeSpan.FromSeconds(30), Token);
            var stopping = launcher.StopAsync(Token);
            gate.Release();
            await stopping;
            Assert.Equal(RunState.Running, (await service.Runs.GetAsync(run.Id, Token)).Run.State);
        }

        var firmwares = Firmwares();
        using var next = Launcher(firmwares);
        await next.StartAsync(Token);
        var resumed = Service(firmwares, next);
        while (!(await resumed.Runs.GetAsync(run.Id, Token)).Run.HasEnded)
        {
            await Task.Delay(50, Token);
        }

        var view = await resumed.Runs.GetAsync(run.Id, Token);
        Assert.Equal(RunState.Completed, view.Run.State);
        Assert.Contains("report.json", view.Reports);
        await next.StopAsync(Token);
    }

    [Fact]
    public async Task An_end_that_storage_does_not_take_is_recorded_once_it_does()
    {
        using var gate = new GatedStore(Firmwares());
        var catalog = FaultyCatalog.Of(Catalog(), out var faults);
        using var launcher = new InProcessRunLauncher(catalog, Artifacts(), Store(gate), _options, TimeProvider.System, NullLogger<InProcessRunLauncher>.Instance);
        var service = Service(gate, launcher);
        await launcher.StartAsync(Token);
        var run = await service.Starts.StartAsync(Samples, Token);
        await gate.Entered.WaitAsync(TimeSpan.FromSeconds(30), Token);
        faults.AreOn = true;
        gate.Release();
        while (!faults.HitAnEnd)
        {
            await Task.Delay(20, Token);
        }

        Assert.False((await service.Runs.GetAsync(run.Id, Token)).Run.HasEnded);
        faults.AreOn = false;
        while (!(await service.Runs.GetAsync(run.Id, Token)).Run.HasEnded)
        {
            await Task.Delay(50, Token);
        }

        Assert.Equal(RunState.Completed, (await service.Runs.GetAsync(run.Id, Token)).Run.State);
        await launcher.StopAsync(Token);
    }

    [Fact]
    public async Task A_firmware_is_paired_once_whoever_asks()
    {
        var firmwares = Firmwares();
        using var launcher = Launcher(firmwares);
        var service = Service(firmwares, launcher);
        var old = await service.Firmwares.RegisterAsync(Samples.Old!, Token);
        var @new = await service.Firmwares.RegisterAsync(Samples.New!, Token);
        var started = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => service.Starts.StartPairsAsync(@new, Token)));
        var run = Assert.Single(started.SelectMany(runs => runs));
        Assert.Equal((old.Id, @new.Id), (run.OldFirmware, run.NewFirmware));
        Assert.Empty(await service.Starts.StartPairsAsync(old, Token));
        await service.Runs.PurgeAsync(run.Id, Token);
        Assert.Empty(await service.Starts.StartPairsAsync(@new, Token));
        Assert.Empty(await service.Starts.StartPairsAsync(old, Token));
        Assert.Empty((await service.Runs.ListAsync(10, null, Token)).Runs);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dropped_firmwares_find_each_other_in_either_order(bool newerFirst)
    {
        var firmwares = Firmwares();
        using var launcher = Launcher(firmwares);
        var service = Service(firmwares, launcher);
        string[] order = newerFirst ? [Samples.New!, Samples.Old!] : [Samples.Old!, Samples.New!];
        Assert.Empty(await service.TakeAsync(order[0], Token));
        var run = Assert.Single(await service.TakeAsync(order[1], Token));
        Assert.Equal((Samples.Old, Samples.New), (run.Old, run.New));
        Assert.Equal(LaunchState.Active, (await launcher.FindAsync(run.Id, Token)).State);
        Assert.Empty(await service.TakeAsync(order[0], Token));
        Assert.Empty(await service.TakeAsync(order[1], Token));
    }

    [Fact]
    public async Task A_run_that_its_launcher_lost_is_told_as_failed_with_the_reason()
    {
        var launcher = new LostRuns();
        var service = Service(Firmwares(), launcher);
        var run = await service.Starts.StartAsync(Samples, Token);
        Assert.Equal(RunState.Queued, (await service.Runs.GetAsync(run.Id, Token)).Run.State);
        launcher.IsLost = true;
        var lost = (await service.Runs.GetAsync(run.Id, Token)).Run;
        Assert.Equal((RunState.Failed, "its instance died"), (lost.State, lost.Reason));
        Assert.NotNull(lost.EndedAt);
    }

    private FolderArtifactStore Firmwares()
    {
        var folder = Path.Combine(_root, "firmwares");
        Directory.CreateDirectory(folder);
        foreach (var sample in new[] { RunningService.OldSample, RunningService.NewSample })
        {
            File.Copy(sample, Path.Combine(folder, Path.GetFileName(sample)), overwrite: true);
        }

        return new FolderArtifactStore(folder);
    }

    private InProcessRunLauncher Launcher(IArtifactStore firmwares) => new(Catalog(), Artifacts(), Store(firmwares), _options, TimeProvider.System, NullLogger<InProcessRunLauncher>.Instance);

    private DiffService Service(IArtifactStore firmwares, IRunLauncher launcher) =>
        new(Catalog(), Artifacts(), Store(firmwares), launcher, _options, TimeProvider.System);

    private FolderFirmwareStore Store(IArtifactStore files) => new(Path.Combine(_root, "firmwares"), files);

    private FolderRunCatalog Catalog() => new(Path.Combine(_root, "catalog"));

    private FolderArtifactStore Artifacts() => new(Path.Combine(_root, "artifacts"));

    /// <summary>A catalogue that takes no updates while the test says so.</summary>
    private class FaultyCatalog : DispatchProxy
    {
        private IRunCatalog _catalog = null!;

        public bool AreOn { get; set; }

        /// <summary>Whether a record was refused that says how a run ended.</summary>
        public bool HitAnEnd { get; private set; }

        public static IRunCatalog Of(IRunCatalog catalog, out FaultyCatalog faults)
        {
            var proxy = Create<IRunCatalog, FaultyCatalog>();
            faults = (FaultyCatalog)(object)proxy;
            faults._catalog = catalog;
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (AreOn && targetMethod!.Name == nameof(IRunCatalog.TryUpdateRunAsync))
            {
                HitAnEnd |= ((RunRecord)args![0]!).HasEnded;
                return Task.FromException<bool>(new IOException("the disk is full"));
            }

            return targetMethod!.Invoke(_catalog, args);
        }
    }

    /// <summary>A launcher whose runs die when the test says so.</summary>
    private sealed class LostRuns : IRunLauncher
    {
        public bool IsLost { get; set; }

        public Task LaunchAsync(string runId, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task CancelAsync(string runId, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<LaunchedRun> FindAsync(string runId, CancellationToken cancellationToken) =>
            Task.FromResult(IsLost ? new LaunchedRun(LaunchState.Dead, null, "its instance died") : new LaunchedRun(LaunchState.Active));

        public Task PurgeAsync(string runId, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>A store whose firmwares open only once the test lets them.</summary>
    private sealed class GatedStore(IArtifactStore store) : IArtifactStore, IDisposable
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Entered => _entered.Task;

        public void Release() => _open.TrySetResult();

        public void Dispose() => Release();

        public async Task<OwnedByteSource?> TryOpenSourceAsync(string name, CancellationToken cancellationToken)
        {
            _entered.TrySetResult();
            await _open.Task;
            return await store.TryOpenSourceAsync(name, cancellationToken);
        }

        public Task<bool> TryCreateAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken) =>
            store.TryCreateAsync(name, write, cancellationToken);

        public Task<Stream?> TryOpenAsync(string name, CancellationToken cancellationToken) => store.TryOpenAsync(name, cancellationToken);

        public Task<bool> ExistsAsync(string name, CancellationToken cancellationToken) => store.ExistsAsync(name, cancellationToken);

        public async IAsyncEnumerable<string> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var name in store.ListAsync(prefix, cancellationToken))
            {
                yield return name;
            }
        }

        public Task DeleteAsync(string name, CancellationToken cancellationToken) => store.DeleteAsync(name, cancellationToken);

        public Task<int> DeleteAllAsync(string prefix, CancellationToken cancellationToken) => store.DeleteAllAsync(prefix, cancellationToken);
    }
}
