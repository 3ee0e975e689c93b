using System.Reflection;
using System.Text.Json;
using IpswDiff.Cloud;
using IpswDiff.Forge;
using IpswDiff.Functions;

namespace IpswDiff.EndToEnd;

/// <summary>The Bicep in infra/, compiled, linted and evaluated by the real compiler, and its settings against those of a local run.</summary>
public sealed class InfrastructureTests
{
    // What the host itself reads has other names where it runs locally, or none.
    private static readonly string[] HostOnly = ["FUNCTIONS_WORKER_RUNTIME", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING"];

    private static readonly string Infra = Path.Combine(SampleFiles.RepositoryRoot, "infra", "bicep");

    private static readonly Lazy<JsonElement> Sample = new(static () => Snapshot());

    /// <summary>What is deployed by itself; modules are compiled with what uses them.</summary>
    public static TheoryData<string> Templates =>
        [.. Directory.EnumerateFiles(Infra, "*.bicep").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    // Building tells of everything that linting does, in a template and in every module that it uses.
    [Theory]
    [MemberData(nameof(Templates))]
    public void Compiles_and_lints_without_a_warning(string template)
    {
        var result = Witness.Run(BicepProgram(), "build", Path.Combine(Infra, template), "--stdout");
        Assert.Equal(string.Empty, result.Error);
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public void Every_module_is_used_by_a_template()
    {
        var templates = string.Concat(Directory.EnumerateFiles(Infra, "*.bicep").Select(File.ReadAllText));
        Assert.All(
            Directory.EnumerateFiles(Path.Combine(Infra, "modules"), "*.bicep", SearchOption.AllDirectories),
            module => Assert.Contains($" '{Path.GetRelativePath(Infra, module).Replace('\\', '/')}' = ", templates, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("512", 1)]
    [InlineData("2048", 2)]
    [InlineData("4096", 4)]
    public void Sizes_of_instances_lead_to_limits_that_fit_them(string size, int activities)
    {
        var resources = Evaluate(("IPSWDIFF_INSTANCE_MEMORY_MB", size));
        var scale = Properties(resources, "Microsoft.Web/sites").Single().GetProperty("functionAppConfig").GetProperty("scaleAndConcurrency");
        Assert.Equal(int.Parse(size), scale.GetProperty("instanceMemoryMB").GetInt32());

        var settings = Settings(resources);
        Assert.Equal(activities.ToString(), settings["AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions"]);
        Assert.Equal(activities.ToString(), settings["IPSWDIFF_ACTIVITIES_PER_INSTANCE"]);
        var limit = int.Parse(settings["IPSWDIFF_MEMORY_LIMIT_MB"]);
        Assert.InRange(limit, int.Parse(size) / 2, int.Parse(size) - 100);
    }

    [Fact]
    public void Storage_takes_no_keys_no_old_encryption_and_no_anonymous_reader()
    {
        var resources = Evaluate();
        var accounts = Properties(resources, "Microsoft.Storage/storageAccounts").ToArray();
        Assert.Equal(2, accounts.Length);
        Assert.All(accounts, account =>
        {
            Assert.False(account.GetProperty("allowSharedKeyAccess").GetBoolean());
            Assert.False(account.GetProperty("allowBlobPublicAccess").GetBoolean());
            Assert.True(account.GetProperty("supportsHttpsTrafficOnly").GetBoolean());
            Assert.Equal("TLS1_2", account.GetProperty("minimumTlsVersion").GetString());
        });

        var blobs = Properties(resources, "Microsoft.Storage/storageAccounts/blobServices").ToArray();
        Assert.Equal(2, blobs.Length);
        Assert.All(blobs, service => Assert.True(service.GetProperty("deleteRetentionPolicy").GetProperty("enabled").GetBoolean()));
        Assert.All(
            Properties(resources, "Microsoft.Storage/storageAccounts/blobServices/containers"),
            container => Assert.Equal("None", container.GetProperty("publicAccess").GetString()));
    }

    [Fact]
    public void No_setting_of_the_app_holds_a_secret()
    {
        var settings = Settings(Evaluate());
        Assert.All(settings, setting =>
        {
            Assert.DoesNotContain("AccountKey", setting.Value, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("listKeys", setting.Value, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("SharedAccess", setting.Value, StringComparison.OrdinalIgnoreCase);
        });
        Assert.Equal("managedidentity", settings["IpswDiffStorage__credential"]);
        Assert.Equal("managedidentity", settings["AzureWebJobsStorage__credential"]);
    }

    // The app makes neither containers nor tables where it has an identity, so that no start waits for storage.
    [Fact]
    public void Every_container_and_table_of_the_app_is_made()
    {
        var resources = Evaluate();
        var app = new CloudOptions();
        Assert.Subset(Names("blobServices/containers"), new HashSet<string>([app.FirmwareContainer, app.ArtifactContainer]));
        Assert.Subset(Names("tableServices/tables"), new HashSet<string>([app.RunTable, app.FirmwareTable, app.ActivityTable]));

        HashSet<string> Names(string kind) => resources.EnumerateArray()
            .Where(resource => resource.GetProperty("type").GetString() == "Microsoft.Storage/storageAccounts/" + kind)
            .Select(resource => resource.GetProperty("name").GetString()!.Split('/')[^1]).ToHashSet();
    }

    [Fact]
    public void The_cloud_and_a_local_run_set_the_same_settings()
    {
        using var sample = JsonDocument.Parse(File.ReadAllText(Path.Combine(SampleFiles.RepositoryRoot, "local.settings.sample.json")));
        var local = sample.RootElement.GetProperty("Values").EnumerateObject().Select(value => value.Name);
        Assert.Equal(Comparable(local), Comparable(Settings(Evaluate()).Keys));
    }

    [Fact]
    public void Every_setting_that_the_app_reads_is_set_and_no_other()
    {
        var read = Comparable(AppSettings.All);
        var set = Comparable(Settings(Evaluate()).Keys);
        set.Remove("AzureWebJobsStorage");
        Assert.Equal(read, set);
    }

    // A connection by identity is several settings, PREFIX__PART; locally it is one, PREFIX.
    private static SortedSet<string> Comparable(IEnumerable<string> names) => new(
        names.Where(name => !HostOnly.Contains(name) && !name.StartsWith("AzureFunctionsJobHost__", StringComparison.Ordinal)).Select(name => name.Split("__")[0]),
        StringComparer.Ordinal);

    private static IEnumerable<JsonElement> Properties(JsonElement resources, string type) => resources.EnumerateArray()
        .Where(resource => resource.GetProperty("type").GetString() == type)
        .Select(resource => resource.TryGetProperty("properties", out var properties) ? properties : default);

    private static Dictionary<string, string> Settings(JsonElement resources) =>
        Properties(resources, "Microsoft.Web/sites/config").Single().EnumerateObject().ToDictionary(value => value.Name, value => value.Value.ToString());

    private static string BicepProgram()
    {
        var path = typeof(InfrastructureTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Bicep").Value!;
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(path), "the Bicep compiler of this package runs on Linux only");
        return path;
    }

    // Most tests ask about the sample parameters as they stand, which are evaluated once.
    private static JsonElement Evaluate(params (string Name, string Value)[] environment)
    {
        BicepProgram();
        return environment.Length == 0 ? Sample.Value : Snapshot(environment);
    }

    // The compiler evaluates the sample parameters as a deployment would, without asking Azure: a list of resources with their properties.
    private static JsonElement Snapshot(params (string Name, string Value)[] environment)
    {
        using var folder = Cli.Scratch();
        foreach (var file in Directory.EnumerateFiles(Infra, "*", SearchOption.AllDirectories))
        {
            var copy = folder[Path.GetRelativePath(Infra, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, true);
        }

        string[] command =
        [
            .. environment.Select(variable => $"{variable.Name}={variable.Value}"), BicepProgram(), "snapshot", folder["main.bicepparam"],
            "--mode", "overwrite", "--location", "westeurope", "--subscription-id", "00000000-0000-0000-0000-000000000001",
        ];
        var result = Witness.Run("/usr/bin/env", command);
        Assert.True(result.ExitCode == 0, result.Error);
        using var snapshot = JsonDocument.Parse(File.ReadAllText(folder["main.snapshot.json"]));
        return snapshot.RootElement.GetProperty("predictedResources").Clone();
    }
}
