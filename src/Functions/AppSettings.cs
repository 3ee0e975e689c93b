namespace IpswDiff.Functions;

/// <summary>
/// The names of every setting that the app reads. infra/bicep sets them in the cloud, local.settings.sample.json for a local run; a test
/// compares the three.
/// </summary>
public static class AppSettings
{
    /// <summary>
    /// The storage account of firmwares, artifacts and reports: a connection string, or <c>__blobServiceUri</c>, <c>__tableServiceUri</c>
    /// and <c>__clientId</c> behind the name. The blob trigger reads it too, and <c>__queueServiceUri</c>.
    /// </summary>
    public const string Storage = "IpswDiffStorage";

    /// <summary>What the process may hold in memory, in MB.</summary>
    public const string MemoryLimit = "IPSWDIFF_MEMORY_LIMIT_MB";

    /// <summary>Activities that one instance runs at once; they share the memory.</summary>
    public const string ActivitiesPerInstance = "IPSWDIFF_ACTIVITIES_PER_INSTANCE";

    /// <summary>Shards of one run compared at once, by all instances together.</summary>
    public const string MaxConcurrency = "IPSWDIFF_MAX_CONCURRENCY";

    /// <summary>Hosts that firmwares may be fetched from, separated by commas; none where it is empty.</summary>
    public const string AllowedHosts = "IPSWDIFF_ALLOWED_HOSTS";

    /// <summary>
    /// Private keys of encrypted volumes as JSON, name to PEM, as <c>--aea-keys</c> takes them; in the cloud a reference to
    /// a secret of Key Vault. None where it is empty.
    /// </summary>
    public const string ArchiveKeys = "IPSWDIFF_AEA_KEYS";

    /// <summary>
    /// Published keys of encrypted payloads and images of old devices, <c>NAME=HEX</c> each, as <c>--key</c> takes
    /// them, with white space or commas between them. None where it is empty.
    /// </summary>
    public const string PublishedKeys = "IPSWDIFF_KEYS";

    /// <summary>Whether keys are not to be fetched from where Apple publishes them: true, or false or empty.</summary>
    public const string Offline = "IPSWDIFF_OFFLINE";

    /// <summary>Days that a run and its report are kept.</summary>
    public const string RunRetentionDays = "IPSWDIFF_RUN_RETENTION_DAYS";

    /// <summary>Days that an unpacked firmware is kept after the last run that used it.</summary>
    public const string UnpackedRetentionDays = "IPSWDIFF_UNPACKED_RETENTION_DAYS";

    /// <summary>When the purge runs: an NCRONTAB expression, in UTC.</summary>
    public const string PurgeSchedule = "IPSWDIFF_PURGE_SCHEDULE";

    /// <summary>Where telemetry is sent; nowhere where it is empty.</summary>
    public const string Telemetry = "APPLICATIONINSIGHTS_CONNECTION_STRING";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Storage, MemoryLimit, ActivitiesPerInstance, MaxConcurrency, AllowedHosts, ArchiveKeys, PublishedKeys, Offline,
        RunRetentionDays, UnpackedRetentionDays, PurgeSchedule, Telemetry,
    ];
}
