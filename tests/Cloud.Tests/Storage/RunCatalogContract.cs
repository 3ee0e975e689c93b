using System.Globalization;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Cloud.Tests.Storage;

/// <summary>What every <see cref="IRunCatalog"/> keeps, wherever it keeps it.</summary>
public abstract class RunCatalogContract
{
    private static readonly DateTimeOffset Start = new(2026, 1, 31, 23, 59, 0, TimeSpan.Zero);

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The same catalogue as often as it is asked for, each time through another object.</summary>
    protected abstract Task<IRunCatalog> OpenAsync();

    [Fact]
    public async Task A_run_is_added_once_and_found_whole()
    {
        var catalog = await OpenAsync();
        var run = Run(Start) with
        {
            OldFirmware = "f1",
            NewFirmware = "f2",
            Options = "{\"strings\":true,\"title\":\"Ω\\u0000 'quoted'\"}",
            State = RunState.CompletedWithErrors,
            Phase = "diff",
            Reason = "shard 3: Ω",
            ShardsDone = 3,
            ShardsPlanned = 4,
            BytesDone = 1L << 40,
            BytesPlanned = 1L << 41,
            StartedAt = Start.AddSeconds(1),
            EndedAt = Start.AddSeconds(2),
        };
        Assert.True(await catalog.TryAddRunAsync(run, Token));
        Assert.False(await catalog.TryAddRunAsync(run with { Old = "another" }, Token));
        Assert.Equal(run, (await (await OpenAsync()).FindRunAsync(run.Id, Token))!.Value);
        Assert.Null(await catalog.FindRunAsync(RunRecord.NewId(Start), Token));
    }

    [Fact]
    public async Task Of_two_writers_who_read_the_same_state_one_must_read_again()
    {
        var first = await OpenAsync();
        var second = await OpenAsync();
        var run = Run(Start);
        await first.TryAddRunAsync(run, Token);
        var seenByFirst = (await first.FindRunAsync(run.Id, Token))!;
        var seenBySecond = (await second.FindRunAsync(run.Id, Token))!;
        Assert.True(await first.TryUpdateRunAsync(seenByFirst.Value with { ShardsDone = 1 }, seenByFirst.Version, Token));
        Assert.False(await second.TryUpdateRunAsync(seenBySecond.Value with { Reason = "lost?" }, seenBySecond.Version, Token));
        var now = (await second.FindRunAsync(run.Id, Token))!;
        Assert.Equal(1, now.Value.ShardsDone);
        Assert.Null(now.Value.Reason);
        Assert.True(await second.TryUpdateRunAsync(now.Value with { Reason = "kept" }, now.Version, Token));
        Assert.False(await first.TryUpdateRunAsync(now.Value, now.Version, Token));
    }

    [Fact]
    public async Task A_run_that_was_deleted_cannot_be_updated_back_into_being()
    {
        var catalog = await OpenAsync();
        var run = Run(Start);
        await catalog.TryAddRunAsync(run, Token);
        var seen = (await catalog.FindRunAsync(run.Id, Token))!;
        await catalog.DeleteRunAsync(run.Id, Token);
        Assert.False(await catalog.TryUpdateRunAsync(run, seen.Version, Token));
        Assert.Null(await catalog.FindRunAsync(run.Id, Token));
        Assert.Null(await catalog.UpdateRunAsync(run.Id, static run => run, Token));
        await catalog.DeleteRunAsync(run.Id, Token);
    }

    [Fact]
    public async Task Changes_of_many_writers_all_count()
    {
        var run = Run(Start);
        await (await OpenAsync()).TryAddRunAsync(run, Token);
        var writers = Enumerable.Range(0, 6).Select(async _ =>
        {
            var catalog = await OpenAsync();
            for (var i = 0; i < 5; i++)
            {
                await catalog.UpdateRunAsync(run.Id, static run => run with { ShardsDone = run.ShardsDone + 1 }, Token);
            }
        });
        await Task.WhenAll(writers);
        Assert.Equal(30, (await (await OpenAsync()).FindRunAsync(run.Id, Token))!.Value.ShardsDone);
    }

