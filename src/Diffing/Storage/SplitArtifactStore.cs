using System.Runtime.CompilerServices;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Storage;

/// <summary>Two stores as one: what lies below a folder is in a store of its own.</summary>
public sealed class SplitArtifactStore : IArtifactStore
{
    private readonly string _folder;
    private readonly IArtifactStore _below;
    private readonly IArtifactStore _others;

    /// <summary>Joins two stores.</summary>
    /// <param name="folder">The folder, without <c>/</c> at its end.</param>
    /// <param name="below">Where the names below it are; others in it are not seen.</param>
    /// <param name="others">Where all other names are, and none below the folder.</param>
    /// <exception cref="ArgumentException">The folder is no valid name.</exception>
    public SplitArtifactStore(string folder, IArtifactStore below, IArtifactStore others)
    {
        ArtifactNames.Check(folder);
        _folder = folder + "/";
        _below = below;
        _others = others;
    }

    /// <inheritdoc/>
    public Task<bool> TryCreateAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken) =>
        StoreOf(name).TryCreateAsync(name, write, cancellationToken);

    /// <inheritdoc/>
    public Task<Stream?> TryOpenAsync(string name, CancellationToken cancellationToken) => StoreOf(name).TryOpenAsync(name, cancellationToken);

    /// <inheritdoc/>
    public Task<OwnedByteSource?> TryOpenSourceAsync(string name, CancellationToken cancellationToken) =>
        StoreOf(name).TryOpenSourceAsync(name, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(string name, CancellationToken cancellationToken) => StoreOf(name).ExistsAsync(name, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Names below the folder come in one piece: before the first of the others that follows them.
        var below = Below(prefix) is { } part ? await _below.ListAsync(part, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false) : [];
        var isGiven = false;
        if (!IsBelow(prefix))
        {
            await foreach (var name in _others.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
            {
                if (!isGiven && string.CompareOrdinal(name, _folder) > 0)
                {
                    isGiven = true;
                    foreach (var other in below)
                    {
                        yield return other;
                    }
                }

                yield return name;
            }
        }

        foreach (var name in isGiven ? [] : below)
        {
            yield return name;
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) => StoreOf(name).DeleteAsync(name, cancellationToken);

    /// <inheritdoc/>
    public async Task<int> DeleteAllAsync(string prefix, CancellationToken cancellationToken)
    {
        var deleted = Below(prefix) is { } part ? await _below.DeleteAllAsync(part, cancellationToken).ConfigureAwait(false) : 0;
        return IsBelow(prefix) ? deleted : deleted + await _others.DeleteAllAsync(prefix, cancellationToken).ConfigureAwait(false);
    }

    private bool IsBelow(string name) => name.StartsWith(_folder, StringComparison.Ordinal);

    // The prefix of names below the folder that begin with another prefix; null where none can.
    private string? Below(string prefix)
    {
        ArtifactNames.CheckPrefix(prefix);
        return IsBelow(prefix) ? prefix : _folder.StartsWith(prefix, StringComparison.Ordinal) ? _folder : null;
    }

    private IArtifactStore StoreOf(string name) => IsBelow(name) ? _below : _others;
}
