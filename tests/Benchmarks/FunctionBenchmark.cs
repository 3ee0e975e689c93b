using System.CommandLine;
using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Binaries.Code;
using IpswDiff.Diffing.Options;
using IpswDiff.Forge;
using IpswDiff.Forge.MachO;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Benchmarks;

/// <summary>Fingerprints of functions, and the comparison of two images with many of them, on one core.</summary>
internal static class FunctionBenchmark
{
    private const int Megabyte = 1 << 20;

    internal static Command Create()
    {
        var size = new Option<int>("--size") { Description = "MB of code.", DefaultValueFactory = _ => 64 };
        var seconds = new Option<double>("--seconds") { Description = "How long to repeat each measurement.", DefaultValueFactory = _ => 3 };
        var command = new Command("functions", "Fingerprints of the functions of a large image, and one such image against another.") { size, seconds };
        command.SetAction(arguments => Run(arguments.GetValue(size) * Megabyte, new Stopclock(arguments.GetValue(seconds))));
        return command;
    }

    private static int Run(int size, Stopclock clock)
    {
        Stopclock.PrintMachine();
        var old = Image(size, 1);
        var @new = Image(size, 2);
        var functions = FunctionFingerprints.Read(old);
        var bytes = 0L;
        foreach (var length in functions.Sizes)
        {
            bytes += length;
        }

        Console.WriteLine($"image: {functions.Count} functions of {bytes} bytes, none with a name");
        PrintRate(functions.Count, bytes, clock.MeasureSpeed("fingerprints", bytes, () => FunctionFingerprints.Read(old)));
        PrintProcessorSpeed(bytes, () => FunctionFingerprints.Read(old));
        var options = new DiffOptions { OldPath = "old", NewPath = "new", Functions = true, Budget = MemoryBudget.Divide(MemoryBudget.DefaultBytes, 1) };
        var comparison = new BinaryComparison(BinaryPolicy.Container, options);
        var found = comparison.Compare(old, @new).Functions!;
        Console.WriteLine($"comparison: {found.Added.Count} added, {found.Removed.Count} removed, {found.Changed.Count} changed");
        PrintRate(functions.Count * 2L, bytes * 2, clock.MeasureSpeed("whole comparison, both sides", bytes * 2, () => comparison.Compare(old, @new)));
        Stopclock.PrintPeak();
        return 0;
    }

    // What other processes take of the machine does not count here.
    private static void PrintProcessorSpeed(long bytes, Action work)
    {
        const int Runs = 10;
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        var start = process.TotalProcessorTime;
        for (var i = 0; i < Runs; i++)
        {
            work();
        }

        process.Refresh();
        Stopclock.Print("    by processor time", bytes * Runs / (process.TotalProcessorTime - start).TotalSeconds / 1e6, "MB/s");
    }

    private static void PrintRate(long functions, long bytes, double speed) => Stopclock.Print("    that is", functions / (bytes / speed), "million functions/s");

    /// <summary>
    /// An image made of the code of a committed binary, over and over, with a word of each copy changed so that functions differ; one of
    /// a hundred copies is another with another seed, and all code lies elsewhere.
    /// </summary>
    private static MachOImage Image(int size, uint seed)
    {
        var path = Path.Combine(SampleFiles.RepositoryRoot, "samples/binaries/npm/@parcel/watcher-darwin-arm64/2.5.6/watcher.node");
        var model = MachOFile.Open(new MemoryByteSource(File.ReadAllBytes(path))).Slices[0];
        var text = model.FindSection("__TEXT", "__text")!;
        var code = model.OpenSection(text).ReadBytes(0, (int)text.Size & ~3);
        var starts = model.ReadFunctionStarts()!.Starts.ToArray();
        var builder = new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib) { InstallName = "/usr/lib/large.dylib" };
        var section = builder.AddCode([]);
        var bytes = new byte[size / code.Length * code.Length];
        section.Bytes = bytes;
        for (var copy = 0; copy < bytes.Length / code.Length; copy++)
        {
            var at = copy * code.Length;
            code.CopyTo(bytes, at);
            foreach (var start in starts)
            {
                var offset = at + (int)(start - text.Address);
                if (start - text.Address >= (ulong)code.Length)
                {
                    continue;
                }

                // movz x9 with a number of its own.
                var number = (uint)copy + (copy % 100 == 0 ? seed << 12 : 0);
                BitConverter.TryWriteBytes(bytes.AsSpan(offset), 0xD2800009 | ((number & 0xFFFF) << 5));
                builder.AddFunction(section, offset);
            }
        }

        builder.BaseAddress = seed << 20;
        return MachOImage.Open(new MemoryByteSource(builder.Build()));
    }
}
