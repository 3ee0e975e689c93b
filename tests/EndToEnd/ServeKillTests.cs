using System.Diagnostics;
using System.Net;

namespace IpswDiff.EndToEnd;

/// <summary>The service killed with SIGKILL, doubled and out of disk: each run comes to a clear end, with the report of one that was left alone.</summary>
public sealed class ServeKillTests
{
    private const int Kills = 4;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_that_was_going_on_is_completed_by_the_next_process(bool inAzure)
    {
        using var place = ServicePlace.New(inAzure);
        var (expected, duration) = await LeaveAloneAsync(place);
        var random = new Random(inAzure ? 7 : 8);
        var hits = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            string id;
            await using (var killed = await Serving.StartAsync(place.Arguments))
            {
                id = await killed.CompareSamplesAsync();
                await Task.Delay(duration * (0.1 + (0.8 * random.NextDouble())), Token);
                hits += await killed.StateAsync(id) is "Queued" or "Running" ? 1 : 0;
                await killed.KillAsync();
            }

            await using var next = await Serving.StartAsync(place.Arguments);
            Assert.Equal("Completed", (await next.EndOfAsync(id)).GetProperty("state").GetString());
            Assert.Equal(expected, await place.ReportAsync(id));
            Assert.Empty(await place.PartialsAsync());
        }

        Assert.True(hits > 0, $"none of {Kills} runs was still going when it was to be killed");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_upload_that_was_going_on_leaves_nothing_and_can_be_made_again(bool inAzure)
    {
        using var place = ServicePlace.New(inAzure);
        var bytes = await File.ReadAllBytesAsync(Samples.Old, Token);
        await using (var killed = await Serving.StartAsync(place.Arguments))
        {
            using var content = new HalfContent(bytes);
            var sending = killed.Client.PutAsync($"api/firmwares/{Path.GetFileName(Samples.Old)}", content, Token);
            await content.HalfSent.WaitAsync(TimeSpan.FromSeconds(30), Token);
            await killed.KillAsync();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => sending);
        }

        Assert.Empty(await place.FirmwaresAsync());
        await using var next = await Serving.StartAsync(place.Arguments);
        Assert.Empty(await place.PartialsAsync());
        Assert.Equal(0, (await next.GetAsync("api/firmwares")).GetProperty("firmwares").GetArrayLength());
        Assert.Equal(HttpStatusCode.Created, await next.UploadAsync(Samples.Old));
        Assert.Equal([Path.GetFileName(Samples.Old)], await place.FirmwaresAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_services_that_work_for_one_run_do_no_harm(bool inAzure)
    {
        using var place = ServicePlace.New(inAzure);
        var (expected, _) = await LeaveAloneAsync(place);
        await using var first = await Serving.StartAsync(place.Arguments);
        var id = await first.CompareSamplesAsync();
        await using var second = await Serving.StartAsync(place.Arguments);
        Assert.Equal("Completed", (await second.EndOfAsync(id)).GetProperty("state").GetString());
        Assert.Equal("Completed", await first.StateAsync(id));
        Assert.Equal(expected, await place.ReportAsync(id));
    }

    [Fact]
    public async Task A_full_disk_fails_the_run_with_its_reason_and_another_completes_once_there_is_room()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/bin/bash"), "the size of files is limited by bash on Linux");
        using var place = ServicePlace.New(inAzure: false);
        var (expected, _) = await LeaveAloneAsync(place);
        await using (var limited = await Serving.StartLimitedAsync(24, place.Arguments))
        {
            var failed = await limited.CompareSamplesAsync();
            var run = await limited.EndOfAsync(failed);
            Assert.Equal("Failed", run.GetProperty("state").GetString());
            Assert.NotEmpty(run.GetProperty("reason").GetString()!);
            Assert.Contains(failed, limited.Log, StringComparison.Ordinal);
            Assert.DoesNotContain("report.html", (await place.ReportAsync(failed)).Keys);
            Assert.Empty(await place.PartialsAsync());
        }

        await using var roomy = await Serving.StartAsync(place.Arguments);
        var again = await roomy.CompareSamplesAsync();
        Assert.Equal("Completed", (await roomy.EndOfAsync(again)).GetProperty("state").GetString());
        Assert.Equal(expected, await place.ReportAsync(again));
    }

    private static async Task<(IReadOnlyDictionary<string, string> Report, TimeSpan Duration)> LeaveAloneAsync(ServicePlace place)
    {
        await using var service = await Serving.StartAsync(place.Arguments);
        foreach (var sample in (string[])[Samples.Old, Samples.New])
        {
            Assert.Equal(HttpStatusCode.Created, await service.UploadAsync(sample));
        }

        // The first run of a process also compiles; a run that is to be killed is the first of its process too.
        var started = Stopwatch.GetTimestamp();
        var id = await service.CompareSamplesAsync();
        Assert.Equal("Completed", (await service.EndOfAsync(id)).GetProperty("state").GetString());
        var duration = Stopwatch.GetElapsedTime(started);
        var report = await place.ReportAsync(id);
        Assert.Contains("report.json", report.Keys);
        return (report, duration);
    }

    /// <summary>A body that stands still after its first half.</summary>
    private sealed class HalfContent(byte[] bytes) : HttpContent
    {
        private readonly TaskCompletionSource _half = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task HalfSent => _half.Task;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
            await stream.FlushAsync();
            await Task.Delay(300);
            _half.TrySetResult();
            await Task.Delay(TimeSpan.FromMinutes(1));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
