using IpswDiff.Diffing.Storage;

namespace IpswDiff.Cli;

/// <summary>
/// A report's folder. Everything is written into a hidden folder inside it and moved into place when the report is whole, over an
/// older report of the same place; a run that fails leaves the older report as it was.
/// </summary>
internal sealed class OutputFolder : IDisposable
{
    private readonly string _folder;
    private readonly string _staging;

    public OutputFolder(string folder)
    {
        _folder = Path.GetFullPath(folder);
        _staging = Path.Combine(_folder, $".ipswdiff-{Guid.NewGuid():N}");
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
    }
}
