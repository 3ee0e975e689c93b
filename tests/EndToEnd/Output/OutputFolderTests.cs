using System.Runtime.Versioning;
using IpswDiff.Cli.Output;
using IpswDiff.Forge;

namespace IpswDiff.EndToEnd.Output;

/// <summary>What <c>-o</c> may write into, and what becomes of what is there.</summary>
public sealed class OutputFolderTests : IDisposable
{
    private readonly ScratchFolder _scratch = Cli.Scratch();

    [Theory]
    [InlineData("diff", "no-such.ipsw", "no-such.ipsw", "-o")]
    [InlineData("serve", "--port", "0", "--data")]
    public void A_folder_that_is_not_empty_and_not_ours_is_refused_before_anything_is_read(params string[] command)
    {
        Write("mine/items/t", "x");
        Write("mine/MACHOS/n", "x");
        Write("mine/README.md", "# mine");
        var before = Snapshot("mine");
        var result = Cli.Run([.. command, _scratch["mine"]]).Expect(2);
        Assert.Equal(1, result.Error.Count(c => c == '\n'));
        Assert.All((string[])["mine", "README.md", "items", "MACHOS", "--force"], part => Assert.Contains(part, result.Error, StringComparison.Ordinal));
        Assert.Equal(before, Snapshot("mine"));
    }

