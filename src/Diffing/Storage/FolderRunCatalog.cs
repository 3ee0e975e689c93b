using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace IpswDiff.Diffing.Storage;

/// <summary>
/// The catalogue as files below a folder: one file a record, its version on the first line, its JSON after it. A file is replaced as a
/// whole, and writers of all threads and processes take turns by a lock file; readers wait for nobody.
/// </summary>
public sealed class FolderRunCatalog : IRunCatalog
{
    private const string Extension = ".json";
    private const string PartialSuffix = ".partial";
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(5);

    private readonly string _root;
    private readonly Records<RunRecord> _runs;
    private readonly Records<FirmwareRecord> _firmwares;

    /// <summary>Uses <paramref name="root"/>, which is made if it does not exist.</summary>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    public FolderRunCatalog(string root)
    {
        _root = Path.GetFullPath(root);
        foreach (var folder in (string[])[Runs, Firmwares, Activities])
        {
            Directory.CreateDirectory(folder);
        }

        _runs = new(this, CatalogJson.Default.RunRecord, RunFile, static run => run.Id);
        _firmwares = new(this, CatalogJson.Default.FirmwareRecord, FirmwareFile, static firmware => firmware.Id);
    }

    private string Runs => Path.Combine(_root, "runs");

    private string Firmwares => Path.Combine(_root, "firmwares");

    private string Activities => Path.Combine(_root, "activities");

    /// <inheritdoc/>
    public Task<bool> TryAddRunAsync(RunRecord run, CancellationToken cancellationToken) => _runs.TryAddAsync(run, cancellationToken);

    /// <inheritdoc/>
    public Task<Versioned<RunRecord>?> FindRunAsync(string id, CancellationToken cancellationToken) => _runs.FindAsync(id, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TryUpdateRunAsync(RunRecord run, string version, CancellationToken cancellationToken) =>
        _runs.TryUpdateAsync(run, version, cancellationToken);

    /// <inheritdoc/>
    public async Task<RunPage> ListRunsAsync(int count, string? next, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 1000);
        var runs = new List<RunRecord>();
        await foreach (var run in RunsBefore(next, cancellationToken).ConfigureAwait(false))
        {
            if (runs.Count == count)
            {
                return new RunPage(runs, runs[^1].Id);
            }

            runs.Add(run);
        }

        return new RunPage(runs, null);
    }

