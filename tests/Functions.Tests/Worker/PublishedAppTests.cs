using System.Diagnostics;
using System.Text;
using System.Text.Json;
using IpswDiff.Forge;

namespace IpswDiff.Functions.Tests.Worker;

/// <summary>The app as it is published, and its worker as a process of its own, as a host starts it.</summary>
public class PublishedAppTests
{
    private static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "published");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Holds_what_a_host_reads_and_neither_documentation_nor_symbols()
    {
        string[] wanted = ["host.json", "worker.config.json", "functions.metadata", "extensions.json", "IpswDiff.Functions.dll", "IpswDiff.Functions.runtimeconfig.json"];
        Assert.All(wanted, name => Assert.True(File.Exists(Path.Combine(Folder, name)), name));
        Assert.True(File.Exists(Path.Combine(Folder, ".azurefunctions", "Microsoft.Azure.WebJobs.Extensions.DurableTask.dll")));
        Assert.DoesNotContain(
            Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories), path => Path.GetExtension(path) is ".pdb" or ".xml" || Path.GetFileName(path) == "local.settings.json");
    }

    // The account does not exist: a start that asked storage for anything would fail, and in the cloud each would wait for it.
    [Fact]
    public async Task The_worker_starts_without_asking_storage_and_offers_every_function()
    {
        await using var rpc = await FunctionRpcServer.StartAsync(Token);
        using var worker = StartWorker(rpc.Address);
        try
        {
            await rpc.ReceiveAsync(FunctionRpcServer.StartStream, Token);
            var initialized = await rpc.AskAsync(FunctionRpcServer.InitRequest, "4.1037.0", FunctionRpcServer.InitResponse, Token);
            var capabilities = FunctionRpcServer.Fields(initialized, 2).Select(pair => Encoding.UTF8.GetString(FunctionRpcServer.Fields(pair, 1).Single()));
            Assert.Contains("HttpUri", capabilities);

            var metadata = await rpc.AskAsync(FunctionRpcServer.MetadataRequest, Folder, FunctionRpcServer.MetadataResponse, Token);
            var offered = FunctionRpcServer.Fields(metadata, 1).Select(function => Encoding.UTF8.GetString(FunctionRpcServer.Fields(function, 4).Single()));
            using var file = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, "functions.metadata"), Token));
            var expected = file.RootElement.EnumerateArray().Select(function => function.GetProperty("name").GetString()!).ToArray();
            Assert.True(expected.Length >= 30);
            Assert.Equal(expected.Order(StringComparer.Ordinal), offered.Order(StringComparer.Ordinal));
        }
        finally
        {
            worker.Kill();
            await worker.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static Process StartWorker(string address)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            Path.Combine(Folder, "IpswDiff.Functions.dll"), "--functions-uri", address, "--functions-request-id", "request", "--functions-worker-id", "worker",
            "--functions-grpc-max-message-length", "134217728",
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var sample = JsonDocument.Parse(File.ReadAllText(Path.Combine(SampleFiles.RepositoryRoot, "local.settings.sample.json")));
        foreach (var value in sample.RootElement.GetProperty("Values").EnumerateObject())
        {
            start.Environment[value.Name] = value.Value.GetString();
        }

        start.Environment[AppSettings.Storage] = null;
        start.Environment[AppSettings.Storage + "__blobServiceUri"] = "https://account.blob.invalid/";
        start.Environment[AppSettings.Storage + "__tableServiceUri"] = "https://account.table.invalid/";
        start.Environment[AppSettings.Storage + "__clientId"] = "5f0c1d1e-0000-4000-8000-000000000000";
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
