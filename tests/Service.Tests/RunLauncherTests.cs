using System.Reflection;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Storage;
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
    public async Task Cancelling_and_removing_answer_while_the_worker_is_stuck_and_it_is_free_within_seconds()
    {
        using var gate = new GatedStore(Firmwares());
        using var launcher = Launcher(gate);
        var service = Service(gate, launcher);
        await launcher.StartAsync(Token);
        var run = await service.Starts.StartAsync(Samples, Token);
        await gate.Entered.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Equal(RunState.Cancelled,
            (await service.Runs.CancelAsync(run.Id, Token).WaitAsync(TimeSpan.FromSeconds(5), Token)).State);
        await service.Runs.PurgeAsync(run.Id, Token).WaitAsync(TimeSpan.FromSeconds(5), Token);
        for (var wait = 0; (await launcher.FindAsync(run.Id, Token)).State != LaunchState.Absent; wait++)
        {
            Assert.True(wait < 300, "the worker is not free");
            await Task.Delay(100, Token);
        }

        await launcher.StopAsync(Token);
        Assert.Empty((await service.Runs.ListAsync(10, null, Token)).Runs);
        var left = Path.Combine(_root, "artifacts", "runs");
        Assert.Empty(Directory.Exists(left) ? Directory.GetFiles(left, "*", SearchOption.AllDirectories) : []);
    }

    [Fact]
    public async Task A_run_of_another_process_is_left_alone_until_its_lease_is_over()
    {
        var firmwares = Firmwares();
        var time = new MovableTime();
        var service = Service(firmwares, new LostRuns());
        var run = await service.Starts.StartAsync(Samples, Token);
        var until = time.GetUtcNow().AddSeconds(30);
        await Catalog().UpdateRunAsync(
            run.Id,
            record => record with { State = RunState.Running, Worker = "elsewhere/1/1/x", WorkerUntil = until },
            Token);
        using var launcher = new InProcessRunLauncher(
            Catalog(), Artifacts(), Store(firmwares), _options, time, NullLogger<InProcessRunLauncher>.Instance);
        await launcher.StartAsync(Token);
        await launcher.LaunchAsync(run.Id, Token);
        while ((await launcher.FindAsync(run.Id, Token)).State != LaunchState.Absent)
        {
            await Task.Delay(20, Token);
        }

        Assert.Equal("elsewhere/1/1/x", (await Catalog().FindRunAsync(run.Id, Token))!.Value.Worker);
        time.Ahead = TimeSpan.FromMinutes(1);
        await launcher.LaunchAsync(run.Id, Token);
        while (!(await Catalog().FindRunAsync(run.Id, Token))!.Value.HasEnded)
        {
            await Task.Delay(50, Token);
        }

        var ended = (await Catalog().FindRunAsync(run.Id, Token))!.Value;
        Assert.Equal((RunState.Completed, null), (ended.State, ended.Worker));
        await launcher.StopAsync(Token);
    }

    [Fact]
    public async Task A_run_of_a_process_of_this_machine_that_died_is_taken_over_at_once()
    {
        var firmwares = Firmwares();
        var service = Service(firmwares, new LostRuns());
        var run = await service.Starts.StartAsync(Samples, Token);
        var worker = $"{Environment.MachineName}/{Environment.ProcessId}/1/x";
        await Catalog().UpdateRunAsync(
            run.Id,
            record => record with
            {
                State =
                RunState.Running,
                Worker = worker,
                WorkerUntil = DateTimeOffset.UtcNow.AddHours(1)
            },
            Token);
        using var launcher = Launcher(firmwares);
        await launcher.StartAsync(Token);
        while (!(await service.Runs.GetAsync(run.Id, Token)).Run.HasEnded)
        {
            await Task.Delay(50, Token);
        }

        await launcher.StopAsync(Token);
    }

    [Fact]
    public async Task A_run_that_another_process_cancelled_stops_here()
    {
        using var gate = new GatedStore(Firmwares());
        var time = new MovableTime();
        using var launcher = new InProcessRunLauncher(
            Catalog(), Artifacts(), Store(gate), _options, time, NullLogger<InProcessRunLauncher>.Instance);
        var service = Service(gate, launcher);
        await launcher.StartAsync(Token);
        var run = await service.Starts.StartAsync(Samples, Token);
        await gate.Entered.WaitAsync(TimeSpan.FromSeconds(30), Token);
        await Service(gate, new LostRuns()).Runs.CancelAsync(run.Id, Token);
        time.Ahead = TimeSpan.FromMinutes(1);
        for (var wait = 0; (await launcher.FindAsync(run.Id, Token)).State != LaunchState.Absent; wait++)
        {
            Assert.True(wait < 300, "the worker computes on");
            await Task.Delay(100, Token);
        }

        await launcher.StopAsync(Token);
    }

    [Fact]
    public async Task Removing_a_run_many_times_at_once_fails_for_nobody()
    {
        var firmwares = Firmwares();
        using var launcher = Launcher(firmwares);
        var service = Service(firmwares, launcher);
        await launcher.StartAsync(Token);
        var run = await service.Starts.StartAsync(Samples, Token);
        while (!(await service.Runs.GetAsync(run.Id, Token)).Run.HasEnded)
        {
            await Task.Delay(50, Token);
        }

        var removing = Enumerable.Range(0, 16)
            .Select(_ => Task.Run(() => service.Runs.PurgeAsync(run.Id, Token), Token)).ToArray();
        foreach (var one in removing)
        {
            // Whoever comes too late is told that there is none.
            var fault = await Record.ExceptionAsync(() => one);
            Assert.True(fault is null or ServiceFaultException { Kind: FaultKind.NotFound }, fault?.ToString());
        }

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

    /// <summary>The clock, put forward as the test says.</summary>
    private sealed class MovableTime : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }

    /// <summary>A launcher whose runs die when the test says so.</summary>
    private sealed class LostRuns : IRunLauncher
    {
        public bool TryKeepKeys(string runId, IReadOnlyList<ReadOnlyMemory<byte>> keys) => false;

        public bool IsLost { get; set; }

        public Task LaunchAsync(string runId, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task CancelAsync(string runId, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<LaunchedRun> FindAsync(string runId, CancellationToken cancellationToken) =>
            Task.FromResult(IsLost ? new LaunchedRun(LaunchState.Dead, null, "its instance died") : new LaunchedRun(LaunchState.Active));

        public Task PurgeAsync(string runId, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