    /// <inheritdoc/>
    public Task DeleteRunAsync(string id, CancellationToken cancellationToken)
    {
        var activities = ActivityFolder(id);
        var run = RunFile(id);
        return ExclusivelyAsync(
            () =>
            {
                if (Directory.Exists(activities))
                {
                    Directory.Delete(activities, recursive: true);
                }

                File.Delete(run);
                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<RunRecord> ListRunsBeforeAsync(DateTimeOffset olderThan, CancellationToken cancellationToken) =>
        RunsBefore(RunRecord.FirstIdAt(olderThan), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TryAddFirmwareAsync(FirmwareRecord firmware, CancellationToken cancellationToken) => _firmwares.TryAddAsync(firmware, cancellationToken);

    /// <inheritdoc/>
    public Task<Versioned<FirmwareRecord>?> FindFirmwareAsync(string id, CancellationToken cancellationToken) => _firmwares.FindAsync(id, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TryUpdateFirmwareAsync(FirmwareRecord firmware, string version, CancellationToken cancellationToken) =>
        _firmwares.TryUpdateAsync(firmware, version, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteFirmwareAsync(string id, CancellationToken cancellationToken)
    {
        var file = FirmwareFile(id);
        return ExclusivelyAsync(
            () =>
            {
                File.Delete(file);
                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<FirmwareRecord> ListFirmwaresAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var file in Directory.EnumerateFiles(Firmwares, "*" + Extension).Order(StringComparer.Ordinal))
        {
            if (await ReadAsync(file, CatalogJson.Default.FirmwareRecord, cancellationToken).ConfigureAwait(false) is { } firmware)
            {
                yield return firmware.Value;
            }
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<FirmwareRecord> ListFirmwaresAsync(
        string product, string? before, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(product);
        var limit = before is null ? null : BuildNumber.Parse(before);
        var found = new List<(BuildNumber Build, FirmwareRecord Firmware)>();
        await foreach (var firmware in ListFirmwaresAsync(cancellationToken).ConfigureAwait(false))
        {
            var build = BuildNumber.Parse(firmware.Build);
            if (firmware.Products.Contains(product, StringComparer.Ordinal) && (limit is null || build < limit))
            {
                found.Add((build, firmware));
            }
        }

        foreach (var (_, firmware) in found.OrderByDescending(static item => item.Build).ThenBy(static item => item.Firmware.Id, StringComparer.Ordinal))
        {
            yield return firmware;
        }
    }

    /// <inheritdoc/>
    public Task<bool> TryAddActivityAsync(ActivityRecord activity, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(activity);
        activity.Check();
        return WriteAsync(ActivityFile(activity.RunId, activity.Name), activity, CatalogJson.Default.ActivityRecord, null, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ActivityRecord?> FindActivityAsync(string runId, string name, CancellationToken cancellationToken) =>
        (await ReadAsync(ActivityFile(runId, name), CatalogJson.Default.ActivityRecord, cancellationToken).ConfigureAwait(false))?.Value;

    /// <inheritdoc/>
    public async IAsyncEnumerable<ActivityRecord> ListActivitiesAsync(string runId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var file in FilesIn(ActivityFolder(runId)))
        {
            if (await ReadAsync(file, CatalogJson.Default.ActivityRecord, cancellationToken).ConfigureAwait(false) is { } activity)
            {
                yield return activity.Value;
            }
        }
    }

    /// <summary>Removes the half-written records of writers that died.</summary>
    /// <exception cref="IOException">A folder cannot be read, or another process keeps the lock of the catalogue.</exception>
    public Task RemoveAbandonedAsync(CancellationToken cancellationToken) =>
        ExclusivelyAsync(
            () =>
            {
                // Whoever writes a record holds the lock until it has its name: what is not named by now never will be.
                foreach (var partial in Directory.EnumerateFiles(_root, "*" + PartialSuffix, SearchOption.AllDirectories))
                {
                    File.Delete(partial);
                }

                return true;
            },
            cancellationToken);

    // Another may remove the run at any moment.
    private static string[] FilesIn(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder, "*" + Extension).Order(StringComparer.Ordinal)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static async Task<Versioned<T>?> ReadAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            var text = await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false);
            var line = text.IndexOf('\n', StringComparison.Ordinal);
            return new Versioned<T>(JsonSerializer.Deserialize(text.AsSpan(line + 1), type)!, text[..Math.Max(line, 0)]);
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException damage)
        {
            throw new IOException($"{path}: the record is damaged ({damage.Message}); remove the file to go on without it", damage);
        }
    }

    private Task<bool> WriteAsync<T>(string path, T record, JsonTypeInfo<T> type, string? expected, CancellationToken cancellationToken)
    {
        var text = Encoding.UTF8.GetBytes($"{Guid.NewGuid():N}\n{JsonSerializer.Serialize(record, type)}");
        return ExclusivelyAsync(
            () =>
            {
                if (VersionOf(path) != expected)
                {
                    return false;
                }

                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                var partial = $"{path}.{Guid.NewGuid():N}{PartialSuffix}";
                try
                {
                    using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None))
                    {
                        stream.Write(text);
                        stream.Flush(flushToDisk: true);
                    }

                    File.Move(partial, path, overwrite: true);
                }
                finally
                {
                    File.Delete(partial);
                }

                return true;
            },
            cancellationToken);
    }

    private static string? VersionOf(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            return reader.ReadLine() ?? string.Empty;
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    // The system lets go of the lock file when its holder dies.
    private async Task<T> ExclusivelyAsync<T>(Func<T> action, CancellationToken cancellationToken)
    {
        var lockFile = await LockAsync(cancellationToken).ConfigureAwait(false);
        await using (lockFile.ConfigureAwait(false))
        {
            return action();
        }
    }

    private async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        var path = Path.Combine(_root, ".lock");
        for (var waited = TimeSpan.Zero; ; waited += LockPause)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (waited < LockPatience && File.Exists(path))
            {
                await Task.Delay(LockPause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async IAsyncEnumerable<RunRecord> RunsBefore(string? id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (id is not null)
        {
            RunRecord.CheckId(id);
        }

        var ids = Directory.EnumerateFiles(Runs, "*" + Extension)
            .Select(static file => Path.GetFileNameWithoutExtension(file))
            .Where(name => id is null || string.CompareOrdinal(name, id) < 0)
            .OrderDescending(StringComparer.Ordinal);
        foreach (var name in ids)
        {
            if (await FindRunAsync(name, cancellationToken).ConfigureAwait(false) is { } run)
            {
                yield return run.Value;
            }
        }
    }

    private string RunFile(string id)
    {
        RunRecord.CheckId(id);
        return Path.Combine(Runs, id + Extension);
    }

    private string FirmwareFile(string id) => Path.Combine(Firmwares, CatalogKeys.Escape(id) + Extension);

    private string ActivityFolder(string runId)
    {
        RunRecord.CheckId(runId);
        return Path.Combine(Activities, runId);
    }

    private string ActivityFile(string runId, string name) => Path.Combine(ActivityFolder(runId), CatalogKeys.Escape(name) + Extension);

    /// <summary>Records that are updated from the version they were read at.</summary>
    private sealed class Records<T>(FolderRunCatalog catalog, JsonTypeInfo<T> form, Func<string, string> fileOf, Func<T, string> idOf)
        where T : class
    {
        public Task<bool> TryAddAsync(T record, CancellationToken cancellationToken)
        {
            ArgumentNullException.ThrowIfNull(record);
            return catalog.WriteAsync(fileOf(idOf(record)), record, form, null, cancellationToken);
        }

        public Task<Versioned<T>?> FindAsync(string id, CancellationToken cancellationToken) => ReadAsync(fileOf(id), form, cancellationToken);

        public Task<bool> TryUpdateAsync(T record, string version, CancellationToken cancellationToken)
        {
            ArgumentNullException.ThrowIfNull(record);
            ArgumentException.ThrowIfNullOrEmpty(version);
            return catalog.WriteAsync(fileOf(idOf(record)), record, form, version, cancellationToken);
        }
    }
}
