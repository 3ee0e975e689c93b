namespace IpswDiff.Diffing.Storage;

/// <summary>What follows from the members of every catalogue.</summary>
public static class RunCatalogExtensions
{
    private const int Attempts = 50;

    /// <summary>
    /// Changes a run whatever others change meanwhile: reads it, applies <paramref name="change"/> and writes, again from the start
    /// where another was first. Returns what was written, or the record as it is where the change returns null; null where there is none.
    /// </summary>
    /// <exception cref="IOException">The storage failed, or others changed the run fifty times in a row.</exception>
    public static async Task<RunRecord?> UpdateRunAsync(
        this IRunCatalog catalog, string id, Func<RunRecord, RunRecord?> change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(change);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var current = await catalog.FindRunAsync(id, cancellationToken).ConfigureAwait(false);
            if (current is null)
            {
                return null;
            }

            var changed = change(current.Value);
            if (changed is null)
            {
                return current.Value;
            }

            if (await catalog.TryUpdateRunAsync(changed, current.Version, cancellationToken).ConfigureAwait(false))
            {
                return changed;
            }

            await Task.Delay(Random.Shared.Next(1, 10 * (attempt + 1)), cancellationToken).ConfigureAwait(false);
        }

        throw new IOException($"run {id}: others change it all the time, this change did not get through; try again");
    }

    /// <summary>The newest firmware of a product that is older than <paramref name="build"/>: what a new one is compared with; or null.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    public static async Task<FirmwareRecord?> FindEarlierFirmwareAsync(
        this IRunCatalog catalog, string product, string build, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(build);
        await foreach (var firmware in catalog.ListFirmwaresAsync(product, build, cancellationToken).ConfigureAwait(false))
        {
            return firmware;
        }

        return null;
    }

    /// <summary>
    /// Removes the runs asked for before <paramref name="olderThan"/> that have ended: first the artifacts of each, then its record.
    /// Returns how many. A call that is interrupted is completed by the next.
    /// </summary>
    /// <param name="catalog">The catalogue.</param>
    /// <param name="olderThan">Runs asked for before this go.</param>
    /// <param name="removeArtifacts">Removes what a run left in storage; may be called twice for a run.</param>
    /// <param name="cancellationToken">Ends the work between two runs.</param>
    /// <exception cref="IOException">The storage failed.</exception>
    public static async Task<int> PurgeRunsAsync(
        this IRunCatalog catalog, DateTimeOffset olderThan, Func<RunRecord, CancellationToken, Task> removeArtifacts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(removeArtifacts);
        var purged = 0;
        await foreach (var run in catalog.ListRunsBeforeAsync(olderThan, cancellationToken).ConfigureAwait(false))
        {
            if (run.HasEnded)
            {
                await removeArtifacts(run, cancellationToken).ConfigureAwait(false);
                await catalog.DeleteRunAsync(run.Id, cancellationToken).ConfigureAwait(false);
                purged++;
            }
        }

        return purged;
    }
}
