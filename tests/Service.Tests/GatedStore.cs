using System.Runtime.CompilerServices;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Service.Tests;

/// <summary>A store whose firmwares open only once the test lets them.</summary>
internal sealed class GatedStore(IArtifactStore store) : IArtifactStore, IDisposable
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Entered => _entered.Task;

    public void Release() => _open.TrySetResult();

    public void Dispose() => Release();

    public async Task<OwnedByteSource?> TryOpenSourceAsync(string name, CancellationToken cancellationToken)
    {
        _entered.TrySetResult();
        await _open.Task;
        return await store.TryOpenSourceAsync(name, cancellationToken);
    }

    public Task<bool> TryCreateAsync(
        string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken) =>
        store.TryCreateAsync(name, write, cancellationToken);

    public Task<Stream?> TryOpenAsync(string name, CancellationToken cancellationToken) =>
        store.TryOpenAsync(name, cancellationToken);

    public Task<bool> ExistsAsync(string name, CancellationToken cancellationToken) =>
        store.ExistsAsync(name, cancellationToken);

    public async IAsyncEnumerable<string> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var name in store.ListAsync(prefix, cancellationToken))
        {
            yield return name;
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        store.DeleteAsync(name, cancellationToken);

    public Task<int> DeleteAllAsync(string prefix, CancellationToken cancellationToken) =>
        store.DeleteAllAsync(prefix, cancellationToken);
}
