using System.Diagnostics;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Functions.Tests.AzureStorage;

/// <summary>A worker process that is killed in the middle of a run, as an instance is that the platform takes away.</summary>
public class KilledWorkerTests(AzuriteFixture azurite)
{
    private const string ConnectionVariable = "IPSWDIFF_TEST_WORKER_CONNECTION";
    private const string NameVariable = "IPSWDIFF_TEST_WORKER_NAME";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task The_next_worker_goes_on_where_a_killed_one_was(int shardsDone)
    {
        await using var host = await StorageHost.CreateAsync(azurite);
        var id = await host.RequestAsync();
        await host.StartRunAsync(id);
        using (var worker = StartProcess(host))
        {
            try
            {
                while (await CountResultsAsync(host, id) < shardsDone)
                {
                    Assert.False(worker.HasExited, "the worker ended by itself");
                    await Task.Delay(50, Token);
                }
            }
            finally
            {
                worker.Kill();
                await worker.WaitForExitAsync(CancellationToken.None);
            }
        }

        Assert.Equal(RunState.Running, (await host.Catalog.FindRunAsync(id, Token))!.Value.State);
        var done = await CountResultsAsync(host, id);
        await host.WorkAsync();
        var outcome = await host.EndAsync(id);
        var shards = await CountResultsAsync(host, id);
        Assert.InRange(done, shardsDone, shards - 1);

        // Shards whose end the killed worker could not report any more, two at most, are asked for again, and found done.
        Assert.InRange(host.Attempts.Count, shards - done, Math.Min(shards, shards - done + StorageHost.ActivitiesAtOnce));
        var local = await host.RequestAsync();
        Assert.Equal(await host.InProcess.RunAsync(local, Token), outcome);
        await ReportText.AssertSameAsync(host.Stores.Report(local), host.Stores.Report(id));
    }

    /// <summary>No test: what the killed process does. It ends with the process that started it, when its input ends.</summary>
    [Fact(Explicit = true)]
    public async Task Works_until_it_is_killed()
    {
        var connection = Environment.GetEnvironmentVariable(ConnectionVariable);
        Assert.SkipWhen(connection is null, "it is run by the test of killed workers only");
        await using var host = await StorageHost.OpenAsync(connection, Environment.GetEnvironmentVariable(NameVariable)!);
        await host.WorkAsync(async (_, _) => await Task.Delay(500, Token));
        await Console.In.ReadToEndAsync(Token);
    }

    private static Process StartProcess(StorageHost host)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true };
        string[] arguments =
        [
            "exec", typeof(KilledWorkerTests).Assembly.Location, "-explicit", "only", "-method", $"{typeof(KilledWorkerTests).FullName}.{nameof(Works_until_it_is_killed)}",
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[ConnectionVariable] = host.Connection;
        start.Environment[NameVariable] = host.Name;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    private static async Task<int> CountResultsAsync(StorageHost host, string id) =>
        (await ReportText.NamesAsync(host.Stores.Work(id))).Count(name => name.StartsWith("results/", StringComparison.Ordinal));
}