    [Fact]
    public async Task Runs_are_listed_newest_first_page_by_page()
    {
        var catalog = await OpenAsync();
        DateTimeOffset[] times = [.. Enumerable.Range(0, 11).Select(i => Start.AddMilliseconds(i * 97)), Start.AddYears(1), Start.AddDays(-40), Start];
        var runs = times.Select(Run).ToArray();
        foreach (var run in runs)
        {
            Assert.True(await catalog.TryAddRunAsync(run, Token));
        }

        var expected = runs.Select(run => run.Id).OrderDescending(StringComparer.Ordinal).ToArray();
        Assert.Equal(expected, runs.OrderByDescending(run => run.CreatedAt).ThenByDescending(run => run.Id, StringComparer.Ordinal).Select(run => run.Id));
        var listed = new List<string>();
        string? next = null;
        do
        {
            var page = await catalog.ListRunsAsync(4, next, Token);
            Assert.InRange(page.Runs.Count, 1, 4);
            listed.AddRange(page.Runs.Select(run => run.Id));
            next = page.Next;
        }
        while (next is not null);
        Assert.Equal(expected, listed);
        var exact = await catalog.ListRunsAsync(runs.Length, null, Token);
        Assert.Equal(runs.Length, exact.Runs.Count);
        Assert.Null(exact.Next);
        await Assert.ThrowsAsync<ArgumentException>(() => catalog.ListRunsAsync(4, "' or true", Token));
    }

