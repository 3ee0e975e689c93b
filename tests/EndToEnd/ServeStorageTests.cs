using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs.Specialized;

namespace IpswDiff.EndToEnd;

/// <summary><c>ipswdiff serve --storage</c> on Azurite: firmwares uploaded straight to the storage, compared, read; and no signature kept anywhere.</summary>
public sealed class ServeStorageTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Firmwares_uploaded_to_the_storage_are_compared_where_they_lie()
    {
        using var place = ServicePlace.New(inAzure: true);
        await using var service = await Serving.StartAsync(place.Arguments);
        var addresses = new List<string>();
        foreach (var sample in (string[])[Samples.Old, Samples.New])
        {
            var path = $"api/firmwares/{Path.GetFileName(sample)}";
            var upload = await service.PostAsync($"{path}/upload", "{}");
            Assert.Equal("Blocks", upload.GetProperty("kind").GetString());
            addresses.Add(upload.GetProperty("address").GetString()!);
            await using (var file = File.OpenRead(sample))
            {
                await new BlockBlobClient(new Uri(addresses[^1])).UploadAsync(file, cancellationToken: Token);
            }

            Assert.Equal(Path.GetFileName(sample), (await service.PostAsync(path, "{}")).GetProperty("name").GetString());
        }

        using (var taken = await service.Client.PostAsync($"api/firmwares/{Path.GetFileName(Samples.Old)}/upload", new StringContent("{}", Encoding.UTF8, "application/json"), Token))
        {
            Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);
        }

        var id = await service.CompareSamplesAsync();
        var run = await service.EndOfAsync(id);
        Assert.Equal("Completed", run.GetProperty("state").GetString());
        Assert.True(run.GetProperty("shardsDone").GetInt32() > 0);
        Assert.Equal(run.GetProperty("bytesPlanned").GetInt64(), run.GetProperty("bytesDone").GetInt64());
        Assert.True((await service.GetAsync($"api/diffs/{id}/report.json")).GetProperty("sections").GetArrayLength() > 0);
        Assert.Contains("<html", await service.Client.GetStringAsync($"api/diffs/{id}/report.html", Token), StringComparison.Ordinal);

        // The watch finds them too, and compares the pair once of its own.
        var dropped = await SecondRunAsync(service, id);
        Assert.Equal("Completed", (await service.EndOfAsync(dropped)).GetProperty("state").GetString());

        // What a signature is made of is in no record, no artifact, no log.
        var traces = new StringBuilder(service.Log);
        var (catalog, artifacts, _) = place.Open();
        foreach (var record in (await catalog.ListRunsAsync(100, null, Token)).Runs)
        {
            traces.AppendLine(JsonSerializer.Serialize(record));
        }

        await foreach (var firmware in catalog.ListFirmwaresAsync(Token))
        {
            traces.AppendLine(JsonSerializer.Serialize(firmware));
        }

        await foreach (var name in artifacts.ListAsync(string.Empty, Token))
        {
            await using var stream = await artifacts.TryOpenAsync(name, Token);
            using var reader = new StreamReader(name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream!, CompressionMode.Decompress) : stream!);
            traces.AppendLine(name).AppendLine(await reader.ReadToEndAsync(Token));
        }

        Assert.True(traces.Length > 10_000);
        Assert.DoesNotContain("sig=", traces.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sig%3D", traces.ToString(), StringComparison.OrdinalIgnoreCase);
        foreach (var address in addresses)
        {
            Assert.DoesNotContain(new Uri(address).Query[1..].Split('&').Single(part => part.StartsWith("sig=", StringComparison.Ordinal))[4..], traces.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Takes_one_place_alone_and_does_not_repeat_a_secret()
    {
        using var scratch = Cli.Scratch();
        var both = Cli.Run("serve", "--data", scratch["data"], "--storage", "UseDevelopmentStorage=true").Expect(2);
        Assert.Contains("--storage", both.Error, StringComparison.Ordinal);
        var secret = Cli.Run("serve", "--storage", "https://account.blob.core.windows.net/?sig=c2VjcmV0").Expect(2);
        Assert.DoesNotContain("c2VjcmV0", secret.Error, StringComparison.Ordinal);
    }

    private static async Task<string> SecondRunAsync(Serving service, string first)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(2); DateTime.UtcNow < deadline;)
        {
            foreach (var run in (await service.GetAsync("api/diffs")).GetProperty("runs").EnumerateArray())
            {
                if (run.GetProperty("id").GetString() is { } id && id != first)
                {
                    return id;
                }
            }

            await Task.Delay(500, Token);
        }

        throw new TimeoutException($"the watch starts nothing{Environment.NewLine}{service.Log}");
    }
}
