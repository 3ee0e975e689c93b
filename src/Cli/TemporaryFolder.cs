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
        Directory.CreateDirectory(path);
        return new TemporaryFolder(path, Own(path, FileMode.CreateNew));
    }

    public void Dispose()
    {
        _owner.Dispose();
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
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
                else
                {
                    using var file = new FileStream(
                        entry.FullName,
                            FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
                }
            }
            catch (Exception used) when (used is IOException or UnauthorizedAccessException)
            {
                // Somebody uses it, removes it at this moment, or is another user.
                continue;
            }
        }
    }

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