    [Fact]
    public async Task Purging_removes_runs_that_ended_before_with_activities_and_artifacts()
    {
        var catalog = await OpenAsync();
        var old = Run(Start.AddDays(-2)) with { State = RunState.Completed };
        var going = Run(Start.AddDays(-2)) with { State = RunState.Running };
        var recent = Run(Start) with { State = RunState.Failed };
        foreach (var run in (RunRecord[])[old, going, recent])
        {
            await catalog.TryAddRunAsync(run, Token);
            await catalog.TryAddActivityAsync(Activity(run, "plan"), Token);
        }

        var removed = new List<string>();
        Task Remove(RunRecord run, CancellationToken token)
        {
            removed.Add(run.Id);
            return Task.CompletedTask;
        }

        Assert.Equal(1, await catalog.PurgeRunsAsync(Start, Remove, Token));
        Assert.Equal([old.Id], removed);
        Assert.Null(await catalog.FindRunAsync(old.Id, Token));
        Assert.Empty(await catalog.ListActivitiesAsync(old.Id, Token).ToListAsync(Token));
        Assert.Equal([recent.Id, going.Id], (await catalog.ListRunsAsync(10, null, Token)).Runs.Select(run => run.Id));
        Assert.Single(await catalog.ListActivitiesAsync(going.Id, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task An_activity_is_recorded_once_and_found_whole()
    {
        var catalog = await OpenAsync();
        var run = Run(Start);
        var activity = Activity(run, "diff/FileSystem #12?\\'%") with { Result = "{\"a\":\"" + new string('"', 12_000) + "\"}", Seconds = 1.5, PeakWorkingSetBytes = 5 };
        Assert.True(await catalog.TryAddActivityAsync(activity, Token));
        Assert.False(await catalog.TryAddActivityAsync(activity with { Result = "2" }, Token));
        Assert.Equal(activity, await catalog.FindActivityAsync(run.Id, activity.Name, Token));
        Assert.Null(await catalog.FindActivityAsync(run.Id, "diff", Token));
        Assert.True(await catalog.TryAddActivityAsync(Activity(run, new string('é', 200)), Token));
        Assert.True(await catalog.TryAddActivityAsync(Activity(run, new string('é', 199) + "e"), Token));
        await Assert.ThrowsAsync<ArgumentException>(() => catalog.TryAddActivityAsync(activity with { Name = "x", Result = new string('x', 16_385) }, Token));
    }

    [Fact]
    public async Task All_activities_of_a_run_are_listed_and_go_with_it()
    {
        var catalog = await OpenAsync();
        var run = Run(Start);
        var other = Run(Start);
        await catalog.TryAddRunAsync(run, Token);
        var names = Enumerable.Range(0, 130).Select(i => i.ToString("D4", CultureInfo.InvariantCulture)).ToArray();
        foreach (var name in names)
        {
            await catalog.TryAddActivityAsync(Activity(run, name), Token);
        }

        await catalog.TryAddActivityAsync(Activity(other, "x"), Token);
        Assert.Equal(names, await catalog.ListActivitiesAsync(run.Id, Token).Select(activity => activity.Name).ToListAsync(Token));
        await catalog.DeleteRunAsync(run.Id, Token);
        Assert.Empty(await catalog.ListActivitiesAsync(run.Id, Token).ToListAsync(Token));
        Assert.Single(await catalog.ListActivitiesAsync(other.Id, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Firmwares_of_a_product_come_newest_build_first()
    {
        var catalog = await OpenAsync();
        string[] builds = ["26A340", "25G100", "26A5378j", "26B5011a", "26A5378", "9A334", "22A3354", "25F5042g", "25F66", "26A341", "custom build"];
        foreach (var build in builds)
        {
            Assert.True(await catalog.TryAddFirmwareAsync(Firmware(build, "iPhone18,1", "iPhone18,2"), Token));
        }

        Assert.True(await catalog.TryAddFirmwareAsync(Firmware("26A999", "iPhone18,11"), Token));
        var listed = await catalog.ListFirmwaresAsync("iPhone18,2", null, Token).Select(firmware => firmware.Build).ToListAsync(Token);
        Assert.Equal(["26B5011a", "26A5378", "26A341", "26A340", "26A5378j", "25G100", "25F66", "25F5042g", "22A3354", "9A334", "custom build"], listed);
        Assert.Equal("26A340", (await catalog.FindEarlierFirmwareAsync("iPhone18,1", "26A341", Token))!.Build);
        Assert.Equal("26A5378j", (await catalog.FindEarlierFirmwareAsync("iPhone18,1", "26A340", Token))!.Build);
        Assert.Equal("25G100", (await catalog.FindEarlierFirmwareAsync("iPhone18,1", "26A5378j", Token))!.Build);
        Assert.Equal("26B5011a", (await catalog.FindEarlierFirmwareAsync("iPhone18,1", "27A1", Token))!.Build);
        Assert.Null(await catalog.FindEarlierFirmwareAsync("iPhone18,1", "custom build", Token));
        Assert.Null(await catalog.FindEarlierFirmwareAsync("iPad1,1", "26A341", Token));
        Assert.Equal(builds.Length + 1, await catalog.ListFirmwaresAsync(Token).CountAsync(Token));
    }

    [Fact]
    public async Task A_firmware_is_added_once_updated_by_version_and_deleted()
    {
        var catalog = await OpenAsync();
        var firmware = Firmware("26A340", "iPhone18,1");
        Assert.True(await catalog.TryAddFirmwareAsync(firmware, Token));
        Assert.False(await catalog.TryAddFirmwareAsync(firmware with { Name = "again.ipsw" }, Token));
        var seen = (await catalog.FindFirmwareAsync(firmware.Id, Token))!;
        Assert.Equal(firmware.Name, seen.Value.Name);
        Assert.Equal(firmware.Products, seen.Value.Products);
        Assert.True(await catalog.TryUpdateFirmwareAsync(seen.Value with { Unpacked = "firmwares/x" }, seen.Version, Token));
        Assert.False(await catalog.TryUpdateFirmwareAsync(seen.Value with { Unpacked = null }, seen.Version, Token));
        var listed = await catalog.ListFirmwaresAsync("iPhone18,1", null, Token).ToListAsync(Token);
        Assert.Equal("firmwares/x", Assert.Single(listed).Unpacked);
        await catalog.DeleteFirmwareAsync(firmware.Id, Token);
        await catalog.DeleteFirmwareAsync(firmware.Id, Token);
        Assert.Null(await catalog.FindFirmwareAsync(firmware.Id, Token));
        Assert.Empty(await catalog.ListFirmwaresAsync("iPhone18,1", null, Token).ToListAsync(Token));
        Assert.True(await catalog.TryAddFirmwareAsync(firmware, Token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData("20260131T235959999-0123ABCD")]
    [InlineData("20269931T235959999-0123abcd")]
    public async Task A_name_that_no_run_can_have_is_refused(string id)
    {
        var catalog = await OpenAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => catalog.TryAddRunAsync(Run(Start) with { Id = id }, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => catalog.FindRunAsync(id, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => catalog.DeleteRunAsync(id, Token));
    }

    private static RunRecord Run(DateTimeOffset at) => new() { Id = RunRecord.NewId(at), Old = "a.ipsw", New = "b.ipsw", CreatedAt = at };

    private static ActivityRecord Activity(RunRecord run, string name) => new() { RunId = run.Id, Name = name, Result = "{}", StartedAt = Start };

    private static FirmwareRecord Firmware(string build, params string[] products) => new()
    {
        Id = "sha-" + build.Replace(' ', '-'),
        Name = $"drop/{build}.ipsw",
        Build = build,
        Version = "26.0",
        Products = products,
        Size = 9_000_000_000,
        RegisteredAt = Start,
    };
}
