using System.Text.Json;
using IpswDiff.Forge.Aea;
using IpswDiff.Forge.Samples;

namespace IpswDiff.EndToEnd;

/// <summary>A firmware whose volumes are encrypted archives, against its plain twin.</summary>
public class EncryptedFirmwareTests
{
    private const long LargestTemporaryFile = 1 << 20;

    [Fact]
    public void Diffs_as_its_plain_twin_does_and_writes_no_large_temporary_file()
    {
        using var scratch = Cli.Scratch();
        var keys = EncryptedTwins.Write(scratch.Root, Samples.Old, Samples.New);
        using (var watch = new TemporaryFiles(scratch["temp"]))
        {
            Cli.Run(watch.Environment, "diff", scratch["plain-old.ipsw"], scratch["plain-new.ipsw"], "--strings", "-o", scratch["plain"]).Expect(0);
            Cli.Run(watch.Environment, "diff", scratch["aea-old.ipsw"], scratch["aea-new.ipsw"], "--strings", "--offline", "--aea-keys", keys, "-o", scratch["aea"]).Expect(0);
            Assert.InRange(watch.LargestSeen(), 0, LargestTemporaryFile);
        }

        Assert.Equal(VolumeItems(scratch["plain"]), VolumeItems(scratch["aea"]));
        Assert.Contains("\"path\":\"/sbin/launchd\"", string.Concat(VolumeItems(scratch["aea"])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("given")]
    [InlineData("object")]
    [InlineData("list")]
    public void Sides_and_volumes_have_keys_of_their_own(string how)
    {
        using var scratch = Cli.Scratch();
        var (old, @new) = (new AeaBuilder(41), new AeaBuilder(42));
        File.WriteAllBytes(scratch["0001.dmg.aea"], old.Build(EncryptedTwins.Image(Samples.Old, "SystemOS")));
        File.WriteAllBytes(scratch["0002.dmg.aea"], @new.Build(EncryptedTwins.Image(Samples.New, "SystemOS")));

        var (oldKey, newKey) = (Convert.ToBase64String(old.Key.Span), Convert.ToBase64String(@new.Key.Span));
        string[] keys = how == "given" ? ["--aea-key", $"{oldKey},{newKey}"] : ["--aea-keys", scratch["keys.json"]];
        File.WriteAllText(scratch["keys.json"], how == "object"
            ? $$"""{"0001.dmg.aea":"{{oldKey}}","0002.dmg":"{{newKey}}"}"""
            : $$"""[{"filename":"0002.dmg.aea","key":"{{newKey}}"},{"filename":"0001.dmg.aea","key":"{{oldKey}}"}]""");
        string[] command = ["diff", scratch["0001.dmg.aea"], scratch["0002.dmg.aea"], "--offline"];
        Cli.Run([.. command, .. keys, "-o", scratch["report"]]).Expect(0);
        Assert.NotEmpty(VolumeItems(scratch["report"]));
        Cli.Run([.. command, "--aea-key", oldKey]).Expect(4);
        var files = Directory.EnumerateFiles(scratch["report"], "*", SearchOption.AllDirectories);
        var written = string.Concat(files.Select(File.ReadAllText));
        Assert.DoesNotContain(newKey[..16], written, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_service_compares_encrypted_firmwares_as_their_plain_twins(bool unpacks, bool isAsked)
    {
        using var scratch = Cli.Scratch();
        var keys = EncryptedTwins.Write(scratch.Root, Samples.Old, Samples.New);
        Cli.Run("diff", scratch["plain-old.ipsw"], scratch["plain-new.ipsw"], "-o", scratch["plain"]).Expect(0);
        Directory.CreateDirectory(scratch["drop"]);
        foreach (var name in new[] { "aea-old.ipsw", "aea-new.ipsw" })
        {
            File.Move(scratch[name], Path.Combine(scratch["drop"], name));
        }

        string[] place = ["--data", scratch["data"], "--firmwares", scratch["drop"], "--offline"];
        place = isAsked ? place : [.. place, "--aea-keys", keys];
        await using var service = await Serving.StartAsync(unpacks ? [.. place, "--unpack"] : place);
        var given = isAsked ? $"""
            , "oldKey": "{EncryptedTwins.Key}", "newKey": "{EncryptedTwins.Key}"
            """ : string.Empty;
        var view = await service.PostAsync("api/diffs", $$"""{"old":"aea-old.ipsw","new":"aea-new.ipsw"{{given}}}""");
        var id = view.GetProperty("run").GetProperty("id").GetString()!;
        Assert.Equal("Completed", (await service.EndOfAsync(id)).GetProperty("state").GetString());
        Directory.CreateDirectory(scratch["served"]);
        await File.WriteAllTextAsync(
            Path.Combine(scratch["served"], "report.json"),
            await service.Client.GetStringAsync($"api/diffs/{id}/report.json", TestContext.Current.CancellationToken),
            TestContext.Current.CancellationToken);
        Assert.Equal(VolumeItems(scratch["plain"]), VolumeItems(scratch["served"]));

        // No private key is in anything that the service wrote. It compares what is dropped, too, and may be at that.
        await service.KillAsync();
        var secrets = JsonDocument.Parse(File.ReadAllBytes(keys)).RootElement.EnumerateObject()
            .SelectMany(key => key.Value.GetString()!.Split('\n'))
            .Where(line => line.Length > 32 && !line.StartsWith("---", StringComparison.Ordinal))
            .Append(EncryptedTwins.Key).ToArray();
        var files = Directory.EnumerateFiles(scratch["data"], "*", SearchOption.AllDirectories);
        var written = service.Log + string.Concat(files.Select(File.ReadAllText));
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, written, StringComparison.Ordinal));
    }

    [Fact]
    public void Lists_and_inspects_an_encrypted_volume()
    {
        using var scratch = Cli.Scratch();
        var keys = EncryptedTwins.Write(scratch.Root, Samples.Old, Samples.New);
        Assert.Equal(
            Cli.Run("ls", scratch["plain-new.ipsw"], "--json", "--hash").Expect(0).Output,
            Cli.Run("ls", scratch["aea-new.ipsw"], "--json", "--hash", "--offline", "--aea-keys", keys).Expect(0).Output);
        var inspected = JsonDocument.Parse(Cli.Run("inspect", scratch["aea-new.ipsw"], "--json").Expect(0).OutputBytes).RootElement;
        Assert.All(inspected.GetProperty("volumes").EnumerateArray(), volume => Assert.True(volume.GetProperty("encrypted").GetBoolean()));
    }

    [Fact]
    public void Without_a_key_the_sections_of_volumes_are_incomplete_and_the_rest_is_compared()
    {
        using var scratch = Cli.Scratch();
        EncryptedTwins.Write(scratch.Root, Samples.Old, Samples.New);
        Cli.Run("diff", scratch["aea-old.ipsw"], scratch["aea-new.ipsw"], "--offline", "-o", scratch["report"]).Expect(3);
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(scratch["report"], "report.json")));
        var sections = report.RootElement.GetProperty("sections").EnumerateArray()
            .ToDictionary(section => section.GetProperty("handler").GetString()!);
        foreach (var handler in new[] { "MachO", "SharedCache", "Launchd", "Files" })
        {
            Assert.Equal("incomplete", sections[handler].GetProperty("state").GetString());
            Assert.Contains("sample-key", sections[handler].GetProperty("reason").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Without_a_key_one_line_names_the_key_and_the_ways_to_give_it()
    {
        using var scratch = Cli.Scratch();
        var archive = EncryptedTwins.Archive(1);
        File.WriteAllBytes(scratch["one.dmg.aea"], archive.Build(EncryptedTwins.Image(Samples.New, "AppOS")));
        var result = Cli.Run("diff", scratch["one.dmg.aea"], scratch["one.dmg.aea"], "--offline").Expect(4);
        Assert.Equal(1, result.Error.Count(c => c == '\n'));
        Assert.Contains("sample-key", result.Error, StringComparison.Ordinal);
        Assert.Contains("--aea-key", result.Error, StringComparison.Ordinal);
        Assert.Contains("--aea-keys", result.Error, StringComparison.Ordinal);
        Assert.Contains("--offline", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_reach_neither_report_nor_messages()
    {
        using var scratch = Cli.Scratch();
        EncryptedTwins.Write(scratch.Root, Samples.Old, Samples.New);
        var archive = EncryptedTwins.Archive(1);
        var key = Convert.ToBase64String(archive.Key.Span);
        File.WriteAllBytes(scratch["one.dmg.aea"], archive.Build(EncryptedTwins.Image(Samples.New, "AppOS")));
        var wrong = Convert.ToBase64String(new byte[32]);
        var right = Cli.Run("ls", scratch["one.dmg.aea"], "--offline", "--aea-key", key).Expect(0);
        var refused = Cli.Run("ls", scratch["one.dmg.aea"], "--offline", "--aea-key", wrong).Expect(4);
        Cli.Run("ls", scratch["one.dmg.aea"], "--offline", "--aea-key", "short").Expect(2);
        Assert.DoesNotContain(key, right.Output + right.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(wrong, refused.Output + refused.Error, StringComparison.Ordinal);
    }

    // The twins' manifests name other files, so the archive's own members are left out; everything in the volumes must agree.
    private static string[] VolumeItems(string report)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(report, "report.json")));
        return [.. document.RootElement.GetProperty("sections").EnumerateArray().SelectMany(section => section.EnumerateObject()
            .Where(property => property.Value.ValueKind == JsonValueKind.Array)
            .SelectMany(property => property.Value.EnumerateArray())
            .Where(item => item.GetProperty("volume").GetString() != "IPSW")
            .Select(item => $"{section.GetProperty("handler").GetString()} {item.GetRawText()}"))];
    }

    /// <summary>A temporary folder for the program, watched for the largest file that appears in it while it runs.</summary>
    private sealed class TemporaryFiles : IDisposable
    {
        private readonly string _folder;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task<long> _watch;

        public TemporaryFiles(string folder)
        {
            _folder = folder;
            Directory.CreateDirectory(folder);
            _watch = Task.Run(Watch);
        }

        public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>(StringComparer.Ordinal) { ["TMPDIR"] = _folder };

        public long LargestSeen()
        {
            _stop.Cancel();
            return _watch.Result;
        }

        public void Dispose()
        {
            _stop.Cancel();
            _watch.Wait();
            _stop.Dispose();
        }

        private long Watch()
        {
            var largest = 0L;
            while (!_stop.Token.WaitHandle.WaitOne(2))
            {
                foreach (var file in new DirectoryInfo(_folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }))
                {
                    // A file that is gone again by now has a length of its own making.
                    largest = Math.Max(largest, file.Exists ? file.Length : 0);
                }
            }

            return largest;
        }
    }
}
