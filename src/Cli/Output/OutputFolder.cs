using IpswDiff.Diffing.Storage;

namespace IpswDiff.Cli.Output;

/// <summary>
/// An output folder and what is being written for it. Everything is written into a hidden folder inside it and put into place when it is
/// whole, with a manifest of what is ours; a run that fails or is killed leaves what was there before, and nothing where nothing was.
/// </summary>
internal sealed class OutputFolder : IDisposable
{
    private const string Prefix = ".ipswdiff-";
    private const string LockSuffix = ".lock";

    private readonly string _kind;
    private readonly bool _force;
    private readonly string _staging;
    private readonly List<string> _made = [];
    private readonly FileStream _lock;
    private readonly FolderManifest? _older;
    private bool _isCommitted;

    /// <summary>Opens a folder for writing; one that does not exist is made.</summary>
    /// <param name="option">The option by which the user named it, for messages.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="kind">What it is to hold; see <see cref="OutputKind"/>.</param>
    /// <param name="force">Whether a folder is taken that is not ours, and files of others replaced that have the names of ours.</param>
    /// <param name="certain">Names that will be written in any case, for which the place must be free.</param>
    /// <exception cref="ArgumentException">The folder is not empty and not ours, or no folder.</exception>
    /// <exception cref="IOException">It cannot be written into, or another run writes into it.</exception>
    public OutputFolder(string option, string folder, string kind, bool force, IReadOnlyList<string> certain)
    {
        (_kind, _force, Root) = (kind, force, OutputRules.Locate(option, folder));
        if (Directory.Exists(Root))
        {
            Recover(Root);
            _older = OutputRules.Check(option, Root, kind, force);
            if (!force)
            {
                OutputRules.CheckCertain(Root, _older, certain);
            }
        }

        var name = NewName();
        try
        {
            Make(Root);
            _staging = Path.Combine(Root, name);
            _lock = new FileStream(_staging + LockSuffix, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            Store = new FolderArtifactStore(FolderSwap.NewIn(_staging));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            _lock?.Dispose();
            RemoveMade();
            throw new IOException($"{option} {folder}: no report can be written there: {Reason(fault)}", fault);
        }

        if (StagingNames(Root).Any(other => other != name))
        {
            Dispose();
            throw new IOException($"{option} {folder}: another run is writing there; wait for its end, or name another folder");
        }
    }

    /// <summary>The folder itself.</summary>
    public string Root { get; }

    /// <summary>Takes what is written.</summary>
    public FolderArtifactStore Store { get; }

    /// <summary>Makes a folder a command's own whose files come and go while it runs: it bears a manifest from then on, which names none of them.</summary>
    /// <returns>The folder.</returns>
    /// <exception cref="ArgumentException">The folder is not empty and not ours, or no folder.</exception>
    /// <exception cref="IOException">It cannot be made or written into.</exception>
    public static string Claim(string option, string folder, string kind, bool force)
    {
        var root = OutputRules.Locate(option, folder);
        if (Directory.Exists(root) && OutputRules.Check(option, root, kind, force) is not null)
        {
            return root;
        }

        try
        {
            Directory.CreateDirectory(root);
            new FolderManifest(kind, []).Write(root);
            return root;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{option} {folder}: nothing can be written there: {Reason(fault)}", fault);
        }
    }

    /// <summary>A name for something hidden in an output folder that no other run uses.</summary>
    public static string NewName() => $"{Prefix}{Guid.NewGuid():N}";

    /// <summary>Whether a name in an output folder is that of something hidden which a run left.</summary>
    public static bool IsOwnName(string name)
    {
        var id = name.EndsWith(LockSuffix, StringComparison.Ordinal) ? name[..^LockSuffix.Length] : name;
        return id.StartsWith(Prefix, StringComparison.Ordinal) && Guid.TryParseExact(id.AsSpan(Prefix.Length), "N", out _);
    }

    /// <summary>Finishes what a run began that was killed while it put its report into place, and removes what others left that had not come as far.</summary>
    /// <exception cref="IOException">It cannot be finished; says why.</exception>
    public static void Recover(string folder)
    {
        foreach (var name in StagingNames(folder))
        {
            var staging = Path.Combine(folder, name);
            if (TryLock(staging) is not { } held)
            {
                // A process that lives is at work here.
                continue;
            }

            using (held)
            {
                FolderSwap.Recover(folder, staging);
                if (Directory.Exists(staging))
                {
                    Directory.Delete(staging, recursive: true);
                }
                else
                {
                    File.Delete(staging);
                }
            }
        }
    }

    /// <summary>Whether a path leads to this folder, by whatever links.</summary>
    public bool IsAt(string folder) => Directory.Exists(Path.Combine(folder, Path.GetFileName(_staging)));

    /// <summary>Puts everything into place, and removes what an older run wrote and this one did not.</summary>
    /// <param name="keepDetails">Whether the details of items belong to the report; only <c>report.json</c> refers to them.</param>
    /// <param name="keepOlder">Whether what the older run wrote stays where this one has nothing of the name.</param>
    /// <exception cref="IOException">It cannot; the folder is as it was.</exception>
    public void Commit(bool keepDetails, bool keepOlder = false)
    {
        var ready = FolderSwap.NewIn(_staging);
        var details = Path.Combine(ready, ArtifactNames.ItemsFolder);
        if (!keepDetails && Directory.Exists(details))
        {
            Directory.Delete(details, recursive: true);
        }

        var older = _older?.Files ?? [];
        var written = FolderEntry.FilesBelow(ready).ToList();
        new FolderManifest(_kind, keepOlder ? [.. written.Union(older, StringComparer.Ordinal)] : written).Write(ready);
        FolderSwap.Run(Root, _staging, SwapPlan.Make(Root, ready, older, keepOlder, _force));
        _isCommitted = true;
    }

    public void Dispose()
    {
        if (Directory.Exists(_staging) && (_isCommitted || !FolderSwap.IsPending(_staging)))
        {
            Directory.Delete(_staging, recursive: true);
        }

        _lock.Dispose();
        if (!_isCommitted)
        {
            RemoveMade();
        }
    }

    // The system lets go of a lock when its holder dies, however that was.
    private static FileStream? TryLock(string staging)
    {
        try
        {
            return new FileStream(staging + LockSuffix, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static HashSet<string> StagingNames(string folder) => FolderEntry.NamesIn(folder).Where(IsOwnName)
        .Select(static name => name.EndsWith(LockSuffix, StringComparison.Ordinal) ? name[..^LockSuffix.Length] : name).ToHashSet(StringComparer.Ordinal);

    private static string Reason(Exception fault) => fault is FileNotFoundException or DirectoryNotFoundException ? "the file system there takes no folders" : fault.Message;

    private void Make(string folder)
    {
        var missing = new Stack<string>();
        for (var path = folder; path is not null && !Directory.Exists(path); path = Path.GetDirectoryName(path))
        {
            missing.Push(path);
        }

        while (missing.TryPop(out var path))
        {
            Directory.CreateDirectory(path);
            _made.Add(path);
        }
    }

    // Only what is empty: another run may have begun to write into it.
    private void RemoveMade()
    {
        foreach (var path in Enumerable.Reverse(_made))
        {
            if (Directory.Exists(path) && !Directory.EnumerateFileSystemEntries(path).Any())
            {
                try
                {
                    Directory.Delete(path);
                }
                catch (IOException) when (Directory.Exists(path))
                {
                    return;
                }
            }
        }
    }
}
