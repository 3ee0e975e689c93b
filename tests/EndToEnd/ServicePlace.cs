using IpswDiff.Cloud;
using IpswDiff.Diffing.Storage;
using IpswDiff.Forge.Azurite;

namespace IpswDiff.EndToEnd;

/// <summary>Where a service keeps everything: folders, or an Azurite of the test's own.</summary>
internal sealed class ServicePlace : IDisposable
{
    private readonly ScratchFolder _scratch = Cli.Scratch();
    private readonly AzuriteServer? _azurite;
    private int _reports;

    private ServicePlace(AzuriteServer? azurite)
    {
        _azurite = azurite;
        Arguments = azurite is null ? ["--data", _scratch["data"]] : ["--storage", azurite.ConnectionString];
    }

    /// <summary>What tells the program.</summary>
    public string[] Arguments { get; }

    /// <summary>The stores, opened beside the service.</summary>
    public (IRunCatalog Catalog, IArtifactStore Artifacts, IFirmwareStore Firmwares) Open()
    {
        if (_azurite is not null)
        {
            var cloud = CloudStorage.Open(CloudOptions.Of(_azurite.ConnectionString));
            return (cloud.Catalog, cloud.Artifacts, cloud.Firmwares);
        }

        // Opened without the tidying of a service, which is what tests look at.
        var firmwares = Path.Combine(_scratch["data"], "firmwares");
        return (
            new FolderRunCatalog(Path.Combine(_scratch["data"], "catalog")),
            new FolderArtifactStore(Path.Combine(_scratch["data"], "artifacts")),
            new FolderFirmwareStore(firmwares, new FolderArtifactStore(firmwares)));
    }

    public string? ConnectionString => _azurite?.ConnectionString;

    /// <summary>A new one; skips the test where Azurite is asked for and cannot run.</summary>
    public static ServicePlace New(bool inAzure)
    {
        Assert.SkipWhen(inAzure && AzuriteServer.Absence is not null, AzuriteServer.Absence ?? string.Empty);
        return new ServicePlace(inAzure ? AzuriteServer.Launch() : null);
    }

    /// <summary>The report of a run, as it lies there.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ReportAsync(string id)
    {
        var folder = _scratch[$"report{_reports++}"];
        var prefix = $"runs/{id}/report/";
        var artifacts = Open().Artifacts;
        await foreach (var name in artifacts.ListAsync(prefix, TestContext.Current.CancellationToken))
        {
            var path = Path.Combine(folder, name[prefix.Length..]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using var from = await artifacts.TryOpenAsync(name, TestContext.Current.CancellationToken);
            await using var to = File.Create(path);
            await from!.CopyToAsync(to, TestContext.Current.CancellationToken);
        }

        var facts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, content) in Directory.Exists(folder) ? ReportFolder.Facts(folder) : facts)
        {
            // The page has the times of the run in it; what it found is that of report.json.
            facts.Add(name, name == "report.html" ? content[..content.IndexOf("<head>", StringComparison.Ordinal)] : content);
        }

        return facts;
    }

    /// <summary>Names of the firmwares that can be seen.</summary>
    public async Task<List<string>> FirmwaresAsync()
    {
        var names = new List<string>();
        await foreach (var name in Open().Firmwares.Files.ListAsync(string.Empty, TestContext.Current.CancellationToken))
        {
            names.Add(name);
        }

        return names;
    }

    /// <summary>What writers that died left in folders.</summary>
    public async Task<IReadOnlyList<string>> PartialsAsync()
    {
        string[] found = Directory.Exists(_scratch["data"]) ? Directory.GetFiles(_scratch["data"], "*.partial", SearchOption.AllDirectories) : [];
        if (found.Length > 0)
        {
            // What a living writer has in its hands is named or gone soon.
            await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        }

        return [.. found.Where(File.Exists)];
    }

    public void Dispose()
    {
        _azurite?.Dispose();
        _scratch.Dispose();
    }
}
