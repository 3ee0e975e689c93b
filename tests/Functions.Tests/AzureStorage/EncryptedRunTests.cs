using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Storage;
using IpswDiff.Forge.Samples;
using Microsoft.DurableTask.Client;

namespace IpswDiff.Functions.Tests.AzureStorage;

/// <summary>Firmwares whose every volume is encrypted, on the backend that the app has in the cloud.</summary>
public sealed class EncryptedRunTests(AzuriteFixture azurite) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ipswdiff-encrypted-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_compared_as_their_plain_twins_and_their_keys_are_written_nowhere()
    {
        EncryptedTwins.Write(
            _folder, Path.Combine(SamplePair.Folder, SamplePair.Old), Path.Combine(SamplePair.Folder, SamplePair.New));
        var inputs = ArchiveKeys.Inputs(null, Encoding.UTF8.GetBytes(EncryptedTwins.Database), isOffline: true);
        await using var host = await StorageHost.CreateAsync(azurite, inputs);
        await host.UploadFromAsync(_folder, "plain-old.ipsw", "plain-new.ipsw", "aea-old.ipsw", "aea-new.ipsw");
        await host.WorkAsync();
        var plain = await EndedAsync("plain-old.ipsw", "plain-new.ipsw");
        var encrypted = await EndedAsync("aea-old.ipsw", "aea-new.ipsw");
        Assert.Equal(await ItemsAsync(host.Stores.Report(plain)), await ItemsAsync(host.Stores.Report(encrypted)));

        var secrets = JsonDocument.Parse(EncryptedTwins.Database).RootElement.EnumerateObject()
            .SelectMany(key => key.Value.GetString()!.Split('\n'))
            .Where(line => line.Length > 32 && !line.StartsWith("---", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(secrets);
        var written = await WrittenAsync(host, encrypted);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, written, StringComparison.Ordinal));

        async Task<string> EndedAsync(string old, string @new)
        {
            var id = await host.RequestAsync(old, @new);
            await host.StartRunAsync(id);
            var outcome = await host.EndAsync(id);
            Assert.Equal((null, false, true), (outcome.Failure, outcome.IsIncomplete, outcome.IsDifferent));
            return id;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Histories with what went in and came out, the catalogue, and every artifact.
    private static async Task<string> WrittenAsync(StorageHost host, string id)
    {
        var written = new StringBuilder();
        var all = new OrchestrationQuery { FetchInputsAndOutputs = true };
        await foreach (var instance in host.Client.GetAllInstancesAsync(all))
        {
            written.Append(instance.SerializedInput).Append(instance.SerializedOutput);
            written.Append(instance.SerializedCustomStatus);
        }

        written.Append(JsonSerializer.Serialize((await host.Catalog.FindRunAsync(id, Token))!.Value));
        foreach (var name in await ReportText.NamesAsync(host.Storage.Artifacts))
        {
            await using var stream = (await host.Storage.Artifacts.TryOpenAsync(name, Token))!;
            using var reader = new StreamReader(stream, Encoding.Latin1);
            written.Append(await reader.ReadToEndAsync(Token));
        }

        return written.ToString();
    }

    // The manifests name other files, so the archives' own members differ; everything in the volumes must agree.
    private static async Task<string> ItemsAsync(IArtifactStore report)
    {
        var sections = JsonNode.Parse(await ReportText.SectionsAsync(report))!.AsArray();
        var items = sections.SelectMany(section => section!.AsObject().Where(property => property.Value is JsonArray)
            .SelectMany(property => property.Value!.AsArray())
            .Where(item => item!["volume"]?.GetValue<string>() is { } volume && volume != "IPSW")
            .Select(item => $"{section["handler"]} {item!.ToJsonString()}")).ToArray();
        Assert.NotEmpty(items);
        return string.Join('\n', items);
    }
}
