using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Storage;

/// <summary>
/// Content by name: what activities leave for each other and the report itself. A name becomes visible only when its content is
/// complete, and is created at most once, so that any activity may run twice. Names are relative paths (see
/// <see cref="ArtifactNames.Check"/>); every member throws <see cref="ArgumentException"/> for others.
/// </summary>
public interface IArtifactStore
{
    /// <summary>
    /// Creates <paramref name="name"/> with what <paramref name="write"/> writes. Returns false, and leaves the old content, where
    /// the name exists already; <paramref name="write"/> may or may not have run then. False is as good as true to a caller whose work
    /// this is: what is there is whole, and the same.
    /// </summary>
    /// <exception cref="IOException">
    /// The storage failed. Nothing is visible under the name; or the whole content is, where storage did what it was asked and no answer
    /// ever came. Whoever tries again is told false then, and takes the work as done.
    /// </exception>
    Task<bool> TryCreateAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken);

    /// <summary>Opens <paramref name="name"/> for reading, or returns null where it does not exist.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    Task<Stream?> TryOpenAsync(string name, CancellationToken cancellationToken);

    /// <summary>Opens <paramref name="name"/> for reading at any offset, or returns null where it does not exist.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    Task<OwnedByteSource?> TryOpenSourceAsync(string name, CancellationToken cancellationToken);

    /// <summary>Whether <paramref name="name"/> exists.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    Task<bool> ExistsAsync(string name, CancellationToken cancellationToken);

    /// <summary>The names that begin with <paramref name="prefix"/>, in ordinal order.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Removes <paramref name="name"/>; a name that does not exist is no error.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    Task DeleteAsync(string name, CancellationToken cancellationToken);

    /// <summary>Removes every name that begins with <paramref name="prefix"/>; returns how many. May be called again after a fault.</summary>
    /// <exception cref="IOException">The storage failed; some names may be left.</exception>
    Task<int> DeleteAllAsync(string prefix, CancellationToken cancellationToken);
}
