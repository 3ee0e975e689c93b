using System.Runtime.CompilerServices;
using System.Text;
using Azure.Data.Tables;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Cloud.Tables;

/// <summary>
/// The catalogue in three tables. Runs are one partition whose keys fall with time, so the newest come first; a firmware is a row under its
/// name and one under each of its products, whose keys fall with the build; the activities of a run are a partition.
/// </summary>
public sealed class TableRunCatalog : IRunCatalog
{
    private const string RunPartition = "run";
    private const string FirmwarePartition = "firmware";
    private const string FirmwareColumn = "Firmware";
    private const string ResultColumn = "Result";

    private readonly CatalogTable _runs;
    private readonly CatalogTable _firmwares;
    private readonly CatalogTable _activities;

    /// <summary>Uses tables that exist or that <see cref="PrepareAsync"/> makes.</summary>
    public TableRunCatalog(TableClient runs, TableClient firmwares, TableClient activities)
    {
        _runs = new CatalogTable(runs);
        _firmwares = new CatalogTable(firmwares);
        _activities = new CatalogTable(activities);
    }

    /// <summary>Makes the tables that do not exist.</summary>
    /// <exception cref="Faults.StorageFaultException">Storage failed.</exception>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await _runs.CreateAsync(cancellationToken).ConfigureAwait(false);
        await _firmwares.CreateAsync(cancellationToken).ConfigureAwait(false);
        await _activities.CreateAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<bool> TryAddRunAsync(RunRecord run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        return _runs.TryAddAsync(_runs.Row(RunPartition, RunKey(run.Id), run, CatalogJson.Default.RunRecord), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Versioned<RunRecord>?> FindRunAsync(string id, CancellationToken cancellationToken)
    {
        var row = await _runs.FindAsync(RunPartition, RunKey(id), cancellationToken).ConfigureAwait(false);
        return row is null ? null : new Versioned<RunRecord>(_runs.Record(row, CatalogJson.Default.RunRecord), row.ETag.ToString());
    }

    /// <inheritdoc/>
    public Task<bool> TryUpdateRunAsync(RunRecord run, string version, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentException.ThrowIfNullOrEmpty(version);
        return _runs.TryReplaceAsync(_runs.Row(RunPartition, RunKey(run.Id), run, CatalogJson.Default.RunRecord), version, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<RunPage> ListRunsAsync(int count, string? next, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 1000);
        var after = next is null ? null : RunKey(next);
        var runs = new List<RunRecord>();

        // One more than asked for tells whether there are more.
        await foreach (var row in _runs.QueryAsync(RunPartition, after, Math.Min(count + 1, 1000), cancellationToken).ConfigureAwait(false))
        {
            if (runs.Count == count)
            {
                return new RunPage(runs, runs[^1].Id);
            }

            runs.Add(_runs.Record(row, CatalogJson.Default.RunRecord));
        }

        return new RunPage(runs, null);
    }

    /// <inheritdoc/>
    public async Task DeleteRunAsync(string id, CancellationToken cancellationToken)
    {
        // The run goes last: what is interrupted half-way is still listed, and is deleted again.
        var key = RunKey(id);
        await _activities.DeletePartitionAsync(id, cancellationToken).ConfigureAwait(false);
        await _runs.DeleteAsync(RunPartition, key, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunRecord> ListRunsBeforeAsync(DateTimeOffset olderThan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = RunKey(RunRecord.FirstIdAt(olderThan));
        await foreach (var row in _runs.QueryAsync(RunPartition, after, null, cancellationToken).ConfigureAwait(false))
        {
            yield return _runs.Record(row, CatalogJson.Default.RunRecord);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> TryAddFirmwareAsync(FirmwareRecord firmware, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(firmware);
        var main = _firmwares.Row(FirmwarePartition, CatalogKeys.Escape(firmware.Id), firmware, CatalogJson.Default.FirmwareRecord);

        // Rows under products count only together with the row under the name, so they come first: all become visible with that one.
        foreach (var product in firmware.Products)
        {
            await _firmwares.PutAsync(
                new TableEntity(ProductPartition(product), BuildKey(firmware.Build) + "-" + main.RowKey) { [FirmwareColumn] = firmware.Id },
                cancellationToken).ConfigureAwait(false);
        }

        return await _firmwares.TryAddAsync(main, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<Versioned<FirmwareRecord>?> FindFirmwareAsync(string id, CancellationToken cancellationToken)
    {
        var row = await _firmwares.FindAsync(FirmwarePartition, CatalogKeys.Escape(id), cancellationToken).ConfigureAwait(false);
        return row is null ? null : new Versioned<FirmwareRecord>(_firmwares.Record(row, CatalogJson.Default.FirmwareRecord), row.ETag.ToString());
    }

    /// <inheritdoc/>
    public Task<bool> TryUpdateFirmwareAsync(FirmwareRecord firmware, string version, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(firmware);
        ArgumentException.ThrowIfNullOrEmpty(version);
        var row = _firmwares.Row(FirmwarePartition, CatalogKeys.Escape(firmware.Id), firmware, CatalogJson.Default.FirmwareRecord);
        return _firmwares.TryReplaceAsync(row, version, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task DeleteFirmwareAsync(string id, CancellationToken cancellationToken)
    {
        if (await FindFirmwareAsync(id, cancellationToken).ConfigureAwait(false) is not { } firmware)
        {
            return;
        }

        // The row under the name goes last, so that a call that was interrupted finds the others again.
        var key = CatalogKeys.Escape(id);
        foreach (var product in firmware.Value.Products)
        {
            await _firmwares.DeleteAsync(ProductPartition(product), BuildKey(firmware.Value.Build) + "-" + key, cancellationToken).ConfigureAwait(false);
        }

        await _firmwares.DeleteAsync(FirmwarePartition, key, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<FirmwareRecord> ListFirmwaresAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in _firmwares.QueryAsync(FirmwarePartition, null, null, cancellationToken).ConfigureAwait(false))
        {
            yield return _firmwares.Record(row, CatalogJson.Default.FirmwareRecord);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<FirmwareRecord> ListFirmwaresAsync(
        string product, string? before, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Keys of the build itself go on with '-', which '.' follows.
        var after = before is null ? null : BuildKey(before) + ".";
        await foreach (var row in _firmwares.QueryAsync(ProductPartition(product), after, null, cancellationToken).ConfigureAwait(false))
        {
            if (await FindFirmwareAsync(row.GetString(FirmwareColumn), cancellationToken).ConfigureAwait(false) is { } firmware)
            {
                yield return firmware.Value;
            }
        }
    }

    /// <inheritdoc/>
    public Task<bool> TryAddActivityAsync(ActivityRecord activity, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(activity);
        activity.Check();
        var row = _activities.Row(
            activity.RunId, CatalogKeys.Escape(activity.Name), activity with { Result = string.Empty }, CatalogJson.Default.ActivityRecord);
        row[ResultColumn] = activity.Result;
        return _activities.TryAddAsync(row, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ActivityRecord?> FindActivityAsync(string runId, string name, CancellationToken cancellationToken)
    {
        RunRecord.CheckId(runId);
        var row = await _activities.FindAsync(runId, CatalogKeys.Escape(name), cancellationToken).ConfigureAwait(false);
        return row is null ? null : Activity(row);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ActivityRecord> ListActivitiesAsync(string runId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RunRecord.CheckId(runId);
        await foreach (var row in _activities.QueryAsync(runId, null, null, cancellationToken).ConfigureAwait(false))
        {
            yield return Activity(row);
        }
    }

    private static string ProductPartition(string product) => "product-" + CatalogKeys.Escape(product);

    /// <summary>Keys that fall as names of runs rise: every digit is taken from the highest of its kind.</summary>
    private static string RunKey(string id)
    {
        RunRecord.CheckId(id);
        return string.Create(id.Length, id, static (key, name) =>
        {
            for (var i = 0; i < name.Length; i++)
            {
                key[i] = name[i] is 'T' or '-' ? name[i]
                    : i < name.Length - 8 ? (char)('9' - (name[i] - '0'))
                    : "0123456789abcdef"[15 - "0123456789abcdef".IndexOf(name[i], StringComparison.Ordinal)];
            }
        });
    }

    /// <summary>Keys that fall as builds rise: the complement of each byte. The end of a text is complemented too, to more than any character's.</summary>
    private static string BuildKey(string build)
    {
        var bytes = Encoding.ASCII.GetBytes(BuildNumber.Parse(build).SortKey + "\0");
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)~bytes[i];
        }

        return Convert.ToHexString(bytes);
    }

    private ActivityRecord Activity(TableEntity row) =>
        _activities.Record(row, CatalogJson.Default.ActivityRecord) with { Result = row.GetString(ResultColumn) };
}
