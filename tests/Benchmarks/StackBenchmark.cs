using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using IpswDiff.Forge;
using IpswDiff.Forge.Aea;
using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Udif;
using IpswDiff.Formats.Aea;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.DiskImages;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Benchmarks;

/// <summary>
/// Reading a volume through everything a real one is wrapped in: AEA, UDIF with LZFSE chunks, APFS. The image is made by one process
/// and read by another, so that the peak is the reader's own.
/// </summary>
internal static class StackBenchmark
{
    private const long CacheBytes = 64L << 20;
    private const int RandomRead = 64 << 10;
    private const int RandomReads = 2000;

    internal static Command Create()
    {
        var megabytes = new Option<int>("--megabytes") { Description = "Bytes of files in the volume.", DefaultValueFactory = _ => 256 };
        var folder = new Option<string>("--folder") { Description = "Where the image is made; it is removed afterwards.", DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "ipswdiff-stack") };
        var command = new Command("stack", "A whole volume through AEA, UDIF/LZFSE and APFS: in order, and at random.") { megabytes, folder };
        command.SetAction(parsed => Run(parsed.GetValue(megabytes) * 1_000_000L, parsed.GetValue(folder)!));

        var image = new Argument<string>("IMAGE");
        var key = new Argument<string>("KEY");
        var read = new Command("read", "Reads one image and prints figures; run by the command above.") { image, key };
        read.SetAction(parsed => Read(parsed.GetValue(image)!, parsed.GetValue(key)!));
        command.Add(read);
        return command;
    }

    private static int Run(long bytes, string folder)
    {
        Directory.CreateDirectory(folder);
        try
        {
            Stopclock.PrintMachine();
            var archive = new AeaBuilder(1) { Compression = AeaCompression.None, SegmentSize = 1 << 20, SegmentsPerCluster = 256 };
            var image = Path.Combine(folder, "volume.dmg.aea");
            WriteImage(image, archive, bytes);
            for (var run = 0; run < 3; run++)
            {
                var result = Witness.Run(Environment.ProcessPath!, "stack", "read", image, Convert.ToBase64String(archive.Key.Span));
                Console.Write(result.ExitCode == 0 ? result.Output : throw new InvalidOperationException(result.Error));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    // Real files compress as real files do: libraries and texts of the .NET installation, over and over.
    private static void WriteImage(string path, AeaBuilder archive, long bytes)
    {
        var root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var files = new DirectoryInfo(root).EnumerateFiles("*", SearchOption.AllDirectories)
            .Where(file => file.Length is > 0 and < (16 << 20)).OrderBy(file => file.FullName, StringComparer.Ordinal).ToArray();
        var tree = new ForgeTree();
        var total = 0L;
        for (var i = 0; total < bytes; i++)
        {
            var file = files[i % files.Length];
            tree.AddFile(string.Create(CultureInfo.InvariantCulture, $"/f{i % 100:d2}/{i:d6}-{file.Name}"), ForgeContent.FromFile(file.FullName));
            total += file.Length;
        }

        using var dmg = new MemoryStream();
        ForgeImage.WriteDmg(dmg, [new ApfsVolume("Stack", tree)], new ForgeImageOptions { Udif = new UdifOptions { Kind = UdifChunkKind.Lzfse, ChunkSectors = 2048 } });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"volume: {total / 1e6:0} MB in {files.Length} different files, {dmg.Length / 1e6:0} MB as LZFSE"));
        File.WriteAllBytes(path, archive.Build(dmg.GetBuffer().AsSpan(0, (int)dmg.Length)));
    }

    private static int Read(string path, string key)
    {
        BlockCache.Default.LimitBytes = CacheBytes;
        using var file = new FileByteSource(path);
        var options = new DiskImageOptions { Keys = new AeaKeyOptions { Given = AeaKeyOptions.ParseKeys(key) } };
        var volume = DiskImage.Open(file, options).Volumes[0].Volume;
        var started = Stopwatch.GetTimestamp();
        var entries = volume.Walk().Where(entry => entry.Kind == FileKind.File).OrderBy(entry => entry.PhysicalOffset).ToArray();
        var walked = Stopwatch.GetElapsedTime(started);
        var processor = ProcessorTime();
        var bytes = InOrder(volume, entries);
        processor = ProcessorTime() - processor;
        var read = Stopwatch.GetElapsedTime(started) - walked;
        var random = AtRandom(volume, entries);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"in order {bytes / read.TotalSeconds / 1e6,6:0} MB/s ({bytes / processor.TotalSeconds / 1e6:0} MB per processor second)   64 KiB at random {RandomReads / random.TotalSeconds,6:0} reads/s   peak {Peak() / 1e6:0} MB resident (cache {CacheBytes / 1e6:0} MB)"));
        return 0;
    }

    private static long InOrder(FileSystemVolume volume, FileEntry[] entries)
    {
        var buffer = new byte[1 << 20];
        var total = 0L;
        foreach (var entry in entries)
        {
            using var stream = new ByteSourceStream(volume.Open(entry));
            for (int count; (count = stream.Read(buffer)) > 0;)
            {
                total += count;
            }
        }

        return total;
    }

    private static TimeSpan AtRandom(FileSystemVolume volume, FileEntry[] entries)
    {
        var large = entries.Where(entry => entry.Size >= 4 * RandomRead).ToArray();
        var random = new ForgeRandom(7);
        var buffer = new byte[RandomRead];
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < RandomReads; i++)
        {
            var entry = large[random.Next(large.Length)];
            volume.Open(entry).ReadExactly(random.Next((int)(entry.Size - RandomRead)), buffer);
        }

        return Stopwatch.GetElapsedTime(started);
    }

    private static TimeSpan ProcessorTime()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }

    private static long Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
