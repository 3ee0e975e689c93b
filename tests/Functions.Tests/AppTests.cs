using System.Diagnostics;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using IpswDiff.Cloud;
using IpswDiff.Forge;
using IpswDiff.Functions.Runs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Trace;

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
    [InlineData(AppSettings.ArchiveKeys, "{")]
    [InlineData(AppSettings.PublishedKeys, "kernelcache=00ff")]
    [InlineData(AppSettings.Offline, "maybe")]
    public void Names_a_setting_that_makes_no_sense(string name, string value)
    {
        var settings = Sample();
        settings[name] = value;
        var fault = Assert.Throws<ArgumentException>(() => FunctionsOptions.Read(settings));
        Assert.Contains(name, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_keys_and_never_says_what_they_are()
    {
        var settings = Sample();
        var key = new string('a', 96);
        settings[AppSettings.PublishedKeys] = $"kernelcache={key}, 058-1.dmg={key[..72]}\n";
        var images = FunctionsOptions.Read(settings).Inputs;
        Assert.Equal(36, images.Keys.For("NEW.ipsw/058-1.dmg", images.Images).ImageKey.Length);
        settings[AppSettings.PublishedKeys] = key + "b";
        var fault = Assert.Throws<ArgumentException>(() => FunctionsOptions.Read(settings));
        Assert.DoesNotContain("aaaa", fault.ToString(), StringComparison.Ordinal);
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
        using var file = JsonDocument.Parse(File.ReadAllText(OutputFile("extensions.json")));
        var extensions = file.RootElement.GetProperty("extensions").EnumerateArray().ToArray();
        var names = extensions.Select(extension => extension.GetProperty("name").GetString()!).ToArray();
        Assert.Contains("DurableTask", names);
        Assert.Contains("AzureStorageBlobs", names);
        Assert.All(extensions, extension => Assert.True(File.Exists(OutputFile(extension.GetProperty("hintPath").GetString()!))));
    }

    // The project of the extensions is generated by the Functions SDK, which knows nothing of lock files: Functions.csproj gives it one.
    [Fact]
    public void The_extensions_of_the_host_are_those_of_the_lock_file()
    {
        var project = OutputFile(Path.Combine("WorkerExtensions", "obj")).Replace(Path.Combine("Functions", "bin"), Path.Combine("Functions", "obj"), StringComparison.Ordinal);
        using var assets = JsonDocument.Parse(File.ReadAllText(Path.Combine(project, "project.assets.json")));
        var locked = assets.RootElement.GetProperty("project").GetProperty("restore").GetProperty("restoreLockProperties");
        var lockPath = Path.Combine(SampleFiles.RepositoryRoot, "src", "Functions", "extensions.lock.json");
        Assert.Equal(lockPath, locked.GetProperty("nuGetLockFilePath").GetString());
        Assert.True(locked.GetProperty("restoreLockedMode").GetBoolean());

        using var file = JsonDocument.Parse(File.ReadAllText(lockPath));
        var expected = Assert.Single(file.RootElement.GetProperty("dependencies").EnumerateObject()).Value.EnumerateObject()
            .Select(package => $"{package.Name}/{package.Value.GetProperty("resolved").GetString()}");
        Assert.Equal(
            expected.Order(StringComparer.OrdinalIgnoreCase),
            assets.RootElement.GetProperty("libraries").EnumerateObject().Select(package => package.Name).Order(StringComparer.OrdinalIgnoreCase));
    }

    // The names of the keys are those of the public properties of the extension's options, which the host binds without a word about others.
    [Fact]
    public void The_host_knows_every_key_of_the_durable_extension()
    {
        using var host = JsonDocument.Parse(File.ReadAllText(OutputFile("host.json")));
        var durable = host.RootElement.GetProperty("extensions").GetProperty("durableTask");
        AssertKnown(durable, "DurableTaskOptions");
        AssertKnown(durable.GetProperty("tracing"), "TraceOptions");
        var storage = durable.GetProperty("storageProvider").EnumerateObject().Select(key => key.Name).Where(key => key != "type");
        Assert.Subset(Properties("AzureStorageOptions"), storage.ToHashSet(StringComparer.OrdinalIgnoreCase));

        static void AssertKnown(JsonElement section, string type) =>
            Assert.Subset(Properties(type), section.EnumerateObject().Select(key => key.Name).ToHashSet(StringComparer.OrdinalIgnoreCase));

        // The extension is made for another runtime and lies there without the host's own assemblies: it is read, not loaded.
        static HashSet<string> Properties(string type)
        {
            using var assembly = new PEReader(File.OpenRead(OutputFile(Path.Combine(".azurefunctions", "Microsoft.Azure.WebJobs.Extensions.DurableTask.dll"))));
            var metadata = assembly.GetMetadataReader();
            var options = metadata.TypeDefinitions.Select(metadata.GetTypeDefinition).Single(definition => metadata.GetString(definition.Name) == type);
            return options.GetProperties().Select(property => metadata.GetString(metadata.GetPropertyDefinition(property).Name)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        }
    }

    // Whoever follows a run asks every few seconds: the two lines that the host logs at Information for each request would outweigh all others.
    [Theory]
    [InlineData("GetDiff")]
    [InlineData("ListDiffs")]
    public void What_is_asked_for_over_and_over_is_not_logged_each_time(string function)
    {
        using var host = JsonDocument.Parse(File.ReadAllText(OutputFile("host.json")));
        Assert.Equal("Warning", host.RootElement.GetProperty("logging").GetProperty("logLevel").GetProperty("Function." + function).GetString());
    }

    [Fact]
    public void Spans_of_the_client_of_runs_are_traced()
    {
        using var spans = new ActivitySource("Microsoft.DurableTask");
        Assert.False(spans.HasListeners());
        using var tracing = Sdk.CreateTracerProviderBuilder().AddRuns().Build();
        Assert.True(spans.HasListeners());
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
