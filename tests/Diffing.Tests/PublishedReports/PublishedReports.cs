using IpswDiff.Forge;

namespace IpswDiff.Diffing.Tests.PublishedReports;

/// <summary>Finds the published reports, which are optional: what needs them skips, saying so, where they are absent.</summary>
internal static class PublishedReports
{
    /// <summary>The folder of the reports, or null where there is none.</summary>
    public static string? Folder { get; } = Find();

    /// <summary>Pages of one updated binary, a path relative to <see cref="Folder"/> each, in the order of their paths.</summary>
    public static IReadOnlyList<string> BinaryPages() => [.. Pages().Where(page => IsIn(page, "DYLIBS", "MACHOS", "KEXTS", "FIRMWARE"))];

    /// <summary>All pages, in the order of their paths.</summary>
    public static IEnumerable<string> Pages() => Folder is null
        ? []
        : Directory.EnumerateFiles(Folder, "*.md", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Folder, path)).Order(StringComparer.Ordinal);

    /// <summary>The text of one page.</summary>
    public static string Read(string page) => File.ReadAllText(Path.Combine(Folder!, page));

    private static bool IsIn(string page, params string[] groups) => page.Split('/') is { Length: > 2 } parts && groups.Contains(parts[1]);

    private static string? Find()
    {
        var folder = Path.GetFullPath(Path.Combine(SampleFiles.Folder ?? SampleFiles.RepositoryRoot, "..", "reference", "reports"));
        return Directory.Exists(folder) ? folder : null;
    }
}
