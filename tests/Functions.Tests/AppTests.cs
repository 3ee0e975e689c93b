using System.Reflection;
using System.Text.Json;
using IpswDiff.Cloud;
using IpswDiff.Forge;
using IpswDiff.Functions.Runs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IpswDiff.Functions.Tests;

/// <summary>The app's settings and what the infrastructure relies on.</summary>
public class AppTests
{
    [Fact]
    public void Reads_the_sample_of_local_settings()
    {
        var options = FunctionsOptions.Read(Sample());
        Assert.Equal(512L << 20, options.Budget.LimitBytes);
        Assert.Equal("UseDevelopmentStorage=true", options.Storage.ConnectionString);
        Assert.Equal(TimeSpan.FromDays(90), options.RunRetention);
    }

    [Fact]
    public void Reads_a_storage_account_by_identity()
    {
        var settings = Sample();
        settings[AppSettings.Storage] = null;
        settings[AppSettings.Storage + ":blobServiceUri"] = "https://account.blob.core.windows.net/";
        settings[AppSettings.Storage + ":tableServiceUri"] = "https://account.table.core.windows.net/";
        settings[AppSettings.Storage + ":clientId"] = "5f0c";
        var storage = FunctionsOptions.Read(settings).Storage;
        Assert.Null(storage.ConnectionString);
        Assert.Equal(new Uri("https://account.blob.core.windows.net/"), storage.AccountUrl);
        Assert.Equal("5f0c", storage.ManagedIdentityClientId);
    }

    [Theory]
    [InlineData(AppSettings.Storage, "")]
    [InlineData(AppSettings.MemoryLimit, "64")]
    [InlineData(AppSettings.MaxConcurrency, "many")]
    [InlineData(AppSettings.RunRetentionDays, "-1")]
    public void Names_a_setting_that_makes_no_sense(string name, string value)
    {
        var settings = Sample();
        settings[name] = value;
        var fault = Assert.Throws<ArgumentException>(() => FunctionsOptions.Read(settings));
        Assert.Contains(name, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Event_Grid_and_the_alerts_name_what_there_is()
    {
        var infra = Path.Combine(SampleFiles.RepositoryRoot, "infra", "bicep");
        Assert.Contains($"startswith \"{RunLog.FailedPrefix}\"", File.ReadAllText(Path.Combine(infra, "modules", "alerts.bicep")), StringComparison.Ordinal);
        var functions = typeof(AppSettings).Assembly.GetTypes().SelectMany(type => type.GetMethods())
            .Select(method => method.GetCustomAttribute<FunctionAttribute>()?.Name).OfType<string>().ToArray();
        Assert.Contains("FirmwareDropped", functions);
        Assert.Contains("param functionName string = 'FirmwareDropped'", File.ReadAllText(Path.Combine(infra, "firmwareEvents.bicep")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_host_finds_every_trigger()
    {
        using var metadata = JsonDocument.Parse(File.ReadAllText(OutputFile("functions.metadata")));
        var found = metadata.RootElement.EnumerateArray().Select(function =>
            (Name: function.GetProperty("name").GetString()!, Trigger: function.GetProperty("bindings").EnumerateArray()
                .Select(binding => binding.GetProperty("type").GetString()!).Single(type => type.EndsWith("Trigger", StringComparison.OrdinalIgnoreCase)).ToUpperInvariant()));
        var functions =
            from type in typeof(AppSettings).Assembly.GetTypes()
            from method in type.GetMethods()
            let name = method.GetCustomAttribute<FunctionAttribute>()?.Name
            where name is not null
            let trigger = method.GetParameters().SelectMany(parameter => parameter.GetCustomAttributes()).Single(attribute => attribute.GetType().Name.EndsWith("TriggerAttribute", StringComparison.Ordinal))
            select (Name: name, Trigger: trigger.GetType().Name[..^"Attribute".Length].ToUpperInvariant());
        Assert.Equal(functions.OrderBy(function => function.Name, StringComparer.Ordinal), found.OrderBy(function => function.Name, StringComparer.Ordinal));
    }

    [Fact]
    public void The_host_loads_every_extension()
    {
        var path = OutputFile("extensions.json");
        Assert.SkipUnless(File.Exists(path), "the packages of the host's extensions could not be had, so the SDK wrote no extensions.json");
        using var extensions = JsonDocument.Parse(File.ReadAllText(path));
        var names = extensions.RootElement.GetProperty("extensions").EnumerateArray().Select(extension => extension.GetProperty("name").GetString()!).ToArray();
        Assert.Contains("DurableTask", names);
        Assert.Contains("AzureStorageBlobs", names);
    }

    // The bounds of the extension's own AzureStorageOptions and DurableTaskOptions; a host whose host.json is out of them does not start.
    [Fact]
    public void The_host_accepts_the_limits()
    {
        using var host = JsonDocument.Parse(File.ReadAllText(OutputFile("host.json")));
        var durable = host.RootElement.GetProperty("extensions").GetProperty("durableTask");
        var storage = durable.GetProperty("storageProvider");
        Assert.InRange(Time("controlQueueVisibilityTimeout"), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(60));
        Assert.InRange(Time("workItemQueueVisibilityTimeout"), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(60));
        Assert.InRange(Time("maxQueuePollingInterval"), TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Assert.InRange(storage.GetProperty("partitionCount").GetInt32(), 1, 16);
        Assert.InRange(storage.GetProperty("controlQueueBatchSize").GetInt32(), 1, 32);
        Assert.InRange(storage.GetProperty("controlQueueBufferThreshold").GetInt32(), 1, 1000);
        Assert.InRange(durable.GetProperty("maxConcurrentActivityFunctions").GetInt32(), 1, int.MaxValue);
        Assert.InRange(durable.GetProperty("maxConcurrentOrchestratorFunctions").GetInt32(), 1, int.MaxValue);
        Assert.Matches("^[a-zA-Z][a-zA-Z0-9]{2,44}$", durable.GetProperty("hubName").GetString());

        TimeSpan Time(string name) => TimeSpan.Parse(storage.GetProperty(name).GetString()!, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Every_function_can_be_made_from_what_is_composed()
    {
        var options = FunctionsOptions.Read(Sample());
        await using var services = new ServiceCollection().AddLogging().AddIpswDiff(options, CloudStorage.Open(options.Storage)).BuildServiceProvider();
        var classes = typeof(AppSettings).Assembly.GetTypes()
            .Where(type => !type.IsAbstract && type.GetMethods().Any(method => method.GetCustomAttribute<FunctionAttribute>() is not null))
            .ToArray();
        Assert.Equal(7, classes.Length);
        Assert.All(classes, type => Assert.NotNull(ActivatorUtilities.CreateInstance(services, type)));
    }

    private static IConfiguration Sample()
    {
        using var sample = JsonDocument.Parse(File.ReadAllText(Path.Combine(SampleFiles.RepositoryRoot, "local.settings.sample.json")));
        return new ConfigurationBuilder()
            .AddInMemoryCollection(sample.RootElement.GetProperty("Values").EnumerateObject().Select(value => KeyValuePair.Create(value.Name, value.Value.GetString())))
            .Build();
    }

    // Beside the app, where the host starts it from.
    private static string OutputFile(string name) => Path.Combine(
        AppContext.BaseDirectory.Replace(Path.Combine("tests", "Functions.Tests"), Path.Combine("src", "Functions"), StringComparison.Ordinal), name);
}
