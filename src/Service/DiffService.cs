using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Workflow;

namespace IpswDiff.Service;

/// <summary>
/// Comparisons and firmwares, as the API and the watchers of folders and containers see them. Knows no HTTP. Safe for
/// concurrent use.
/// </summary>
public sealed class DiffService
{
    private readonly IFirmwareStore _store;

    /// <summary>Puts the parts together.</summary>
    /// <param name="catalog">The catalogue.</param>
    /// <param name="artifacts">
    /// Where the artifacts of runs lie, each run below <see cref="SharedRunStores.Scope"/>.
    /// </param>
    /// <param name="firmwares">Where firmwares lie.</param>
    /// <param name="launcher">Runs comparisons.</param>
    /// <param name="options">What whoever runs the service decided.</param>
    /// <param name="time">The clock.</param>
    public DiffService(
        IRunCatalog catalog, IArtifactStore artifacts, IFirmwareStore firmwares, IRunLauncher launcher, ServiceOptions options, TimeProvider time)
    {
        var registry = new FirmwareRegistry(catalog, firmwares, options, time);
        _store = firmwares;
        Options = options;
        Runs = new RunService(catalog, artifacts, launcher, time);
        Starts = new RunStarter(catalog, artifacts, firmwares, launcher, registry, options, time);
        Firmwares = new FirmwareService(catalog, firmwares, registry, options);
    }

    /// <summary>The decisions of whoever runs the service.</summary>
    public ServiceOptions Options { get; }

    /// <summary>
    /// Scheme, host and port that browsers upload firmwares to; null where they send them to the service.
    /// </summary>
    public Uri? UploadOrigin => _store.UploadOrigin;

    /// <summary>Comparisons that were started.</summary>
    public RunService Runs { get; }

    /// <summary>Starts comparisons.</summary>
    public RunStarter Starts { get; }

    /// <summary>The firmwares.</summary>
    public FirmwareService Firmwares { get; }

    /// <summary>
    /// Registers a firmware that was dropped, and starts what is to be compared because of it. Returns the runs that
    /// this call started.
    /// </summary>
    /// <exception cref="ServiceFaultException">
    /// It does not exist, is too large, damaged, or is no firmware with build and products.
    /// </exception>
    /// <exception cref="IOException">Storage failed; call again.</exception>
    public async Task<IReadOnlyList<RunRecord>> TakeAsync(string name, CancellationToken cancellationToken) =>
        await Starts.StartPairsAsync(await Firmwares.RegisterAsync(name, cancellationToken).ConfigureAwait(false), cancellationToken)
            .ConfigureAwait(false);
}
