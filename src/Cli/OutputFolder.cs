using IpswDiff.Diffing.Storage;

namespace IpswDiff.Cli;

/// <summary>
/// A report's folder. Everything is written into a hidden folder inside it and moved into place when the report is whole, over an
/// older report of the same place; a run that fails leaves the older report as it was.
/// </summary>
internal sealed class OutputFolder : IDisposable
{
    private const string Prefix = ".ipswdiff-";
    private const string LockSuffix = ".lock";

    private readonly string _folder;
    private readonly string _staging;
    private readonly FileStream _lock;

    public OutputFolder(string folder)
    {
        _folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(_folder);
        RemoveAbandoned();
        _staging = Path.Combine(_folder, $"{Prefix}{Guid.NewGuid():N}");
        _lock = new FileStream(_staging + LockSuffix, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        Store = new FolderArtifactStore(_staging);
    }

    public FolderArtifactStore Store { get; }

    /// <summary>Moves the report into place.</summary>
    /// <param name="keepDetails">Whether the details of items belong to the report; only <c>report.json</c> refers to them.</param>
    public void Commit(bool keepDetails)
    {
        var details = Path.Combine(_staging, ArtifactNames.ItemsFolder);
        if (!keepDetails && Directory.Exists(details))
        {
            Directory.Delete(details, recursive: true);
        }

        foreach (var entry in Directory.EnumerateFileSystemEntries(_staging).ToArray())
        {
            var place = Path.Combine(_folder, Path.GetFileName(entry));
            if (Directory.Exists(place))
            {
                Directory.Delete(place, recursive: true);
            }

            if (Directory.Exists(entry))
            {
                Directory.Move(entry, place);
            }
            else
            {
                File.Move(entry, place, overwrite: true);
            }
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(_staging))
        {
            Directory.Delete(_staging, recursive: true);
        }

        _lock.Dispose();
    }

    // What a killed process left: the system has let go of its lock, which it holds as long as it lives.
    private void RemoveAbandoned()
    {
        foreach (var file in Directory.EnumerateFiles(_folder, Prefix + "*" + LockSuffix).ToArray())
        {
            try
            {
                using var abandoned = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
                var staging = file[..^LockSuffix.Length];
                if (Directory.Exists(staging))
                {
                    Directory.Delete(staging, recursive: true);
                }
            }
            catch (IOException)
            {
                // Another run is writing into this folder, or has just ended; what is its own is left to it.
            }
        }
    }
}
