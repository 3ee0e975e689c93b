using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace IpswDiff.Benchmarks;

/// <summary>Times work over and over for a while and prints the best run, which is the one that other processes disturbed least.</summary>
internal sealed class Stopclock(double seconds)
{
    private const double Megabyte = 1e6;

    /// <summary>Prints what this machine is, so that figures can be compared.</summary>
    internal static void PrintMachine() =>
        Console.WriteLine($"machine: {Environment.ProcessorCount} cores, {RuntimeInformation.ProcessArchitecture}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}");

    /// <summary>Prints the most memory this process held at any time.</summary>
    internal static void PrintPeak()
    {
        using var process = Process.GetCurrentProcess();
        Print("peak working set", process.PeakWorkingSet64 / Megabyte, "MB");
    }

    /// <summary>Runs <paramref name="work"/>, which handles <paramref name="bytes"/> bytes, and prints its speed.</summary>
    internal double MeasureSpeed(string name, long bytes, Action work)
    {
        work();
        var best = TimeSpan.MaxValue;
        var runs = 0;
        for (var all = Stopwatch.StartNew(); runs < 3 || all.Elapsed.TotalSeconds < seconds; runs++)
        {
            var start = Stopwatch.GetTimestamp();
            work();
            var elapsed = Stopwatch.GetElapsedTime(start);
            best = elapsed < best ? elapsed : best;
        }

        var speed = bytes / best.TotalSeconds / Megabyte;
        Print(name, speed, $"MB/s (best of {runs}, {bytes / Megabyte:0.0} MB)");
        return speed;
    }

    internal static void Print(string name, double value, string unit) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-44} {value,10:0.0} {unit}"));
}
