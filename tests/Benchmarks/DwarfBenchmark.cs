using System.CommandLine;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Dwarf;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Benchmarks;

/// <summary>The types of a file with debugging information: all units gone through, and every definition written.</summary>
internal static class DwarfBenchmark
{
    internal static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A Mach-O with DWARF." };
        var print = new Option<bool>("--print") { Description = "Print every definition." };
        var seconds = new Option<double>("--seconds") { Description = "How long to repeat each measurement.", DefaultValueFactory = _ => 3 };
        var command = new Command("dwarf", "The types of a file with debugging information.") { file, print, seconds };
        command.SetAction(arguments => Run(arguments.GetValue(file)!, arguments.GetValue(print), new Stopclock(arguments.GetValue(seconds))));
        return command;
    }

    private static int Run(string path, bool print, Stopclock clock)
    {
        using var source = new FileByteSource(path);
        var file = DwarfFile.Open(MachOFile.Open(source).Slices[0]);
        var types = DwarfTypes.Read(file);
        if (print)
        {
            foreach (var type in types.All)
            {
                Console.WriteLine(types.ReadDefinition(type).ToText());
            }

            return 0;
        }

        Stopclock.PrintMachine();
        Console.WriteLine($"file: {file.Units.Count} units, {types.Occurrences} definitions, {types.All.Count} of them different");
        var speed = clock.MeasureSpeed("all units", file.UnitBytes, () => DwarfTypes.Read(file));
        Stopclock.Print("definitions gone through", types.Occurrences * speed * 1e6 / file.UnitBytes, "/s");
        PrintProcessorSpeed(file);
        var written = 0L;
        foreach (var type in types.All)
        {
            written += types.ReadDefinition(type).ToText().Length;
        }

        clock.MeasureSpeed("definitions as text", written, () =>
        {
            foreach (var type in types.All)
            {
                types.ReadDefinition(type).ToText();
            }
        });
        Stopclock.PrintPeak();
        return 0;
    }

    // What other processes take of the machine does not count here.
    private static void PrintProcessorSpeed(DwarfFile file)
    {
        const int Runs = 5;
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        var start = process.TotalProcessorTime;
        for (var i = 0; i < Runs; i++)
        {
            DwarfTypes.Read(file);
        }

        process.Refresh();
        Stopclock.Print("all units, by processor time", file.UnitBytes * Runs / (process.TotalProcessorTime - start).TotalSeconds / 1e6, "MB/s");
    }
}
