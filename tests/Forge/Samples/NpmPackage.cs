using System.Formats.Tar;
using System.IO.Compression;

namespace IpswDiff.Forge.Samples;

/// <summary>
/// A published version of an npm package, whose registry keeps every version of real binaries. It is fetched with npm, which keeps what it
/// fetched in a cache of its own, and only unpacked: nothing in it is run.
/// </summary>
public static class NpmPackage
{
    /// <summary>The bytes of one file of a package, or null with the reason where npm or the registry cannot be reached.</summary>
    /// <param name="name">The package.</param>
    /// <param name="version">Its version.</param>
    /// <param name="path">The file's path in the package.</param>
    /// <exception cref="InvalidDataException">The package has no such file.</exception>
    public static (byte[]? Bytes, string? Reason) TryRead(string name, string version, string path)
    {
        if (Witnesses.Npm.Path is not { } npm)
        {
            return (null, Witnesses.Npm.Absence);
        }

        var folder = Directory.CreateTempSubdirectory("ipswdiff-npm");
        try
        {
            var answer = Witness.Run(npm, "pack", $"{name}@{version}", "--ignore-scripts", "--silent", "--prefer-offline", "--fetch-retries=1", "--pack-destination", folder.FullName);
            if (answer.ExitCode != 0 || folder.GetFiles("*.tgz") is not [var archive])
            {
                return (null, $"npm cannot fetch {name}@{version}");
            }

            using var reader = new TarReader(new GZipStream(archive.OpenRead(), CompressionMode.Decompress));
            while (reader.GetNextEntry() is { } entry)
            {
                if (entry.Name == "package/" + path && entry.DataStream is { } data)
                {
                    using var bytes = new MemoryStream();
                    data.CopyTo(bytes);
                    return (bytes.ToArray(), null);
                }
            }

            throw new InvalidDataException($"{name}@{version} has no {path}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
