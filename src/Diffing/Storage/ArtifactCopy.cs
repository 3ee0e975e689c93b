namespace IpswDiff.Diffing.Storage;

/// <summary>Copies artifacts from one store to another.</summary>
public static class ArtifactCopy
{
    /// <summary>
    /// Copies an artifact under its name; one that is there already stays. False where there is none to copy.
    /// </summary>
    /// <exception cref="IOException">Reading or writing failed.</exception>
    public static async Task<bool> TryCopyAsync(
        this IArtifactStore store, string name, IArtifactStore output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(output);
        if (await store.TryOpenAsync(name, cancellationToken).ConfigureAwait(false) is not { } artifact)
        {
            return false;
        }

        await using (artifact.ConfigureAwait(false))
        {
            await output.TryCreateAsync(name, (stream, token) => artifact.CopyToAsync(stream, token), cancellationToken).ConfigureAwait(false);
        }

        return true;
    }
}
