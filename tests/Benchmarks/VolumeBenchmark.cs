using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using IpswDiff.Forge;
using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Udif;

namespace IpswDiff.Benchmarks;

/// <summary>The main job on one volume: <c>ipswdiff diff</c> as a process of its own on two images full of Mach-Os.</summary>
internal static class VolumeBenchmark
{
    internal static Command Create()
    {
        var files = new Option<int>("--files") { Description = "Mach-Os a side.", DefaultValueFactory = _ => 3500 };
        var megabytes = new Option<int>("--megabytes") { Description = "Bytes of Mach-Os a side.", DefaultValueFactory = _ => 1024 };
        var folder = new Option<string>("--folder") { Description = "Where the images are made; they are removed afterwards.", DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "ipswdiff-volumes") };
        var program = new Option<string>("--program") { Description = "The ipswdiff to run.", DefaultValueFactory = _ => Path.Combine(SampleFiles.RepositoryRoot, "src/Cli/bin/Release/net10.0/ipswdiff") };
        var runs = new Option<int>("--runs") { Description = "Runs of each pair; the median counts.", DefaultValueFactory = _ => 3 };
        var keep = new Option<bool>("--keep") { Description = "Leave the images where they were made." };
        var command = new Command("volumes", "A volume of Mach-Os: all different, one in a hundred different, all the same.") { files, megabytes, folder, program, runs, keep };
        command.SetAction(parsed => Run(
            parsed.GetValue(files), parsed.GetValue(megabytes) * (1L << 20), parsed.GetValue(folder)!, parsed.GetValue(program)!, parsed.GetValue(runs), parsed.GetValue(keep)));
        return command;
    }

    private static int Run(int files, long bytes, string folder, string program, int runs, bool keep)
    {
        Directory.CreateDirectory(folder);
        try
        {
            Stopclock.PrintMachine();
            foreach (var kind in (UdifChunkKind[])[UdifChunkKind.Raw, UdifChunkKind.Zlib])
            {
                Write(folder, "old", files, bytes, kind, _ => false);
                Write(folder, "all", files, bytes, kind, _ => true);
                Write(folder, "percent", files, bytes, kind, i => i % 100 == 0);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind} chunks, {files} Mach-Os, {bytes >> 20} MiB a side"));
                var all = Measure("all differ", program, folder, "all", files, runs);
                var percent = Measure("1 % differs", program, folder, "percent", files, runs);
                Measure("same image", program, folder, "old", files, runs);
                Stopclock.Print("  1 % differs / all differ", 100 * percent / all, "%");
            }
        }
        finally
        {
            if (!keep)
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        return 0;
    }

    // Every fourth is a signed program; a changed one has some more code, symbols and strings, as a new version of it would.
    internal static void Write(string folder, string name, int files, long bytes, UdifChunkKind kind, Func<int, bool> isChanged)
    {
        var tree = new ForgeTree();
        var random = new ForgeRandom(1);
        var average = (int)(bytes / files);
        for (var i = 0; i < files; i++)
        {
            var size = Math.Max(24_000, (average / 2) + random.Next(average));
            var number = i;
            var path = string.Create(CultureInfo.InvariantCulture, $"/usr/lib/group{i % 50:d2}/libbench{i:d4}.dylib");
            var seed = isChanged(i) ? 1_000_000UL + (ulong)i : (ulong)i;
            var image = new Lazy<byte[]>(() => (number % 4 == 0 ? SyntheticMachO.Program(path, seed, size) : SyntheticMachO.Dylib(path, seed, size)).Build());
            tree.AddFile(path, ForgeContent.FromStream(image.Value.Length, () => new MemoryStream(Rebuild(number, path, seed, size))));
        }

        using var stream = File.Create(Path.Combine(folder, name + ".dmg"));
        ForgeImage.WriteDmg(stream, [new ApfsVolume("Bench", tree)], new ForgeImageOptions { Udif = new UdifOptions { Kind = kind } });
    }

    // Built again when it is written, so that the images need no memory beyond one binary.
    private static byte[] Rebuild(int number, string path, ulong seed, int size) =>
        (number % 4 == 0 ? SyntheticMachO.Program(path, seed, size) : SyntheticMachO.Dylib(path, seed, size)).Build();

    private static double Measure(string name, string program, string folder, string other, int files, int runs)
    {
        var seconds = new List<double>();
        var peak = 0L;
        var length = new FileInfo(Path.Combine(folder, "old.dmg")).Length + new FileInfo(Path.Combine(folder, other + ".dmg")).Length;
        for (var run = 0; run <= runs; run++)
        {
            var output = Path.Combine(folder, "report");
            var started = Stopwatch.GetTimestamp();
            var result = Witness.Run(program, "diff", Path.Combine(folder, "old.dmg"), Path.Combine(folder, other + ".dmg"), "-o", output, "--quiet");
            var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
            if (result.ExitCode != 0)
            {
                throw new InvalidOperationException($"{program} ended with {result.ExitCode}: {result.Error}");
            }

            using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(output, "report.json")));
            peak = Math.Max(peak, report.RootElement.GetProperty("run").GetProperty("peakWorkingSetBytes").GetInt64());
            Directory.Delete(output, recursive: true);

            // The first run only warms the page cache.
            if (run > 0)
            {
                seconds.Add(elapsed);
            }
        }

        seconds.Sort();
        var median = seconds[seconds.Count / 2];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {name,-14} {median,7:0.00} s  {2 * files / median,8:0} files/s  {length / median / 1e6,7:0} MB/s of image  peak {peak / 1048576.0:0} MiB resident"));
        return median;
    }
}
