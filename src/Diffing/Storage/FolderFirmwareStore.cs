using System.Globalization;
using System.Runtime.CompilerServices;

namespace IpswDiff.Diffing.Storage;

/// <summary>Firmwares as files of a folder.</summary>
/// <param name="folder">The folder.</param>
/// <param name="files">Its files as artifacts.</param>
public sealed class FolderFirmwareStore(string folder, IArtifactStore files) : IFirmwareStore
{
    /// <summary>Uses <paramref name="folder"/>, which is made if it does not exist.</summary>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    public FolderFirmwareStore(string folder)
        : this(folder, new FolderArtifactStore(folder))
    {
    }

    /// <inheritdoc/>
    public IArtifactStore Files => files;

    /// <inheritdoc/>
    public Uri? UploadOrigin => null;

    /// <inheritdoc/>
    /// <remarks>Files of the folder itself that nobody holds open for writing, as far as the system knows.</remarks>
    public async IAsyncEnumerable<FirmwareFile> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!file.Name.EndsWith(".partial", StringComparison.Ordinal) && !file.Name.StartsWith('.') && CanBeRead(file))
            {
                yield return new FirmwareFile(
                    file.Name, file.Length, string.Create(CultureInfo.InvariantCulture, $"{file.Length}-{file.LastWriteTimeUtc.Ticks}"));
            }
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<UploadAddress?> CreateUploadAddressAsync(string name, CancellationToken cancellationToken) => Task.FromResult<UploadAddress?>(null);

    /// <inheritdoc/>
    public async Task CopyAsync(string name, RemoteFile source, Action<long> progress, CancellationToken cancellationToken)
    {
        ArtifactNames.Check(name);
        ArgumentNullException.ThrowIfNull(source);
        if (!await files.ExistsAsync(name, cancellationToken).ConfigureAwait(false))
        {
            await FolderFirmwareCopy.RunAsync(Path.GetFullPath(Path.Combine(folder, name)), source, progress, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool CanBeRead(FileInfo file)
    {
        try
        {
            // Sharing is refused to writers, so that a file which is still being written does not open where the system knows of it.
            using var stream = file.Open(FileMode.Open, FileAccess.Read, FileShare.Read);
            return true;
        }
        catch (Exception busy) when (busy is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
