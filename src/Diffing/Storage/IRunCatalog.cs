namespace IpswDiff.Diffing.Storage;

/// <summary>A record and the version it was read at; an update names the version, so that nobody's change is lost.</summary>
/// <param name="Value">The record.</param>
/// <param name="Version">The catalogue's own mark of this state of it.</param>
public sealed record Versioned<T>(T Value, string Version);

/// <summary>Some runs, newest first.</summary>
/// <param name="Runs">The runs.</param>
/// <param name="Next">What to ask for the next ones with; null where there are none.</param>
public sealed record RunPage(IReadOnlyList<RunRecord> Runs, string? Next);

/// <summary>
/// What is known of runs, firmwares and activities. Every record is added once and updated under the condition that nobody changed it
/// since it was read; every query is a look-up by key or reads one range of keys. Safe for any number of threads, processes and machines.
/// </summary>
public interface IRunCatalog
{
    /// <summary>Adds a run; false where its name is taken.</summary>
    /// <exception cref="ArgumentException">The name is not of the form that <see cref="RunRecord.NewId"/> makes.</exception>
    /// <exception cref="IOException">The storage failed.</exception>
    Task<bool> TryAddRunAsync(RunRecord run, CancellationToken cancellationToken);

    /// <summary>The run of this name, or null.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    Task<Versioned<RunRecord>?> FindRunAsync(string id, CancellationToken cancellationToken);

    /// <summary>Writes a run that was read at <paramref name="version"/>; false where another changed or deleted it since.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    Task<bool> TryUpdateRunAsync(RunRecord run, string version, CancellationToken cancellationToken);

    /// <summary>Runs, newest first.</summary>
    /// <param name="count">How many at most, 1 to 1,000.</param>
    /// <param name="next">What the page before named, or null for the newest.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <exception cref="ArgumentException"><paramref name="next"/> is not from a page.</exception>
    /// <exception cref="IOException">The storage failed.</exception>
    Task<RunPage> ListRunsAsync(int count, string? next, CancellationToken cancellationToken);

    /// <summary>Removes a run and its activities; one that does not exist is no error. Its artifacts are the caller's to remove first.</summary>
    /// <exception cref="IOException">The storage failed; call again.</exception>
    Task DeleteRunAsync(string id, CancellationToken cancellationToken);

    /// <summary>The names of the runs asked for before <paramref name="olderThan"/>, newest first, whatever their state.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    IAsyncEnumerable<RunRecord> ListRunsBeforeAsync(DateTimeOffset olderThan, CancellationToken cancellationToken);

    /// <summary>Adds a firmware; false where its name is taken.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    Task<bool> TryAddFirmwareAsync(FirmwareRecord firmware, CancellationToken cancellationToken);

    /// <summary>The firmware of this name, or null.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    Task<Versioned<FirmwareRecord>?> FindFirmwareAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Writes a firmware that was read at <paramref name="version"/>; false where another changed or deleted it since. Build and
    /// products are those it was added with.
    /// </summary>
    /// <exception cref="IOException">The storage failed.</exception>
    Task<bool> TryUpdateFirmwareAsync(FirmwareRecord firmware, string version, CancellationToken cancellationToken);

    /// <summary>Removes a firmware; one that does not exist is no error.</summary>
    /// <exception cref="IOException">The storage failed; call again.</exception>
    Task DeleteFirmwareAsync(string id, CancellationToken cancellationToken);

    /// <summary>All firmwares, by name.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    IAsyncEnumerable<FirmwareRecord> ListFirmwaresAsync(CancellationToken cancellationToken);

    /// <summary>The firmwares of a product, newest build first (see <see cref="BuildNumber"/>).</summary>
    /// <param name="product">The product, iPhone18,1.</param>
    /// <param name="before">Only builds older than this one, where it is not null.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <exception cref="IOException">The storage failed.</exception>
    IAsyncEnumerable<FirmwareRecord> ListFirmwaresAsync(string product, string? before, CancellationToken cancellationToken);

    /// <summary>Records an activity's result; false where one is recorded, which stays.</summary>
    /// <exception cref="ArgumentException">Name or result are too long.</exception>
    /// <exception cref="IOException">The storage failed.</exception>
    Task<bool> TryAddActivityAsync(ActivityRecord activity, CancellationToken cancellationToken);

    /// <summary>The recorded result of an activity, or null.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    Task<ActivityRecord?> FindActivityAsync(string runId, string name, CancellationToken cancellationToken);

    /// <summary>The recorded activities of a run.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    IAsyncEnumerable<ActivityRecord> ListActivitiesAsync(string runId, CancellationToken cancellationToken);
}
