using System.CommandLine;
using IpswDiff.Benchmarks;
using IpswDiff.Benchmarks.Cloud;

var root = new RootCommand("Measures IpswDiff on this machine: one sub-command a subject, one line a figure.")
{
    CloudBenchmark.Create(),
    ActivityProcess.CreateRun(),
    CodecBenchmark.Create(),
    DwarfBenchmark.Create(),
    FunctionBenchmark.Create(),
    HandlerBenchmark.Create(),
    ReportBenchmark.Create(),
    ReportBenchmark.CreateRun(),
    SharedCacheBenchmark.Create(),
    SharedCacheBenchmark.CreateRun(),
    SignalReport.Create(),
    StackBenchmark.Create(),
    VolumeBenchmark.Create(),
};
return await root.Parse(args).InvokeAsync();
