using System.IO.Enumeration;
using System.Runtime.CompilerServices;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Storage;

/// <summary>Artifacts as files below a folder. A file is written under a temporary name beside its place and then moved there.</summary>
public sealed class FolderArtifactStore : IArtifactStore
{
    private const string PartialSuffix = ".partial";

    private readonly Lock _gate = new();
    private readonly string _root;

    /// <summary>Uses <paramref name="root"/>, which is made if it does not exist.</summary>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    public FolderArtifactStore(string root)
    {
        _root = Path.GetFullPath(root);
        Directory.CreateDirectory(_root);
    }

    /// <inheritdoc/>
    public async Task<bool> TryCreateAsync(
        string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var path = Locate(name);
        if (File.Exists(path))
        {
            return false;
        }

        var partial = $"{path}.{Guid.NewGuid():N}{PartialSuffix}";
        try
        {
            // Disposal writes what is buffered; asynchronously it would borrow another thread to do the same.
            using (var stream = Create(partial))
            {
                await write(stream, cancellationToken).ConfigureAwait(false);
            }

            if (TryMove(partial, path))
            {
                return true;
            }
        }
        catch
        {
            File.Delete(partial);
            throw;
        }

        File.Delete(partial);
        return false;
    }

    /// <inheritdoc/>
    public Task<Stream?> TryOpenAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return Task.FromResult<Stream?>(new FileStream(Locate(name), FileMode.Open, FileAccess.Read, FileShare.Read, 16384));
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    /// <inheritdoc/>
    public Task<OwnedByteSource?> TryOpenSourceAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var file = new FileByteSource(Locate(name));
            return Task.FromResult<OwnedByteSource?>(new OwnedByteSource(file, file));
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<OwnedByteSource?>(null);
        }
    }

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(File.Exists(Locate(name)));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(Locate(prefix + "x"))!;
        if (!Directory.Exists(folder))
        {
            yield break;
        }

        var names = EntriesBelow(folder, folders: false)
            .Where(path => !path.EndsWith(PartialSuffix, StringComparison.Ordinal))
            .Select(path => Path.GetRelativePath(_root, path).Replace(Path.DirectorySeparatorChar, '/'))
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
        foreach (var name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return name;
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            File.Delete(Locate(name));
        }
        catch (DirectoryNotFoundException)
        {
            // Another has removed it, and its folder with it.
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<int> DeleteAllAsync(string prefix, CancellationToken cancellationToken)
    {
        var deleted = 0;
        await foreach (var name in ListAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            await DeleteAsync(name, cancellationToken).ConfigureAwait(false);
            deleted++;
        }

        RemoveEmptyFolders(prefix);
        return deleted;
    }

    /// <summary>Removes the temporary files of writers that died. Those that a writer holds open stay.</summary>
    /// <exception cref="IOException">A folder cannot be read.</exception>
    public void RemoveAbandoned()
    {
        foreach (var path in EntriesBelow(_root, folders: false).Where(IsTemporary))
        {
            try
            {
                using var unused = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (Exception used) when (used is IOException or UnauthorizedAccessException)
            {
                // Somebody writes it, or has just moved it to its place.
                continue;
            }
        }
    }

    // What a link leads to is not of the store: it is neither listed nor removed.
    private static List<string> EntriesBelow(string folder, bool folders)
    {
        var found = new List<string>();
        try
        {
            using var entries = new Entries(folder, folders);
            while (entries.MoveNext())
            {
                found.Add(entries.Current);
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Another has just removed all of it.
        }

        return found;
    }

    // A folder of firmwares is a user's too: only names that TryCreateAsync makes are ours.
    private static bool IsTemporary(string path) =>
        path.EndsWith(PartialSuffix, StringComparison.Ordinal) && path.Length > 33 + PartialSuffix.Length && path[^(33 + PartialSuffix.Length)] == '.' && Guid.TryParseExact(path.AsSpan(path.Length - PartialSuffix.Length - 32, 32), "N", out _);

    // A writer may make a file in a folder at the moment it is to go; then it is not empty and stays.
    private void RemoveEmptyFolders(string prefix)
    {
        var slash = prefix.LastIndexOf('/');
        var top = slash < 0 ? _root : Locate(prefix[..slash]);
        if (!Directory.Exists(top))
        {
            return;
        }

        var folders = EntriesBelow(top, folders: true)
            .OrderByDescending(static folder => folder.Length)
            .Concat(top == _root ? [] : [top]);
        foreach (var folder in folders)
        {
            try
            {
                if (!Directory.EnumerateFileSystemEntries(folder).Any())
                {
                    Directory.Delete(folder);
                }
            }
            catch (IOException) when (!Directory.Exists(folder) || !IsEmpty(folder))
            {
                // Somebody has just removed it, or written into it.
                continue;
            }
        }
    }

    private static bool IsEmpty(string folder)
    {
        try
        {
            return !Directory.EnumerateFileSystemEntries(folder).Any();
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
    }

    // A move that must not replace is a look and a rename on Unix, so threads take turns. Two processes that finish at the same
    // moment may both rename; what they wrote is the same by contract, and a reader sees one or the other whole.
    private bool TryMove(string partial, string path)
    {
        lock (_gate)
        {
            if (File.Exists(path))
            {
                return false;
            }

            File.Move(partial, path, overwrite: true);
            return true;
        }
    }

    // Most folders are there, and making one that exists costs as much as a small file.
    private static FileStream Create(string path)
    {
        try
        {
            return New();
        }
        catch (Exception absent) when (absent is DirectoryNotFoundException or FileNotFoundException)
        {
            // .NET looks afterwards which of both is missing; by then another writer may have made the folder.
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return New();
        }

        FileStream New() => new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 16384);
    }

    private string Locate(string name)
    {
        ArtifactNames.Check(name);
        var path = Path.GetFullPath(Path.Combine(_root, name.Replace('/', Path.DirectorySeparatorChar)));
        if (!path.StartsWith(_root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new ArgumentException($"the artifact name '{name}' leads out of the store", nameof(name));
        }

        return path;
    }

    // Folders come and go while they are listed: one that has gone has nothing in it.
    private sealed class Entries(string folder, bool folders) : FileSystemEnumerator<string>(folder, Options)
    {
        private const int NoEntry = 2;
        private const int NoPathOnWindows = 3;

        private static readonly EnumerationOptions Options = new()
        {
            RecurseSubdirectories = true,
            AttributesToSkip = 0,
            IgnoreInaccessible = false,
        };

        protected override bool ShouldIncludeEntry(ref FileSystemEntry entry) =>
            entry.IsDirectory == folders && (!folders || !IsLink(ref entry));

        protected override bool ShouldRecurseIntoEntry(ref FileSystemEntry entry) => !IsLink(ref entry);

        protected override string TransformEntry(ref FileSystemEntry entry) => entry.ToFullPath();

        protected override bool ContinueOnError(int error) =>
            error == NoEntry || (OperatingSystem.IsWindows() && error == NoPathOnWindows);

        private static bool IsLink(ref FileSystemEntry entry) => entry.Attributes.HasFlag(FileAttributes.ReparsePoint);
    }
}
