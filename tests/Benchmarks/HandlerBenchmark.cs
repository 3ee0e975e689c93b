using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using IpswDiff.Forge;
using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Plist;
using IpswDiff.Forge.Udif;
using static IpswDiff.Forge.Plist.ForgePlist;

namespace IpswDiff.Benchmarks;

/// <summary>What each handler of files costs on one volume alone, and all of them together: one walk must serve all.</summary>
internal static class HandlerBenchmark
{
    private static readonly string[] Handlers = ["MachO", "Entitlements", "Launchd", "Features", "Localizations", "Files"];

    internal static Command Create()
    {
        var binaries = new Option<int>("--binaries") { Description = "Mach-Os a side, every fourth a program with entitlements.", DefaultValueFactory = _ => 1200 };
        var lists = new Option<int>("--lists") { Description = "Property lists and string tables a side, of each kind.", DefaultValueFactory = _ => 1200 };
        var folder = new Option<string>("--folder") { Description = "Where the images are made; they are removed afterwards.", DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "ipswdiff-handlers") };
        var program = new Option<string>("--program") { Description = "The ipswdiff to run.", DefaultValueFactory = _ => Path.Combine(SampleFiles.RepositoryRoot, "src/Cli/bin/Release/net10.0/ipswdiff") };
        var runs = new Option<int>("--runs") { Description = "Runs of each row; the one with the least processor time counts.", DefaultValueFactory = _ => 3 };
        var command = new Command("handlers", "Every handler of files alone and all together, over one pair of volumes in which half of everything changed.") { binaries, lists, folder, program, runs };
        command.SetAction(parsed => Run(parsed.GetValue(binaries), parsed.GetValue(lists), parsed.GetValue(folder)!, parsed.GetValue(program)!, parsed.GetValue(runs)));
        return command;
    }

    private static int Run(int binaries, int lists, string folder, string program, int runs)
    {
        Directory.CreateDirectory(folder);
        try
        {
            Stopclock.PrintMachine();
            var items = Write(Path.Combine(folder, "old.dmg"), binaries, lists, isNew: false);
            Write(Path.Combine(folder, "new.dmg"), binaries, lists, isNew: true);
            var bytes = new FileInfo(Path.Combine(folder, "old.dmg")).Length + new FileInfo(Path.Combine(folder, "new.dmg")).Length;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{items} entries a side, {bytes >> 20} MiB in both images; every row opens both images and walks them"));
            var costliest = Handlers.Max(handler => Measure(handler, handler, program, folder, items, runs));
            var all = Measure("all", string.Join(',', Handlers), program, folder, items, runs);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"all together / costliest alone: {all / costliest:0.00} of processor time"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static long Write(string path, int binaries, int lists, bool isNew)
    {
        var tree = new ForgeTree();
        for (var i = 0; i < binaries; i++)
        {
            var (number, seed) = (i, isNew && i % 2 == 0 ? 1_000_000UL + (ulong)i : (ulong)i);
            byte[] Build() => Binary(number, seed, isNew && number % 2 == 0).Build();
            tree.AddFile(string.Create(CultureInfo.InvariantCulture, $"/usr/lib/group{i % 40:d2}/bench{i:d4}"), ForgeContent.FromStream(Build().Length, () => new MemoryStream(Build())));
        }

        for (var i = 0; i < lists; i++)
        {
            var value = isNew && i % 2 == 0 ? "new" : "old";
            var name = string.Create(CultureInfo.InvariantCulture, $"com.example.{i:d4}");
            tree.AddFile($"/System/Library/LaunchDaemons/{name}.plist", XmlPlistWriter.Write(Dict(("Label", name), ("Program", "/usr/bin/" + value), ("RunAtLoad", true))));
            tree.AddFile($"/System/Library/FeatureFlags/Domain/{name}.plist", BinaryPlistWriter.Write(Flags(value)));
            tree.AddFile($"/System/Library/Frameworks/{name}.framework/en.lproj/Localizable.strings", BinaryPlistWriter.Write(Texts(value)));
        }

        using var stream = File.Create(path);
        ForgeImage.WriteDmg(stream, [new ApfsVolume("Bench", tree)], new ForgeImageOptions { Udif = new UdifOptions { Kind = UdifChunkKind.Zlib } });
        return tree.Walk().LongCount();
    }

    private static MachOBuilder Binary(int number, ulong seed, bool isChanged)
    {
        const int Size = 120_000;
        var name = string.Create(CultureInfo.InvariantCulture, $"/usr/lib/bench{number:d4}");
        if (number % 4 != 0)
        {
            return SyntheticMachO.Dylib(name, seed, Size);
        }

        var program = SyntheticMachO.Program(name, seed, Size);
        program.Signer!.Entitlements = Dict([.. Enumerable.Range(0, 40).Select(i => ($"com.example.private.{i}", (object)(isChanged && i % 8 == 0 ? Array("a", "b") : Array("a"))))]);
        return program;
    }

    private static PlistDict Flags(string value) => Dict([.. Enumerable.Range(0, 20).Select(i => ($"flag{i}", (object)Dict(("Enabled", i % 2 == 0), ("DevelopmentPhase", value))))]);

    private static PlistDict Texts(string value) => Dict([.. Enumerable.Range(0, 100).Select(i => ($"KEY_{i}", (object)$"The text of key {i}, {(i % 10 == 0 ? value : "as it was")}"))]);

    private static double Measure(string name, string handlers, string program, string folder, long items, int runs)
    {
        var (best, wall, peak) = (new Cost(double.MaxValue, 0), 0.0, 0L);
        for (var run = 0; run <= runs; run++)
        {
            // Every run writes into a folder of its own and none is removed before the last: a file system that reuses what was deleted a
            // moment ago makes new files several times as dear (ext4 goes over every inode that was deleted within five seconds).
            var output = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"report {name} {run}"));
            var started = Stopwatch.GetTimestamp();
            using var process = Process.Start(program, ["diff", Path.Combine(folder, "old.dmg"), Path.Combine(folder, "new.dmg"), "-o", output, "--format", "json", "--quiet", "--handlers", handlers]);
            var cost = CostOf(process);
            var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
            }

            using (var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(output, "report.json"))))
            {
                peak = Math.Max(peak, report.RootElement.GetProperty("run").GetProperty("peakWorkingSetBytes").GetInt64());
            }

            if (run > 0 && cost.Seconds < best.Seconds)
            {
                (best, wall) = (cost, elapsed);
            }
        }

        var read = best.BytesRead is { } bytes ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6,7:0.0} MB read") : "bytes read unknown";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {name,-14} {best.Seconds,7:0.00} s of processor time  {wall,7:0.00} s  {2 * items / best.Seconds,8:0} items/s  {read}  peak {peak / 1048576.0:0} MiB resident"));
        return best.Seconds;
    }

    // The system forgets a process's figures with the process, so the last look before its end counts; looks are 5 ms apart.
    private static Cost CostOf(Process process)
    {
        var cost = new Cost(0, null);
        while (!process.WaitForExit(5))
        {
            try
            {
                process.Refresh();
                cost = new Cost(process.TotalProcessorTime.TotalSeconds, BytesRead(process.Id) ?? cost.BytesRead);
            }
            catch (Exception ended) when (ended is InvalidOperationException or Win32Exception)
            {
                // It ended between the two lines.
            }
        }

        return cost;
    }

    // Bytes that a process's reads returned, from wherever; only Linux says.
    private static long? BytesRead(int process)
    {
        const string Field = "rchar: ";
        try
        {
            var line = File.ReadLines($"/proc/{process}/io").FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal));
            return line is null ? null : long.Parse(line.AsSpan(Field.Length), CultureInfo.InvariantCulture);
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private readonly record struct Cost(double Seconds, long? BytesRead);
}
