using System.Runtime.CompilerServices;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Storage;

/// <summary>The part of a store below a prefix, as a store of its own: what belongs to one run or to one unpacked firmware.</summary>
internal sealed class ScopedArtifactStore : IArtifactStore
{
    private readonly IArtifactStore _store;
    private readonly string _prefix;

    /// <summary>Narrows <paramref name="store"/> to the names below <paramref name="scope"/>, which ends without <c>/</c>.</summary>
    /// <exception cref="ArgumentException">The scope is no valid name.</exception>
    public ScopedArtifactStore(IArtifactStore store, string scope)
    {
        ArtifactNames.Check(scope);
        _store = store;
        _prefix = scope + "/";
    }

    /// <inheritdoc/>
    public Task<bool> TryCreateAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken) =>
        _store.TryCreateAsync(Full(name), write, cancellationToken);

    /// <inheritdoc/>
    public Task<Stream?> TryOpenAsync(string name, CancellationToken cancellationToken) => _store.TryOpenAsync(Full(name), cancellationToken);

    /// <inheritdoc/>
    public Task<OwnedByteSource?> TryOpenSourceAsync(string name, CancellationToken cancellationToken) =>
        _store.TryOpenSourceAsync(Full(name), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(string name, CancellationToken cancellationToken) => _store.ExistsAsync(Full(name), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArtifactNames.CheckPrefix(prefix);
        await foreach (var name in _store.ListAsync(_prefix + prefix, cancellationToken).ConfigureAwait(false))
        {
            yield return name[_prefix.Length..];
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) => _store.DeleteAsync(Full(name), cancellationToken);

    /// <inheritdoc/>
    public Task<int> DeleteAllAsync(string prefix, CancellationToken cancellationToken)
    {
        ArtifactNames.CheckPrefix(prefix);
        return _store.DeleteAllAsync(_prefix + prefix, cancellationToken);
    }

    private string Full(string name)
    {
        ArtifactNames.Check(name);
        return _prefix + name;
    }
}
