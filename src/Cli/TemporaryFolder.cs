namespace IpswDiff.Cli;

/// <summary>
/// A folder for as long as this process needs it. Its owner holds a file in it open, so that the next run knows what a
/// killed one left from what a living one uses, and removes the former.
/// </summary>
internal sealed class TemporaryFolder : IDisposable
{
    private const string Prefix = "ipswdiff-";
    private const string FileExtension = ".tmp";
    private const string OwnerName = ".owner";
    private const string Unnamed = ".new";

    private static readonly TimeSpan LongestMaking = TimeSpan.FromMinutes(1);

    private readonly FileStream _owner;

    private TemporaryFolder(string path, FileStream owner) => (Path, _owner) = (path, owner);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Makes a folder, and removes those that nobody uses any more.</summary>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    public static TemporaryFolder Create()
    {
        var all = System.IO.Path.GetTempPath();
        RemoveAbandoned(all);
        var path = System.IO.Path.Combine(all, $"{Prefix}{Guid.NewGuid():N}");
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return new TemporaryFolder(path, Own(path, FileMode.CreateNew));
        }

        // Elsewhere a file is made first and locked then. In between it is nobody's, so the folder has no name of ours
        // before it is owned.
        var unnamed = path + Unnamed;
        Directory.CreateDirectory(unnamed);
        var owner = Own(unnamed, FileMode.CreateNew);
        try
        {
            Directory.Move(unnamed, path);
            return new TemporaryFolder(path, owner);
        }
        catch (IOException)
        {
            owner.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (OperatingSystem.IsWindows())
        {
            _owner.Dispose();
        }

        try
        {
            // Owned to its end, or another would be removing it at the same time.
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Removed by whoever saw it without an owner.
            return;
        }
        finally
        {
            _owner.Dispose();
        }
    }

    /// <summary>
    /// Removes the folders and files of processes that were killed. What cannot be removed stays for the next run.
    /// </summary>
    internal static void RemoveAbandoned(string all)
    {
        foreach (var entry in new DirectoryInfo(all).EnumerateFileSystemInfos(Prefix + "*").Where(IsOurs))
        {
            try
            {
                if (entry is DirectoryInfo)
                {
                    // The owner's file comes just after its folder, and a folder without one is being made.
                    using (Own(entry.FullName, FileMode.Open))
                    {
                        Directory.Delete(entry.FullName, recursive: true);
                    }
                }
                else if (!IsBeingMade((FileInfo)entry))
                {
                    using var file = new FileStream(
                        entry.FullName, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
                }
            }
            catch (Exception used) when (used is IOException or UnauthorizedAccessException)
            {
                // Somebody uses it, removes it at this moment, or is another user.
                continue;
            }
        }
    }

    // A file is made first and locked then; nothing is in it before.
    private static bool IsBeingMade(FileInfo file) =>
        file.Length == 0 && file.LastWriteTimeUtc > DateTime.UtcNow - LongestMaking;

    // A name of ours, and no link to anywhere.
    private static bool IsOurs(FileSystemInfo entry)
    {
        var name = entry.Name.AsSpan(Prefix.Length);
        var isNamed = entry is DirectoryInfo || name.EndsWith(FileExtension, StringComparison.Ordinal);
        name = entry is DirectoryInfo || !isNamed ? name : name[..^FileExtension.Length];
        return isNamed
            && Guid.TryParseExact(name, "N", out _) && !entry.Attributes.HasFlag(FileAttributes.ReparsePoint);
    }

    // On Windows an open file could not be removed with its folder.
    private static FileStream Own(string folder, FileMode mode) => new(
        System.IO.Path.Combine(folder, OwnerName),
        mode,
        FileAccess.ReadWrite,
        OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None);
}
