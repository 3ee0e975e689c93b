using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Unpacked;

namespace IpswDiff.Diffing.Workflow;

/// <summary>Where the artifacts of runs lie.</summary>
public interface IRunStores
{
    /// <summary>What the activities of a run leave for each other.</summary>
    IArtifactStore Work(string runId);

    /// <summary>The run's report, the details of its items among it.</summary>
    IArtifactStore Report(string runId);

    /// <summary>
    /// A firmware that lies unpacked, for every run that needs it; see <see cref="Inputs.FirmwareIdentity"/>.
    /// </summary>
    IArtifactStore Firmware(string firmwareId);
}

/// <summary>All runs in one store, each under its name.</summary>
/// <param name="all">The store.</param>
public sealed class SharedRunStores(IArtifactStore all) : IRunStores
{
    /// <summary>The scope of everything that belongs to a run.</summary>
    public static string Scope(string runId) => $"runs/{runId}";

    /// <inheritdoc/>
    public IArtifactStore Work(string runId) => new ScopedArtifactStore(all, $"{Scope(runId)}/work");

    /// <inheritdoc/>
    public IArtifactStore Report(string runId) => new ScopedArtifactStore(all, $"{Scope(runId)}/report");

    /// <inheritdoc/>
    public IArtifactStore Firmware(string firmwareId) => new ScopedArtifactStore(all, UnpackedFirmwares.Scope(firmwareId));
}

/// <summary>The stores of one run that has the process for itself.</summary>
/// <param name="work">For the work.</param>
/// <param name="report">For the report.</param>
public sealed class SingleRunStores(IArtifactStore work, IArtifactStore report) : IRunStores
{
    /// <inheritdoc/>
    public IArtifactStore Work(string runId) => work;

    /// <inheritdoc/>
    public IArtifactStore Report(string runId) => report;

    /// <inheritdoc/>
    public IArtifactStore Firmware(string firmwareId) => new ScopedArtifactStore(work, UnpackedFirmwares.Scope(firmwareId));
}
