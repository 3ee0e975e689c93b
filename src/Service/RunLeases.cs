using System.Diagnostics;
using System.Globalization;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Service;

/// <summary>
/// Who works for a run, where several processes serve one storage: a process that takes a run writes itself and a time
/// into its record and renews it while it works. A run whose time is over, or whose process is known to be dead, is
/// anybody's.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class RunLeases(TimeProvider time)
{
    /// <summary>How long a lease holds that is not renewed.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(30);

    /// <summary>How often a lease is renewed.</summary>
    public static readonly TimeSpan RenewEvery = Length / 3;

    // Of one process several launchers may be made; each works on its own.
    private readonly string _owner = string.Create(
        CultureInfo.InvariantCulture,
            $"{Environment.MachineName}/{Environment.ProcessId}/{StartOf(Environment.ProcessId)}/{Guid.NewGuid():N}");

    /// <summary>The record with this process as the one that works for it.</summary>
    public RunRecord Taken(RunRecord run) => run with { Worker = _owner, WorkerUntil = time.GetUtcNow() + Length };

    /// <summary>The record with nobody working for it; that of another's run as it is.</summary>
    public RunRecord? Released(RunRecord run) =>
        run.Worker == _owner ? run with { Worker = null, WorkerUntil = null } : null;

    /// <summary>Whether another process works for the run.</summary>
    public bool IsTaken(RunRecord run) =>
        run.Worker is { } worker && worker != _owner && run.WorkerUntil > time.GetUtcNow() && !IsDead(worker);

    // Of this machine's processes it is known whether they live; the start tells a number that was given again.
    private static bool IsDead(string worker)
    {
        var parts = worker.Split('/');
        return parts.Length == 4 && parts[0] == Environment.MachineName
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var process)
            && StartOf(process) is var start && start != parts[2];
    }

    private static string StartOf(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return found.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (
            gone is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return string.Empty;
        }
    }
}
