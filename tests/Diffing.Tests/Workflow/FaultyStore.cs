using System.Runtime.CompilerServices;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Tests.Workflow;

/// <summary>A store whose operations fail, before or after they have had their effect, as the test says.</summary>
internal sealed class FaultyStore(IArtifactStore store, Func<string, bool, bool> fails) : IArtifactStore
{
    private int _faults;

    /// <summary>How often it failed.</summary>
    public int Faults => _faults;

    public async Task<bool> TryCreateAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        FailIf(name, isAfter: false);
        var created = await store.TryCreateAsync(name, write, cancellationToken);
        FailIf(name, isAfter: true);
        return created;
    }

    public Task<Stream?> TryOpenAsync(string name, CancellationToken cancellationToken)
    {
        FailIf(name, isAfter: false);
        return store.TryOpenAsync(name, cancellationToken);
    }

    public Task<OwnedByteSource?> TryOpenSourceAsync(string name, CancellationToken cancellationToken)
    {
        FailIf(name, isAfter: false);
        return store.TryOpenSourceAsync(name, cancellationToken);
    }

    public Task<bool> ExistsAsync(string name, CancellationToken cancellationToken)
    {
        FailIf(name, isAfter: false);
        return store.ExistsAsync(name, cancellationToken);
    }

    public async IAsyncEnumerable<string> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        FailIf(prefix, isAfter: false);
        await foreach (var name in store.ListAsync(prefix, cancellationToken))
        {
            yield return name;
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => store.DeleteAsync(name, cancellationToken);

    public Task<int> DeleteAllAsync(string prefix, CancellationToken cancellationToken) => store.DeleteAllAsync(prefix, cancellationToken);

    private void FailIf(string name, bool isAfter)
    {
        if (fails(name, isAfter))
        {
            Interlocked.Increment(ref _faults);
            throw new IOException($"{name}: the disk says no");
        }
    }
}
