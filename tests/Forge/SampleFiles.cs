namespace IpswDiff.Forge;

/// <summary>
/// Finds optional real sample files beside the checkout, or where IPSWDIFF_SAMPLES points. Tests that want them skip, saying so,
/// where they are absent.
/// </summary>
public static class SampleFiles
{
    /// <summary>The repository's root: the nearest folder above the running program that holds the solution.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>The folder of optional samples, or null where there is none.</summary>
    public static string? Folder { get; } = FindFolder();

    /// <summary>The full path of one sample, or null where it is absent.</summary>
    public static string? Find(string relativePath)
    {
        var path = Folder is null ? null : Path.Combine(Folder, relativePath);
        return path is not null && File.Exists(path) ? path : null;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "IpswDiff.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("IpswDiff.sln stands in no folder above " + AppContext.BaseDirectory);
    }

    private static string? FindFolder()
    {
        var named = Environment.GetEnvironmentVariable("IPSWDIFF_SAMPLES");
        var folder = named ?? Path.Combine(RepositoryRoot, "..", "shared", "samples");
        return Directory.Exists(folder) ? Path.GetFullPath(folder) : null;
    }
}