    [Fact]
    public void Rendering_and_the_current_folder_are_held_to_the_same()
    {
        Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["report"], "-q").Expect(0);
        Write("mine/.git/HEAD", "ref");
        var before = Snapshot("mine");
        Assert.Contains(".git", Cli.Run("render", _scratch["report"], "-o", _scratch["mine"]).Expect(2).Error, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot("mine"));
    }

    [Fact]
    public void By_force_only_what_has_a_name_of_the_report_is_replaced()
    {
        Write("mine/items/t", "x");
        Write("mine/MACHOS/n", "x");
        Write("mine/README.md", "# mine");
        Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["mine"], "-q", "--force").Expect(0);
        Assert.Equal("x", File.ReadAllText(_scratch["mine/items/t"]));
        Assert.Equal("x", File.ReadAllText(_scratch["mine/MACHOS/n"]));
        Assert.NotEqual("# mine", File.ReadAllText(_scratch["mine/README.md"]));

        // From now on what is ours is known, and goes with the next report.
        Cli.Run("diff", Samples.New, Samples.New, "-o", _scratch["mine"], "-q", "--format", "html").Expect(0);
        Assert.Equal([FolderManifest.FileName, "MACHOS/n", "items/t", "report.html"], Snapshot("mine").Keys);
    }

    [Fact]
    public void Nothing_of_the_older_report_is_left_beside_another()
    {
        Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["report"], "-q", "--format", "markdown,html,json").Expect(0);
        Write("report/notes.txt", "x");
        Write("report/MACHOS/notes.txt", "x");
        Cli.Run("diff", Samples.New, Samples.Old, "-o", _scratch["report"], "-q").Expect(0);
        Cli.Run("diff", Samples.New, Samples.Old, "-o", _scratch["alone"], "-q").Expect(0);
        var left = Snapshot("report").Keys.Except(Snapshot("alone").Keys, StringComparer.Ordinal);
        Assert.Equal(["MACHOS/notes.txt", "notes.txt"], left);
        Assert.Empty(Snapshot("alone").Keys.Except(Snapshot("report").Keys, StringComparer.Ordinal));
    }

    [Fact]
    public void A_report_that_names_no_files_as_its_own_is_not_known_for_ours()
    {
        Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["report"], "-q").Expect(0);
        var manifest = _scratch["report/" + FolderManifest.FileName];
        var text = File.ReadAllText(manifest);
        string[] damaged = [text[..^20], "{}", "[]", string.Empty, text.Replace("\"README.md\"", "\"../README.md\"", StringComparison.Ordinal), text.Replace("\"README.md\"", "\"/etc/passwd\"", StringComparison.Ordinal), text.Replace("\"report\"", "\"extract\"", StringComparison.Ordinal)];
        foreach (var content in damaged)
        {
            File.WriteAllText(manifest, content);
            Assert.Contains(FolderManifest.FileName, Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["report"], "-q").Expect(2).Error, StringComparison.Ordinal);
        }

        File.Delete(manifest);
        Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["report"], "-q").Expect(2);
        Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["report"], "-q", "--force").Expect(0);
        Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["report"], "-q").Expect(0);
    }

    [Theory]
    [InlineData("items")]
    [InlineData("README.md")]
    [InlineData("MACHOS")]
    public void What_a_link_leads_to_is_never_touched(string name)
    {
        Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["report"], "-q").Expect(0);
        Directory.Move(_scratch["report/" + name], _scratch["elsewhere"]);
        File.CreateSymbolicLink(_scratch["report/" + name], _scratch["elsewhere"]);
        var before = Snapshot(".");
        var refused = Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["report"], "-q");
        Assert.Equal(name == "MACHOS" ? 4 : 2, refused.ExitCode);
        Assert.Contains(name, refused.Error, StringComparison.Ordinal);
        Assert.Contains("--force", refused.Error, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot("."));

        // Where the next report has nothing of the name the link stays; by force it is replaced; what it leads to is as it was.
        if (name == "MACHOS")
        {
            Cli.Run("diff", Samples.New, Samples.New, "-o", _scratch["report"], "-q").Expect(0);
            Assert.NotNull(new FileInfo(_scratch["report/" + name]).LinkTarget);
        }

        Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["report"], "-q", "--force").Expect(0);
        Assert.Null(new FileInfo(_scratch["report/" + name]).LinkTarget);
        Assert.Equal(Below(before, "elsewhere"), Below(Snapshot("."), "elsewhere"));
    }

    [Fact]
    public void What_is_no_folder_is_refused_in_one_clear_line()
    {
        Write("file", "x");
        File.CreateSymbolicLink(_scratch["dangling"], _scratch["nothing"]);
        Directory.CreateDirectory(_scratch["real"]);
        Directory.CreateSymbolicLink(_scratch["link"], _scratch["real"]);
        Assert.Contains("this is a file", Refusal(_scratch["file"], 2), StringComparison.Ordinal);
        Assert.Contains("leads to nothing", Refusal(_scratch["dangling"], 2), StringComparison.Ordinal);
        Assert.Contains("nothing", Refusal(string.Empty, 2), StringComparison.Ordinal);
        Assert.Contains("can be written there", Refusal(_scratch["file/x"], 4), StringComparison.Ordinal);
        if (OperatingSystem.IsLinux())
        {
            Assert.Contains("takes no folders", Refusal("/proc/x", 4), StringComparison.Ordinal);
        }

        Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["link"], "-q").Expect(0);
        Assert.True(File.Exists(_scratch["real/README.md"]));
        Assert.NotNull(new DirectoryInfo(_scratch["link"]).LinkTarget);
    }

    [Fact]
    public void A_run_that_fails_leaves_no_folder_where_there_was_none()
    {
        Write("cut.ipsw", "this is no firmware");
        Cli.Run("diff", Samples.Old, _scratch["cut.ipsw"], "-o", _scratch["new/folder"]).Expect(4);
        Cli.Run("render", _scratch["nowhere"], "-o", _scratch["new/folder"]).Expect(4);
        Assert.False(Directory.Exists(_scratch["new"]));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void A_run_that_is_interrupted_leaves_no_folder_where_there_was_none()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "signals are sent by bash");
        using var run = Cli.Start("diff", Samples.Old, Samples.New, "--functions", "--strings", "-o", _scratch["new/folder"]);
        while (!Directory.Exists(_scratch["new/folder"]) && !run.HasExited)
        {
            Thread.Sleep(5);
        }

        Assert.Equal(0, Witness.Run("/bin/bash", "-c", $"kill -INT {run.Id}").ExitCode);
        run.WaitForExit();
        Assert.Equal(130, run.ExitCode);
        Assert.False(Directory.Exists(_scratch["new"]));
    }

    [Fact]
    public void Another_format_is_added_to_the_report_that_it_is_made_from()
    {
        Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["report"], "-q").Expect(0);
        var before = Snapshot("report");
        Cli.Run("render", _scratch["report"], "-o", _scratch["report"] + "/", "--format", "html").Expect(0);
        Assert.Equal(["report.html"], Snapshot("report").Keys.Except(before.Keys));
        Assert.Empty(before.Keys.Except(Snapshot("report").Keys));

        // It belongs to the report now, and goes with it.
        Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["report"], "-q").Expect(0);
        Assert.Equal(before.Keys, Snapshot("report").Keys);
    }

    [Fact]
    public void Two_runs_do_not_write_into_one_folder()
    {
        using (new OutputFolder("-o", _scratch["report"], OutputKind.Report, force: false, []))
        {
            Assert.Contains("another run", Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["report"]).Expect(4).Error, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(_scratch["report"]));
    }

    [Fact]
    public async Task A_full_disk_leaves_the_older_report()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/bin/bash"), "the size of files is limited by bash on Linux");
        Cli.Run("diff", Samples.Old, Samples.New, "-o", _scratch["report"], "-q").Expect(0);
        var before = Snapshot("report");
        using var limited = Cli.StartLimited(24, "diff", Samples.New, Samples.Old, "-o", _scratch["report"], "--format", "markdown,html,json");
        var error = limited.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await limited.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await limited.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(limited.ExitCode == 4, await error);
        Assert.Equal(before, Snapshot("report"));
    }

    [Fact]
    public void A_service_knows_its_own_folder_again()
    {
        Write("data/catalog/runs/notes.txt", "x");
        foreach (var expected in (string[])["service", "service"])
        {
            Assert.Equal(_scratch["data"], OutputFolder.Claim("--data", _scratch["data"], OutputKind.Service, force: false));
            Assert.Equal(expected, FolderManifest.Read(_scratch["data"])!.Kind);
            Write("data/later.txt", "x");
        }

        Assert.Contains("service", Cli.Run("diff", "a", "b", "-o", _scratch["data"]).Expect(2).Error, StringComparison.Ordinal);
    }

    public void Dispose() => _scratch.Dispose();

    private static string Refusal(string folder, int status)
    {
        var result = Cli.Run("diff", Samples.Old, Samples.New, "-o", folder).Expect(status);
        Assert.Equal(1, result.Error.Count(c => c == '\n'));
        Assert.Empty(result.Output);
        return result.Error;
    }

    private void Write(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_scratch[name])!);
        File.WriteAllText(_scratch[name], content);
    }

    // Files with their contents and links with their targets.
    private SortedDictionary<string, string> Snapshot(string folder)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in FolderEntry.FilesBelow(_scratch[folder]))
        {
            var path = Path.Combine(_scratch[folder], name);
            found.Add(name, new FileInfo(path).LinkTarget ?? Convert.ToHexString(File.ReadAllBytes(path)));
        }

        return found;
    }

    private static IEnumerable<KeyValuePair<string, string>> Below(SortedDictionary<string, string> files, string name) =>
        files.Where(file => file.Key.StartsWith(name, StringComparison.Ordinal));
}
